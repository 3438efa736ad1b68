"""Sequential sampling of an instance by mpi-sppy's own procedure, with HiGHS, to hold the project's beside it.

    python scripts/sequential_sampling_mpisppy.py instances/enedis_local --wanted-gap 1000 --scenarios 10

Prints the candidate, the interval and the time. The procedure is ``SeqSampling`` of ``mpisppy.confidence_intervals``
with the fixed-width rule of Bayraksan & Pierre-Louis (2012) and averaged two-replication; every scenario is a Pyomo
model of its own, made by :mod:`mes_stoch.mpisppy_module`, and every sample is one extensive form. Its term against
stopping by chance is ``1 / sqrt(n)`` in the currency, so it means little where the wanted gap is hundreds, and optima
are taken as the solver gives them, without a proven bound.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import Any

import mpisppy.confidence_intervals.confidence_config as confidence_config
from mpisppy.confidence_intervals.seqsampling import SeqSampling
from mpisppy.utils import amalgamator, config, sputils

MODULE, SOLVER = "mes_stoch.mpisppy_module", "appsi_highs"


def candidate(
    scenario_names: list[str],
    solver_name: str = SOLVER,
    solver_options: dict[str, Any] | None = None,
    instance: str | None = None,
) -> dict[str, Any]:
    """The commitment of a sample, as mpi-sppy asks for one."""
    options = config.Config()
    options.quick_assign("EF_2stage", bool, True)
    options.quick_assign("EF_solver_name", str, solver_name)
    options.quick_assign("EF_solver_options", dict, solver_options)
    options.quick_assign("num_scens", int, len(scenario_names))
    options.quick_assign("_mpisppy_probability", float, 1 / len(scenario_names))
    options.quick_assign("instance", str, instance)
    sample = amalgamator.from_module(MODULE, options, use_command_line=False)
    sample.scenario_names = scenario_names
    sample.run()
    found: dict[str, Any] = sputils.nonant_cache_from_ef(sample.ef)
    return found


def sample_until(instance: str, wanted_gap: float, scenarios: int, steps: int = 20) -> dict[str, Any]:
    """What mpi-sppy's procedure finds: ``T``, ``Candidate_solution`` and ``CI``."""
    options = config.Config()
    confidence_config.confidence_config(options)
    confidence_config.sequential_config(options)
    options.quick_assign("BPL_eps", float, wanted_gap)
    options.quick_assign("BPL_c0", int, scenarios)
    options.quick_assign("ArRP", int, 2)
    options.quick_assign("xhat_gen_kwargs", dict, {"instance": instance})
    options.quick_assign("solver_name", str, SOLVER)
    options.quick_assign("instance", str, instance)
    options.quick_assign("solving_type", str, "EF_2stage")
    options.quick_assign("stopping", str, "BPL")
    procedure = SeqSampling(
        MODULE, candidate, options, stochastic_sampling=False, stopping_criterion="BPL", solving_type="EF_2stage"
    )
    found: dict[str, Any] = procedure.run(maxit=steps)
    return found


def main(arguments: list[str] | None = None) -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("instance")
    parser.add_argument("--wanted-gap", type=float, required=True, metavar="G")
    parser.add_argument("--scenarios", type=int, default=20, metavar="N", help="Of the first samples.")
    options = parser.parse_args(arguments)
    begun = time.process_time()
    found = sample_until(options.instance, options.wanted_gap, options.scenarios)
    print(
        json.dumps(
            {
                "steps": found["T"],
                "candidate": [float(value) for value in found["Candidate_solution"]["ROOT"]],
                "interval": found["CI"],
                "cpu_s": round(time.process_time() - begun, 1),
            }
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
