"""Settings of a benchmark that a test can afford."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mes_stoch.bench.settings import BenchSettings, preset


def tiny_settings(instances: Path, **changes) -> BenchSettings:
    """Every measure that takes no MPI, at the four scenarios of the instance whose optimum is known by hand."""
    settings = preset("quick", instances / "tiny_site")
    return replace(
        settings,
        **{
            "sizes": (4,),
            "scaling_sizes": (4,),
            "stamping_scenarios": 4,
            "hedging_scenarios": 4,
            "hedging_iterations": 3,
            "ranks": (1,),
            "measures": ("own", "floor", "ef", "hedging", "stamping", "scaling"),
            "limit_s": 120.0,
            "limit_factor": 20.0,
            **changes,
        },
    )
