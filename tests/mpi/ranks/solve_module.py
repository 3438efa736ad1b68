"""Every rank: solve a model module by a parallel method; rank 0 prints what came out."""

from __future__ import annotations

import argparse
import importlib.util
import json
import math
import sys
import time
from pathlib import Path

import numpy as np

from mes_stoch.io.artifacts.checkpoint_files import CheckpointFolder
from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.checkpoint.checkpoints import Checkpoints
from mes_stoch.solvers.decomposition.algorithm import solve_decomposition
from mes_stoch.solvers.hedging.mpisppy_driver import setup as mpisppy_setup
from mes_stoch.solvers.hedging.progressive_hedging import solve_ph
from mes_stoch.solvers.interruption.stop import Stop
from mes_stoch.solvers.parallel import mpi
from mes_stoch.solvers.pyomo_program import PyomoProgram

parser = argparse.ArgumentParser()
parser.add_argument("module")
parser.add_argument("scenarios", type=int)
parser.add_argument("--method", choices=("ph", "decomposition"), default="ph")
parser.add_argument("--gap", type=float, default=1e-4)
parser.add_argument("--iterations", type=int, default=300)
parser.add_argument("--time-limit", type=float, default=30.0)
parser.add_argument("--integer", action="store_true")
parser.add_argument("--cold", action="store_true")
parser.add_argument("--checkpoint", type=Path)
parser.add_argument("--resume", action="store_true")
parser.add_argument("--end-at", choices=("lower", "upper"))
parser.add_argument("--cut-scenario", type=int, default=-1)
arguments = parser.parse_args()

with mpi.abort_on_failure():
    mpisppy_setup.load()
    path = Path(__file__).parents[2] / "models" / f"{arguments.module}.py"
    spec = importlib.util.spec_from_file_location(arguments.module, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    program = PyomoProgram.from_module(module, arguments.scenarios, options={"use_integer": arguments.integer})
    if arguments.cut_scenario >= 0:
        whole = program.scenario

        def scenario(index):
            stamped = whole(index)
            if index == arguments.cut_scenario:
                stamped.row_lower[0], stamped.row_upper[0] = 1e9, 2e9
            return stamped

        program.root  # noqa: B018 - built before the scenario is broken
        program.scenario = scenario
    options = SolveOptions(
        gap_rel=arguments.gap, iteration_limit=arguments.iterations, time_limit_s=arguments.time_limit
    )
    seen = []
    stop = Stop()
    checkpoints = None
    if arguments.checkpoint is not None:
        checkpoints = Checkpoints(CheckpointFolder(arguments.checkpoint), resumes=arguments.resume)

    def see(point):
        seen.append(point)
        if arguments.end_at and math.isfinite(getattr(point, arguments.end_at)):
            stop.request.make("SIGUSR1")

    limited = Stop(time.perf_counter() + arguments.time_limit, stop.request)
    if arguments.method == "ph":
        result = solve_ph(program, options, see, warm=not arguments.cold, stop=limited, checkpoints=checkpoints)
    else:
        result = solve_decomposition(program, options, see, limited, checkpoints=checkpoints)
    rank = mpi.rank()
    if (result is not None) != (rank == 0):
        raise RuntimeError(f"rank {rank} got {result}")
    if rank != 0 and seen:
        raise RuntimeError(f"progress was called on rank {rank}")
    if result is not None:
        commitments = np.array([solution.values[program.root.columns] for solution in result.scenarios])
        sys.stdout.write(
            json.dumps(
                {
                    "status": result.status,
                    "lower": result.lower,
                    "upper": result.upper,
                    "root": result.root.tolist(),
                    "ranks": result.ranks,
                    "iterations": result.iterations,
                    "wall_time_s": result.wall_time_s,
                    "scenarios": [solution.index for solution in result.scenarios],
                    "spread": float(np.ptp(commitments, axis=0).max()) if len(commitments) else 0.0,
                    "trace": [[point.lower, point.upper] for point in result.trace],
                    "kinds": [point.kind for point in result.trace],
                    "bound_kind": result.bound_kind,
                    "seen": len(seen),
                }
            )
        )
