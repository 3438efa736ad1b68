"""A real run that is sent a signal at some moment, and what a user finds afterwards."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np

from helpers.launched import INSTANCES, command, environment, takes

SIGNALS = ("SIGINT", "SIGTERM", "SIGUSR1", "SIGHUP")
METHODS = ("ef", "decomposition", "ph", "auto")
#: ``alone``: one process. ``mpiexec``: ranks under the launcher. ``--ranks``: the command starts the launcher itself.
STARTS = ("alone", "mpiexec", "--ranks")
#: What every run has to end within, on a machine with other work: the longest wait stated in docs/signals.md, which is
#: the 15 s that the extensive form gives to evaluating its commitment, and as much again for solves under way.
PATIENCE_S = 40.0
MARK = "MES_STOCH_TEST_RUN"
_LOOK_S = 0.1
_LATEST_S = 10.0
_FIRST_BOUNDS_S = 120.0


@dataclass(frozen=True)
class Known:
    """An instance whose optimal expected profit is known to lie in ``[lower, upper]``."""

    name: str
    options: tuple[str, ...]
    lower: float
    upper: float


#: tiny_site: by hand (its README). hospital_fr: where the intervals of the extensive form and of decomposition, both to
#: 2e-5 and without a signal, overlap.
KNOWN = (
    Known("tiny_site", (), -687.5, -687.5),
    Known("hospital_fr", ("--scenarios", "6"), -2500.9197, -2500.9019),
)


@dataclass(frozen=True)
class Case:
    """One run and its signal.

    ``target`` is ``process`` (the one that was started) or ``group`` (as a terminal or a batch system signals).
    ``delay_s`` counts from ``since``: ``start``, the moment the processes that are signalled listen, or ``bounds``, the
    first proven bounds that the run shows.
    """

    known: Known
    method: str
    start: str
    ranks: int
    signal: str
    target: str
    since: str
    delay_s: float

    def __str__(self) -> str:
        how = self.method if self.ranks == 1 else f"{self.method} {self.start} {self.ranks}"
        return f"{self.known.name} {how}: {self.signal} to the {self.target}, {self.since} + {self.delay_s:.2f} s"


@dataclass
class Outcome:
    """What came of a case; ``faults`` is empty where all is as it should be."""

    code: int
    took_s: float
    written: str
    said: str
    faults: list[str] = field(default_factory=list)


def draw(seed: int) -> Case:
    """A case by its seed: every method, start and signal, and a moment from the first imports to the last file."""
    rng = np.random.default_rng(seed)
    method = METHODS[seed % len(METHODS)]
    starts = [(start, ranks) for start in STARTS for ranks in (1, 2, 3) if (start == "alone") == (ranks == 1)]
    start, ranks = _chosen(rng, [pair for pair in starts if takes(method, pair[1])])
    # Hydra dies of SIGHUP at once, which is why there is --ranks (docs/signals.md)
    names = [name for name in SIGNALS if not (start == "mpiexec" and name == "SIGHUP")]
    return Case(
        known=KNOWN[int(rng.random() < 0.75)],
        method=method,
        start=start,
        ranks=ranks,
        signal=_chosen(rng, names),
        target=_chosen(rng, ["process", "group"]),
        since=_chosen(rng, ["start", "bounds", "bounds"]),
        delay_s=rng.uniform(0, _LATEST_S),
    )


def _chosen(rng: np.random.Generator, options: list[Any]) -> Any:
    return options[int(rng.integers(len(options)))]


def run(case: Case, folder: Path) -> Outcome:
    """Start, signal, wait, look."""
    out = folder / "run"
    options = ["--ranks", str(case.ranks)] if case.start == "--ranks" else []
    line = command(
        case.ranks if case.start == "mpiexec" else 1,
        *("solve", INSTANCES / case.known.name, *case.known.options, "--method", case.method),
        *("--gap", "1e-9", "--time-limit", "600", "--out", out, *options),
    )
    mark = f"{folder}"
    memory = _SharedMemory(mark)
    with memory, tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            line,
            stdout=said,
            stderr=said,
            env={**environment(), "PYTHONPATH": str(INSTANCES.parent), MARK: mark},
            cwd=folder,
            start_new_session=True,
            # a shell starts what it puts into the background with SIGINT ignored, and that is handed on
            preexec_fn=_heed_sigint,
        )
        try:
            expected = case.ranks if case.start == "mpiexec" else 1
            wait_for(lambda: process.poll() is not None or listening(mark) >= expected, 60.0)
            if case.since == "bounds":
                wait_for(lambda: process.poll() is not None or b" lower bound " in _tail(said), _FIRST_BOUNDS_S)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(case.delay_s)
            code, took_s, faults = _signal(case, process)
        finally:
            _end_all(mark, process)
        said.seek(0)
        text = said.read()
    faults += _left(mark, memory.seen)
    what, more = written(case, out, code, text)
    return Outcome(code, took_s, what, text, faults + more)


def _heed_sigint() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _signal(case: Case, process: subprocess.Popen[bytes]) -> tuple[int, float, list[str]]:
    number = getattr(signal, case.signal)
    begun = time.monotonic()
    with contextlib.suppress(ProcessLookupError):
        if case.target == "group":
            os.killpg(process.pid, number)
        elif process.poll() is None:
            process.send_signal(number)
    try:
        code = process.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        return -1, time.monotonic() - begun, [f"still at work {PATIENCE_S:g} s after the signal"]
    return code, time.monotonic() - begun, []


def written(case: Case, out: Path, code: int, said: str) -> tuple[str, list[str]]:
    """What is written, and what is wrong with that and with what was said."""
    faults = [f"'{word}' was said" for word in ("Traceback", "crash", "BAD TERMINATION") if word in said]
    if not (out / "manifest.json").exists():
        if code != 5:
            faults.append(f"exit code {code} and nothing written")
        if "nothing was written" not in said:
            faults.append("it was not said that nothing was written")
        if out.exists():
            faults.append(f"a run folder without results is left: {sorted(path.name for path in out.iterdir())}")
        return "nothing", faults
    if code not in (0, 4, 5):
        faults.append(f"exit code {code} with results")
    if code == 5 and f"is in {out}, which is complete" not in said:
        faults.append("it was not said where the results are")
    left = [path.name for path in out.iterdir() if path.name.startswith((".", "claim-", "unfinished"))]
    if left:
        faults.append(f"left in the run folder: {left}")
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    lower, upper = (summary[key] for key in ("bound_lower", "bound_upper"))
    size = 1e-6 * max(abs(case.known.lower), abs(case.known.upper))
    if lower is not None and lower > case.known.upper + size:
        faults.append(f"lower bound {lower} above the optimum")
    if upper is not None and upper < case.known.lower - size:
        faults.append(f"upper bound {upper} below the optimum")
    sides = [side for side, value in (("commitment", lower), ("bound", upper)) if value is not None]
    return " and ".join(sides) or "neither side", faults


def _left(mark: str, segments: set[Path]) -> list[str]:
    faults = []
    # a launcher may end a moment before the last of its helpers
    if not wait_for(lambda: not list(marked(mark)), 5.0):
        faults.append(f"processes are left: {[_name(pid) for pid in marked(mark)]}")
    if not wait_for(lambda: not any(path.exists() for path in segments), 2.0):
        faults.append(f"shared memory is left: {sorted(path.name for path in segments if path.exists())}")
    return faults


def _end_all(mark: str, process: subprocess.Popen[bytes]) -> None:
    """Whatever happened, nothing of this run goes on."""
    if process.poll() is None:
        for pid in marked(mark):
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        process.wait()


def _tail(said: IO[str]) -> bytes:
    """What was said so far; the processes write where this one reads, so its place in the file stays."""
    return os.pread(said.fileno(), 1 << 16, 0)


def wait_for(condition: Any, timeout_s: float) -> bool:
    """Whether a condition comes true in time."""
    end = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def marked(mark: str) -> Iterator[int]:
    """Processes of the run, known by a variable they inherit."""
    wanted = f"{MARK}={mark}".encode()
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and wanted in (entry / "environ").read_bytes().split(b"\0"):
                yield int(entry.name)


def listening(mark: str) -> int:
    """How many processes of this run's Python catch SIGUSR1."""
    bit = 1 << (signal.SIGUSR1 - 1)
    count = 0
    for pid in marked(mark):
        with contextlib.suppress(OSError):
            status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
            caught = next(line for line in status.splitlines() if line.startswith("SigCgt"))
            if "python" in status.splitlines()[0] and int(caught.split()[1], 16) & bit:
                count += 1
    return count


def _name(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")[:80]
    return str(pid)


class _SharedMemory:
    """Which of MPICH's segments the processes of a run map, looked at now and then; others may run on this machine."""

    def __init__(self, mark: str) -> None:
        self.seen: set[Path] = set()
        self._mark = mark
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(_LOOK_S):
            for pid in marked(self._mark):
                with contextlib.suppress(OSError):
                    lines = Path(f"/proc/{pid}/maps").read_text(errors="replace").splitlines()
                    # a name that is gone already ends in " (deleted)"
                    names = {line.split(maxsplit=5)[5] for line in lines if "/dev/shm/mpich_sh" in line}
                    self.seen |= {Path(name) for name in names if not name.endswith(" (deleted)")}
