"""A measurement's own processes: started apart, watched, and stopped for good when their time is up."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from mes_stoch.bench.processes import MARK, ProcessWatch

_LOOK_EVERY_S = 0.1
_PATIENCE_S = 3.0
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


@dataclass(frozen=True)
class Finished:
    """How a job ended and what it used.

    Parameters
    ----------
    code : int
        Exit code of the first process that failed, else 0; meaningless where ``stopped``.
    stopped : bool
        The time limit came first.
    wall_s, cpu_s : float
        Of all processes together, start of the interpreter included.
    peak_memory_mib : float
        Sum of the processes' peaks, as looks at them ten times a second found them.
    lines : tuple of (float, str)
        Standard output of the first process with the seconds since the start at which each line came.
    errors : str
        Standard error of all.
    """

    code: int
    stopped: bool
    wall_s: float
    cpu_s: float
    peak_memory_mib: float
    lines: tuple[tuple[float, str], ...]
    errors: str


def run_job(
    commands: Sequence[Sequence[str]], folder: Path, limit_s: float, environment: dict[str, str] | None = None
) -> Finished:
    """Run commands side by side to their end, or to the limit.

    Parameters
    ----------
    commands : sequence of commands
        Each becomes a process in a session of its own, so that the terminal's Ctrl-C reaches the caller alone.
    folder : Path
        Working folder; also takes ``stderr.txt``.
    limit_s : float
        After so long everything that the job started is ended, wherever a launcher has put it.
    environment : dict, optional
        Set on top of the caller's.
    """
    mark = uuid.uuid4().hex
    full = {**os.environ, **dict.fromkeys(_ONE_THREAD, "1"), **(environment or {}), MARK: mark, "PYTHONUNBUFFERED": "1"}
    watch = ProcessWatch(mark)
    used_before = _children_cpu_s()
    lines: list[tuple[float, str]] = []
    started = time.perf_counter()
    processes: list[subprocess.Popen[str]] = []
    readers: list[threading.Thread] = []
    stopped = False
    with (folder / "stderr.txt").open("w+", encoding="utf-8") as errors:
        try:
            for command in commands:
                process = subprocess.Popen(
                    command,
                    cwd=folder,
                    env=full,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    text=True,
                    errors="replace",
                    start_new_session=True,
                )
                processes.append(process)
                kept = lines if len(processes) == 1 else []
                readers.append(_read(process, kept, started))
            stopped = _wait(processes, watch, started + limit_s)
            wall_s = time.perf_counter() - started
        finally:
            _end(processes, watch)
        for reader in readers:
            reader.join(timeout=5.0)
        errors.seek(0)
        said = errors.read()
    codes = [process.returncode for process in processes]
    return Finished(
        code=next((code for code in codes if code), 0),
        stopped=stopped,
        wall_s=wall_s,
        # what was reaped is exact; what was killed may have been reaped by nobody
        cpu_s=max(_children_cpu_s() - used_before, watch.cpu_s),
        peak_memory_mib=watch.peak_memory_mib,
        lines=tuple(lines),
        errors=said,
    )


def _read(process: subprocess.Popen[str], kept: list[tuple[float, str]], started: float) -> threading.Thread:
    stream: IO[str] | None = process.stdout

    def follow() -> None:
        if stream is None:  # pragma: no cover - always a pipe
            return
        with contextlib.suppress(ValueError, OSError), stream:
            for line in stream:
                kept.append((time.perf_counter() - started, line.rstrip("\n")))

    thread = threading.Thread(target=follow, name="mes_stoch bench output", daemon=True)
    thread.start()
    return thread


def _wait(processes: Sequence[subprocess.Popen[str]], watch: ProcessWatch, deadline: float) -> bool:
    """Until all have ended or one has failed; says whether the deadline came first."""
    next_look = 0.0
    while True:
        codes = [process.poll() for process in processes]
        if all(code is not None for code in codes) or any(codes):
            return False
        now = time.perf_counter()
        if now >= deadline:
            watch.look()
            return True
        if now >= next_look:
            watch.look()
            next_look = now + _LOOK_EVERY_S
        time.sleep(min(0.02, max(deadline - now, 0.0)))


def _end(processes: Sequence[subprocess.Popen[str]], watch: ProcessWatch) -> None:
    """Whatever happened, nothing of the job lives on."""
    if any(process.poll() is None for process in processes) or watch.alive():
        watch.kill(_PATIENCE_S)
    for process in processes:
        if process.poll() is None:
            # nothing to find the rest by: at least the group
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _children_cpu_s() -> float:
    import resource  # not on Windows, where this package can still be imported

    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
