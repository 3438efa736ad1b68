"""``--ranks N``: the command starts the MPI launcher itself, and is what a user, a terminal or a batch system signals.

Hydra, MPICH's launcher, passes SIGINT, SIGTERM and SIGUSR1 on to its ranks, dies of SIGHUP at once and takes the ranks
along; a rank that Python has not yet prepared dies of any of them. So the launcher gets a session of its own, which no
terminal reaches, and signals go another way: this process writes their numbers to the launcher's standard input, which
is that of rank 0. Rank 0 reads them when it is ready (:func:`relay_from_starter`) and tells the other ranks as ever
(:class:`mes_stoch.solvers.parallel.mpi.ProgressThread`). Should this process be killed, rank 0 reads the end of the
input and takes it for SIGTERM.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence

from mes_stoch.cli import output
from mes_stoch.solvers.interruption.signals import SignalWatch
from mes_stoch.solvers.parallel.mpi import find_mpiexec

#: Holds ``time.perf_counter()`` of the command's beginning, which is the machine's clock and so the ranks' as well.
STARTER_VARIABLE = "MES_STOCH_STARTED_AT"
MOST_RANKS = 1024
EXIT_LAUNCHER = 70


def run_on_ranks(count: int, arguments: Sequence[str], watch: SignalWatch, begun: float) -> int:
    """Run the same command on ``count`` ranks of this machine; its exit code.

    Raises
    ------
    UsageError
        There is no launcher.
    """
    command = [find_mpiexec(), "-n", str(count), sys.executable, "-m", "mes_stoch", *arguments]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        env={**os.environ, STARTER_VARIABLE: repr(begun)},
        start_new_session=True,
    )
    pipe = process.stdin
    if pipe is None:  # pragma: no cover - it was asked for
        raise RuntimeError("no pipe to the launcher")

    def pass_on(number: int) -> None:
        # the ranks may have gone
        with contextlib.suppress(OSError):
            os.write(pipe.fileno(), bytes([number]))

    with watch.passing_on(pass_on):
        code = process.wait()
    with contextlib.suppress(OSError):
        pipe.close()
    if code < 0:
        output.error(f"the MPI launcher was ended by {signal.Signals(-code).name}; the run folder says how far it was")
        return EXIT_LAUNCHER
    return code


def started_at() -> float | None:
    """When the command began whose ranks these are; ``None`` where another launcher started this process."""
    text = os.environ.get(STARTER_VARIABLE, "")
    with contextlib.suppress(ValueError):
        return float(text)
    return None


def relay_from_starter() -> None:
    """On rank 0: take the numbers that come from the starting process as signals to this one, from now on."""
    if started_at() is not None and output.launched_rank() == 0:
        threading.Thread(target=_relay, name="mes_stoch signals from the starter", daemon=True).start()


def _relay() -> None:
    with contextlib.suppress(OSError):
        while numbers := os.read(0, 64):
            for number in numbers:
                os.kill(os.getpid(), number)
    os.kill(os.getpid(), signal.SIGTERM)
