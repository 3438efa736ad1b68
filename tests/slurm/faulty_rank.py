"""``mes-stoch`` with one rank that does, in the midst of the solve, what the variable FAULT says."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from mes_stoch.cli.main import main
from mes_stoch.solvers.highs.model import HighsModel

FAULTY_RANK = "1"
# Late enough that all ranks are at work together, early enough for the smallest instance.
SOLVES_BEFORE_THE_FAULT = 2

_run = HighsModel.run
_solves = 0


def run_then_fail(model: HighsModel, *arguments: Any, **keywords: Any) -> Any:
    global _solves
    _solves += 1
    if _solves > SOLVES_BEFORE_THE_FAULT:
        match os.environ["FAULT"]:
            case "raise":
                raise RuntimeError("the fault of this test")
            case "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            case "hang":
                Path("hanging").touch()
                time.sleep(3600)
    return _run(model, *arguments, **keywords)


if __name__ == "__main__":
    if os.environ["SLURM_PROCID"] == FAULTY_RANK:
        HighsModel.run = run_then_fail  # type: ignore[method-assign]
    main(sys.argv[1:])
