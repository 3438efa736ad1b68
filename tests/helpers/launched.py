"""The command as a user starts it: alone, or as ranks under the launcher that belongs to this Python's MPI."""

from __future__ import annotations

import os
import sys
from pathlib import Path

INSTANCES = Path(__file__).resolve().parents[2] / "instances"
#: Numbers of ranks a method can use; None for any.
RANKS_OF = {"ef": (1,), "decomposition": None, "ph": (1, 3), "auto": None}


def takes(method: str, ranks: int) -> bool:
    """Whether a method runs on so many ranks."""
    allowed = RANKS_OF[method]
    return allowed is None or ranks in allowed


def launcher() -> Path:
    """The ``mpiexec`` beside this Python, where there is one."""
    return Path(sys.executable).with_name("mpiexec")


def command(ranks: int, *arguments: object) -> list[str]:
    """A command line of ``mes-stoch``."""
    start = [sys.executable, "-m", "mes_stoch", *map(str, arguments)]
    return start if ranks == 1 else [str(launcher()), "-n", str(ranks), *start]


def environment() -> dict[str, str]:
    """Without what another launcher has left, and a thread a process."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PMI", "OMPI_", "SLURM_"))}
    return {**kept, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
