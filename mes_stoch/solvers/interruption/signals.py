"""Signals that end a run in order: noted the moment they come, whatever the main thread is doing.

Python runs a handler between two instructions of the main thread, which may be minutes away while a solver computes or
MPI waits. The number of a signal is therefore also written to a pipe (``signal.set_wakeup_fd``) that a thread reads: it
makes the request (:mod:`mes_stoch.solvers.interruption.stop`) within milliseconds. HiGHS and mpi4py release the
interpreter meanwhile.

A signal that comes again at least three seconds after the first ends a process at once that has no results to finish.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from mes_stoch.solvers.interruption.stop import Request

#: A terminal's Ctrl-C; `kill`, batch systems and service managers; Slurm's warning; a terminal that was closed.
ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGUSR1", "SIGHUP") if hasattr(signal, name))
EXIT_INTERRUPTED = 5

_PATIENCE_S = 3.0
_DEFAULTS = (signal.SIG_DFL, signal.default_int_handler)
_listening: list[SignalWatch] = []


class SignalWatch:
    """Listens to the signals that end a run; a context manager, for the main thread.

    Handlers that somebody else has installed, or ignored (``nohup``), are left alone.

    Parameters
    ----------
    request : Request
        Made when a signal comes.
    owns_process : bool
        A signal that comes again ends the process at once. In somebody else's process a second Ctrl-C raises
        ``KeyboardInterrupt`` instead.
    """

    def __init__(self, request: Request | None = None, *, owns_process: bool = False) -> None:
        self.request = Request() if request is None else request
        self._owns_process = owns_process
        self._handled = 0
        #: Raise ``KeyboardInterrupt`` in the main thread: right where nothing is lost by it.
        self.raises = False
        #: Results are being written: nothing ends the process but itself.
        self.is_finishing = False
        #: Called before the process is ended at once.
        self.last_words: Callable[[], object] = _nothing
        self._pass_on: Callable[[int], None] | None = None
        self._first_at = 0.0
        self._before: dict[signal.Signals, Any] = {}
        self._pipe: tuple[int, int] | None = None

    def __enter__(self) -> SignalWatch:
        if threading.current_thread() is not threading.main_thread():
            return self
        for number in ENDING:
            if signal.getsignal(number) in _DEFAULTS:
                self._before[number] = signal.signal(number, self._handle)
        if self._before:
            self._open_pipe()
            _listening.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        self._leave_off(dict(self._before))

    def ignore_from_now_on(self) -> None:
        """The exit code is settled: a signal during the interpreter's own end must not replace it."""
        self._leave_off(dict.fromkeys(self._before, signal.SIG_IGN))

    def listen_again(self) -> None:
        """Take back what a library has taken over meanwhile."""
        for number in self._before:
            signal.signal(number, self._handle)

    def _leave_off(self, handlers: dict[signal.Signals, Any]) -> None:
        if not self._before:
            return
        for number, handler in handlers.items():
            signal.signal(number, handler)
        self._before.clear()
        self._close_pipe()
        _listening.remove(self)

    def end_at_a_signal(self) -> None:
        """Let a signal raise ``KeyboardInterrupt`` from now on, and at once where one has come already."""
        if self.request.reason:
            raise KeyboardInterrupt
        self.raises = True

    @contextlib.contextmanager
    def raising(self) -> Iterator[None]:
        """Let a signal end the work within at once, by ``KeyboardInterrupt``."""
        try:
            self.end_at_a_signal()
            yield
        finally:
            self.raises = False

    @contextlib.contextmanager
    def passing_on(self, pass_on: Callable[[int], None]) -> Iterator[None]:
        """Give the numbers of signals to somebody else, who does the work; one that has come already first."""
        self._pass_on = pass_on
        if self.request.reason:
            pass_on(signal.Signals[self.request.reason])
            self.request.reason = ""
        try:
            yield
        finally:
            self._pass_on = None
            self.request.reason = ""

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        if self._pass_on is not None:
            self._pass_on(number)
            return
        self._handled += 1
        self.request.make(signal.Signals(number).name)
        again = self._handled > 1 and not self._owns_process and number == signal.SIGINT
        if self.raises or again:
            self.raises = False
            raise KeyboardInterrupt

    def _open_pipe(self) -> None:
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        if before != -1:
            # an event loop's own; it runs our handlers soon enough
            signal.set_wakeup_fd(before)
            os.close(reading)
            os.close(writing)
            return
        self._pipe = (reading, writing)
        threading.Thread(target=self._listen, args=(reading,), name="mes_stoch signals", daemon=True).start()

    def _close_pipe(self) -> None:
        if self._pipe is not None:
            signal.set_wakeup_fd(-1)
            os.close(self._pipe[1])  # the thread reads the end of it, and closes the other
            self._pipe = None

    def _listen(self, reading: int) -> None:
        while numbers := os.read(reading, 64):
            for number in numbers:
                if number in self._before:
                    self._note(signal.Signals(number).name)
        os.close(reading)

    def _note(self, name: str) -> None:
        if self._pass_on is not None:
            return
        now = time.monotonic()
        if not self._first_at:
            self._first_at = now
            self.request.make(name)
        elif self._owns_process and now - self._first_at >= _PATIENCE_S and not self.is_finishing:
            self.last_words()
            end_at_once(EXIT_INTERRUPTED)


def listen_again() -> None:
    """To be called when MPI has been loaded: UCX, below MPICH, takes SIGHUP for a debugger of its own."""
    if threading.current_thread() is threading.main_thread():
        for watch in _listening:
            watch.listen_again()


def listening() -> Request:
    """The request of whoever listens to signals in this process; one that is never made where nobody does.

    For work that runs a solver in this process: HiGHS drops a ``KeyboardInterrupt`` that is raised in its callbacks.
    """
    return _listening[-1].request if _listening else Request()


def end_at_once(code: int) -> None:
    """Leave without unwinding, and take the other ranks along."""
    sys.stdout.flush()
    sys.stderr.flush()
    mpi = sys.modules.get("mpi4py.MPI")
    if mpi is not None and mpi.Is_initialized() and not mpi.Is_finalized() and mpi.COMM_WORLD.Get_size() > 1:
        mpi.COMM_WORLD.Abort(code)
    os._exit(code)


def _nothing() -> None:
    """No last words."""
