"""MPI as this project uses it: found when a launcher started several processes, never touched otherwise.

Three things every parallel run needs, whatever MPI is installed:

- a rank that fails must end the job, or the others wait for it until the time limit (:func:`abort_on_failure`);
- a launcher and an MPI that do not fit each other start N separate runs without a word (:func:`world` refuses);
- MPICH moves one-sided messages only while the target is inside MPI, so a hub would wait for a spoke's whole solve;
  a thread that looks in every few milliseconds cures it, and tells the other ranks of a request to end that has come to
  one (:class:`ProgressThread`).
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import sys
import threading
import time
import traceback
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from types import TracebackType
from typing import Any

from mes_stoch.schema.errors import MesStochError, UsageError
from mes_stoch.solvers.interruption import signals
from mes_stoch.solvers.interruption.stop import Request
from mes_stoch.solvers.parallel import leftovers

logger = logging.getLogger("mes_stoch.solvers.parallel.mpi")

# In this order: a launcher that starts its processes through Slurm leaves Slurm's own variables behind as well.
_SIZE_VARIABLES = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "PMIX_SIZE", "MPI_WORLD_SIZE", "SLURM_STEP_NUM_TASKS")
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
_PROGRESS_INTERVAL_S = 0.005
#: Where nothing but a request to end has to pass.
NEWS_INTERVAL_S = 0.05
_LAST_WORDS_S = 0.5
_INSTALL_HINT = "pip install 'mes_stoch[mpi]', or point MPI4PY_LIBMPI at the cluster's own MPI library"
ORDERLY_EXIT_CODES = (0, 4, 5)


def launcher_size() -> int:
    """Number of processes a launcher says it started; 1 without a launcher. Touches no MPI."""
    for name in _SIZE_VARIABLES:
        text = os.environ.get(name, "")
        if text.isdigit() and int(text) > 0:
            return int(text)
    return 1


def find_mpiexec() -> str:
    """The launcher that belongs to this Python's MPI.

    Raises
    ------
    UsageError
        There is none.
    """
    beside = Path(sys.executable).with_name("mpiexec")
    if beside.is_file():
        return str(beside)
    on_path = shutil.which("mpiexec")
    if os.environ.get("MPI4PY_LIBMPI") and on_path:
        return on_path
    raise UsageError("no mpiexec beside this Python: pip install 'mes_stoch[mpi]'")


def use_one_thread(environment: MutableMapping[str, str] | None = None) -> None:
    """Ask numerical libraries for one thread a process; to be called before NumPy is imported to have full effect."""
    target = os.environ if environment is None else environment
    for name in _THREAD_VARIABLES:
        target.setdefault(name, "1")


def world() -> Any | None:
    """``MPI.COMM_WORLD`` of a run of several processes, ``None`` for a run of one.

    Raises
    ------
    UsageError
        The launcher started several processes but MPI is missing, or knows only one of them.
    """
    started = launcher_size()
    loaded = sys.modules.get("mpi4py.MPI")
    if started == 1 and loaded is None:
        return None
    mpi = loaded or _import_mpi(started)
    size = int(mpi.COMM_WORLD.Get_size())
    if started > 1 and size != started:
        raise UsageError(
            f"the launcher started {started} processes but MPI sees {size}: launcher and MPI library do not belong "
            f"together, each process would do the whole run by itself ({_library(mpi)}); use that library's own "
            "mpiexec, or srun with the matching --mpi"
        )
    return mpi.COMM_WORLD if size > 1 else None


def rank() -> int:
    """This process's rank; 0 in a run of one process."""
    communicator = world()
    return 0 if communicator is None else int(communicator.Get_rank())


@contextlib.contextmanager
def abort_on_failure(orderly_exit_codes: tuple[int, ...] = ORDERLY_EXIT_CODES) -> Iterator[None]:
    """End **all** ranks when this one fails, with its message and its exit code.

    Does what ``python -m mpi4py`` does, without the user having to type it. Wrap the body of a console script in it. In
    a run of one process it does nothing.

    Parameters
    ----------
    orderly_exit_codes : tuple of int
        Exit codes that all ranks reach together; with these MPI is shut down as usual.
    """
    if launcher_size() == 1:
        yield
        return
    mpi = _import_mpi(launcher_size())
    try:
        yield
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
        if code not in orderly_exit_codes:
            if isinstance(stop.code, str):
                sys.stderr.write(f"{stop.code}\n")
            _abort(mpi, code)
        raise
    except BaseException as error:
        _report_and_abort(mpi, error)
        raise


def abort_when_uncaught() -> None:
    """Install the same for an exception nobody catches, where no console script wraps the run."""
    mpi = sys.modules.get("mpi4py.MPI")
    if mpi is None or mpi.COMM_WORLD.Get_size() == 1 or getattr(sys.excepthook, "aborts_mpi", False):
        return

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        _report_and_abort(mpi, error)

    hook.aborts_mpi = True  # type: ignore[attr-defined]
    sys.excepthook = hook


class ProgressThread:
    """Keeps MPI moving while this process computes, and passes requests to end on; a context manager.

    A batch system may signal one rank alone, and the others may be deep in a solver or waiting inside MPI. Whoever
    hears of a request first sends every other rank an empty message. All enter and leave together.

    Parameters
    ----------
    communicator : mpi4py communicator or None
        Of all ranks; with ``None``, or a single rank, nothing happens.
    request : Request, optional
        Made here when another rank tells of one, and told to the others when it is made here.
    """

    def __init__(
        self, communicator: Any | None, request: Request | None = None, interval_s: float = _PROGRESS_INTERVAL_S
    ) -> None:
        self._communicator = communicator
        self._request = Request() if request is None else request
        self._has_told = False
        self._interval_s = interval_s
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._own: Any = None

    def __enter__(self) -> ProgressThread:
        if self._communicator is None or self._communicator.Get_size() == 1:
            return self
        mpi = sys.modules["mpi4py.MPI"]
        if mpi.Query_thread() != mpi.THREAD_MULTIPLE:
            logger.warning("MPI allows calls from one thread only: one-sided messages may wait for whole solves")
            return self
        # A communicator of its own, so that probing never sees the program's messages.
        self._own = self._communicator.Dup()
        leftovers.forget_own()
        self._thread = threading.Thread(target=self._run, name="mes_stoch MPI progress", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        if self._own is not None and error is None:
            # Collective, so only where all ranks arrive; nobody sends any more, so that what is on its way can be read.
            self._own.Barrier()
            self._hear()
            self._own.Free()

    def _run(self) -> None:
        while not self._stop.wait(self._interval_s):
            self._hear()
            if self._request.reason and not self._has_told:
                self._tell()

    def _hear(self) -> None:
        """Looking is what keeps MPI moving; a message is a request."""
        while self._own.Iprobe():
            self._own.recv()
            self._has_told = True  # whoever sent it has told everyone
            self._request.make("another rank")

    def _tell(self) -> None:
        self._has_told = True
        for rank in range(self._own.Get_size()):
            if rank != self._own.Get_rank():
                self._own.send(None, dest=rank)


def _import_mpi(started: int) -> Any:
    # UCX, below MPICH and Open MPI, would make SIGHUP start its debugger
    os.environ.setdefault("UCX_DEBUG_SIGNO", "0")
    try:
        from mpi4py import MPI
    except ImportError as error:
        raise UsageError(f"{started} processes were started but mpi4py is missing; {_INSTALL_HINT}") from error
    except RuntimeError as error:
        raise UsageError(
            f"{started} processes were started but no MPI library loads ({error}); {_INSTALL_HINT}"
        ) from error
    signals.listen_again()
    return MPI


def _library(mpi: Any) -> str:
    return str(mpi.Get_library_version()).split("\n", maxsplit=1)[0].strip("\0 ")


def _report_and_abort(mpi: Any, error: BaseException) -> None:
    if isinstance(error, MesStochError):
        sys.stderr.write(f"rank {mpi.COMM_WORLD.Get_rank()}: {type(error).__name__}: {error}\n")
        code = error.exit_code
    else:
        sys.stderr.write(f"rank {mpi.COMM_WORLD.Get_rank()} failed:\n")
        traceback.print_exception(error)
        code = 130 if isinstance(error, KeyboardInterrupt) else 70
    _abort(mpi, code)


def _abort(mpi: Any, code: int) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    # The launcher drops what it has not yet forwarded when it hears of the abort.
    time.sleep(_LAST_WORDS_S)
    mpi.COMM_WORLD.Abort(code)
    # MPICH lets the caller live on until its launcher ends it; by then Python would print the error again.
    os._exit(code)
