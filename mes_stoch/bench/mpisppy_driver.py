"""Peer: mpi-sppy's own driver on the plain Pyomo scenarios, with the options that suit HiGHS and this problem.

What it is given so that the comparison is fair: the linearised proximal term (HiGHS solves no mixed-integer quadratic
program), penalties from the expected price of a megawatt (the scale that this project hedges with), the HiGHS options
of this project's scenario solves, subproblem gaps a quarter of the gap asked for, one thread a rank, MPI's abort hook,
and MPICH's progress threads where there are cores for them. A second variant puts several scenarios into each proper
bundle.

Source
------
mpi-sppy, Knueven, Mildebrath, Muir, Siirola, Watson, Woodruff (2023), DOI 10.1007/s12532-023-00247-3.
"""

from __future__ import annotations

import math
import re
import sys
from pathlib import Path

import numpy as np

from mes_stoch.api import Site
from mes_stoch.io.artifacts.tree import read_tree
from mes_stoch.solvers.highs.model import SCENARIO_MIP_OPTIONS

_MODULE = "mes_stoch.mpisppy_module"
_MOST_ITERATIONS = 100_000
# [   12.34]     3  L X    2656.8115       3028.0305        12.259%        371.2190
_TRACE = re.compile(
    r"^\[\s*[\d.]+\]\s+(?P<iteration>\d+)\s[\sA-Za-z*]*?"
    r"(?P<outer>[-+]?(?:inf|nan|[\d.]+(?:e[-+]?\d+)?))\s+(?P<inner>[-+]?(?:inf|nan|[\d.]+(?:e[-+]?\d+)?))"
    r"\s+[-+]?(?:inf|nan|[\d.]+)%",
)


def environment(ranks: int, cores: int) -> dict[str, str]:
    """MPICH's progress threads where there are cores for them.

    MPICH moves one-sided messages only while the target is inside MPI; without the threads the hub waits for whole
    spoke solves. But they spin: with 3 ranks on 2 cores the driver was at 0.20 % without them when it was at 0.35 % and
    more with them.
    """
    return {"MPIR_CVAR_ASYNC_PROGRESS": "1" if cores >= 2 * ranks else "0"}


def rho_eur(site: Site, tree: Path) -> float:
    """One penalty for all volumes, as the driver's ``--default-rho`` takes it: the mean of this project's own scale."""
    from mes_stoch.model.site_program import build_program

    root = build_program(site.instance, read_tree(tree)).root
    return float(np.mean(root.rho_scale[root.consensus]))


def command(
    mpiexec: str, instance: Path, *, scenarios: int, ranks: int, gap_rel: float, rho: float, bundle: int | None
) -> list[str]:
    """The driver with a hub, a Lagrangian spoke and a shuffled-incumbent spoke."""
    # mpi-sppy turns what looks like a number into one, and HiGHS takes whole numbers for whole numbers only
    solver = {name: str(value).lower() for name, value in SCENARIO_MIP_OPTIONS.items()}
    solver["mip_rel_gap"] = f"{0.25 * gap_rel:g}"
    options = {
        "--module-name": _MODULE,
        "--instance": str(instance),
        "--num-scens": str(scenarios),
        "--solver-name": "highs",
        "--solver-options": " ".join(f"{name}={value}" for name, value in solver.items()),
        "--max-solver-threads": "1",
        "--max-iterations": str(_MOST_ITERATIONS),
        "--default-rho": f"{rho:.6g}",
        "--rel-gap": f"{gap_rel:g}",
        **({"--scenarios-per-bundle": str(bundle)} if bundle else {}),
    }
    flags = ["--lagrangian", "--xhatshuffle", "--linearize-proximal-terms", "--turn-off-names-check"]
    python = [sys.executable, "-m", "mpi4py", "-m", "mpisppy.generic_cylinders"]
    return [mpiexec, "-n", str(ranks), *python, *(part for item in options.items() for part in item), *flags]


def bounds_in(line: str) -> tuple[int, float, float] | None:
    """Iteration, outer and inner bound on the expected cost in a line of the hub's table, ``None`` in any other."""
    match = _TRACE.match(line)
    if match is None:
        return None
    outer, inner = float(match["outer"]), float(match["inner"])
    return int(match["iteration"]), -math.inf if math.isnan(outer) else outer, math.inf if math.isnan(inner) else inner
