"""Whose a run folder is, from its first second: one process has it, and everybody else can read who.

A claim is a file ``claim-<n>.json``, made exclusively, so that of any number of processes one gets it, on local disks
and on network file systems. It names host, process and the time that process was started: a process number that has
gone to another process since is no owner. A job of Slurm that was put back into the queue may begin again on another
machine: by the job's number and its count of restarts it knows the claim as its own earlier one. Whoever takes over
from a process that has ended makes the claim of the next number before the old one is removed, so that two who find the
same stale claim cannot both have it.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import socket
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from mes_stoch.io.files import read_regular
from mes_stoch.schema.errors import UsageError, WriteError

_NAME = re.compile(r"claim-([0-9]{1,6})\.json")
_MOST_BYTES = 4096
_TRIES = 50
#: A claim without content is being written; after so long it is a damaged one.
_WRITING_S = 2.0

State = Literal["alive", "ended", "unknown"]


def is_claim(name: str) -> bool:
    """Whether a file of a run folder is a claim."""
    return _NAME.fullmatch(name) is not None


@dataclass(frozen=True)
class Owner:
    """The process that a claim names.

    Parameters
    ----------
    host : str
    boot, namespace : str
        Which start of that machine, and which of its process tables (containers have their own); empty where the
        system does not tell.
    pid : int
    started : int
        Start of the process in the system's ticks; -1 where the system does not tell.
    since_utc : str
    job, restart : str
        Number of the Slurm job, and how often it has been started again; empty outside of one.
    """

    host: str
    boot: str
    namespace: str
    pid: int
    started: int
    since_utc: str
    job: str = ""
    restart: str = ""

    @classmethod
    def myself(cls) -> Owner:
        pid = os.getpid()
        return cls(
            host=socket.gethostname(),
            boot=_boot(),
            namespace=_namespace(),
            pid=pid,
            started=_started(pid),
            since_utc=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            job=os.environ.get("SLURM_JOB_ID", ""),
            restart=os.environ.get("SLURM_RESTART_COUNT", "0") if "SLURM_JOB_ID" in os.environ else "",
        )

    def state(self) -> State:
        """Whether the process is still there, as far as this one can tell."""
        here = Owner.myself()
        if self.job and self.job == here.job and self.restart != here.restart:
            # Slurm starts a job again only once it has ended
            return "ended"
        if self.host != here.host:
            return "unknown"
        if self.boot != here.boot:
            return "ended"
        if self.namespace != here.namespace:
            return "unknown"
        try:
            os.kill(self.pid, 0)
        except (ProcessLookupError, OverflowError):
            return "ended"
        except PermissionError:
            pass
        now = _started(self.pid)
        return "alive" if now == self.started or -1 in (now, self.started) else "ended"

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}, since {self.since_utc}"


@dataclass(frozen=True)
class Claim:
    """A folder that belongs to this process until :meth:`release`."""

    path: Path

    @classmethod
    def take(cls, folder: Path, *, force: bool = False) -> Claim:
        """Claim a folder for this process.

        Parameters
        ----------
        folder : Path
        force : bool
            Take over from a process that has ended; never from one that is at work, or cannot be asked.

        Raises
        ------
        UsageError
            If it is another's; the message names the owner.
        WriteError
            If nothing can be written there.
        """
        for _ in range(_TRIES):
            found = _claims(folder)
            for path in found:
                _require_free(folder, path, force=force)
            mine = cls(folder / f"claim-{_number(found[-1]) + 1 if found else 1}.json")
            if not mine._make():
                continue
            others = [path for path in _claims(folder) if path != mine.path]
            if all(_state(path) == "ended" for path in others):
                for path in others:
                    path.unlink(missing_ok=True)
                return mine
            # somebody claimed it by another number at the same moment: both step back
            mine.release()
            time.sleep(random.uniform(0.0, 0.05))
        raise UsageError(f"{folder} is being claimed by many processes at once; choose another --out")

    def release(self) -> None:
        """Let others have the folder."""
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)

    def _make(self) -> bool:
        """Make the file; ``False`` if there is one."""
        content = json.dumps(asdict(Owner.myself()), indent=2).encode() + b"\n"
        try:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
        except FileExistsError:
            return False
        except OSError as error:
            raise WriteError(self.path, error.strerror or str(error)) from None
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)
        except OSError as error:
            self.release()
            raise WriteError(self.path, error.strerror or str(error)) from None
        return True


def _claims(folder: Path) -> list[Path]:
    """Claims in a folder, the latest number last."""
    return sorted((path for path in folder.iterdir() if is_claim(path.name)), key=_number)


def _number(path: Path) -> int:
    match = _NAME.fullmatch(path.name)
    return int(match.group(1)) if match else 0


def _require_free(folder: Path, path: Path, *, force: bool) -> None:
    owner = _owner(path)
    if owner is None:
        if path.exists():
            raise UsageError(
                f"{folder} is claimed by {path.name}, which names no process; delete that file if no run is at work"
            )
        return
    state = owner.state()
    if state == "alive":
        raise UsageError(
            f"{folder} belongs to a run that is at work ({owner}); choose another --out (--force takes no folder from "
            "a run that is at work)"
        )
    if state == "unknown":
        raise UsageError(
            f"{folder} belongs to a run on another machine ({owner}), which cannot be asked from "
            f"{socket.gethostname()}; choose another --out, or delete {path} if that run has ended"
        )
    if not force:
        raise UsageError(
            f"{folder} belongs to a run whose process has ended without finishing it ({owner}); choose another --out, "
            "or add --force to take it over"
        )


def _state(path: Path) -> State:
    owner = _owner(path)
    if owner is None:
        return "unknown" if path.exists() else "ended"
    return owner.state()


def _owner(path: Path) -> Owner | None:
    """Whom a claim names; ``None`` if it has gone, or can not be understood."""
    until = time.monotonic() + _WRITING_S
    while True:
        try:
            content = read_regular(path, _MOST_BYTES)
        except OSError:
            return None
        if content.strip() or time.monotonic() > until:
            return _parsed(content)
        time.sleep(0.02)


def _parsed(content: bytes) -> Owner | None:
    try:
        data: Any = json.loads(content)
        owner = Owner(**data)
    except (ValueError, TypeError, RecursionError):
        return None
    texts = (owner.host, owner.boot, owner.namespace, owner.since_utc, owner.job, owner.restart)
    numbers = (owner.pid, owner.started)
    is_sound = all(isinstance(text, str) for text in texts) and all(type(number) is int for number in numbers)
    return owner if is_sound and owner.pid > 0 else None


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _namespace() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def _started(pid: int) -> int:
    """Start of a process in ticks since the machine's; -1 where the system does not tell or the process has ended."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return -1
    # the name in brackets may hold anything, brackets and blanks too
    fields = text.rpartition(")")[2].split()
    # a zombie has ended: it only waits to be counted
    return -2 if fields[0] in ("Z", "X") else int(fields[19])
