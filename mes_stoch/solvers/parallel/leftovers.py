"""What MPI leaves in shared memory and in the temporary folder when a run is killed, and how to leave nothing.

MPICH makes one segment ``mpich_shm_<key>_<n>`` in ``/dev/shm`` a run and machine, whose name is needed until all ranks
have attached, in ``MPI_Init``; it is removed in ``MPI_Finalize``, which a killed run never reaches. So the name is
removed as soon as the run has begun (:func:`forget_own`): what is mapped stays mapped, and the memory goes with the
last process. Its launcher leaves a description of the machine, ``hydra_hwloc_xmlfile_<random>``.

:func:`sweep` removes what earlier runs of this user have left: never what a process has mapped or open, nor what is so
young that a run may just be starting.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from mes_stoch.solvers.parallel.process_age import age_s

SHARED_MEMORY = Path("/dev/shm")
_PROCESSES = Path("/proc")
_SEGMENT = re.compile(r"(mpich_shm_[0-9a-f]+_\d+|mpich_shar_tmp\w{6})")
_OWN_SEGMENT = re.compile(r"mpich_shm_[0-9a-f]+_\d+")
_DESCRIPTION = re.compile(r"hydra_hwloc_xmlfile_\w{6}")
_LAUNCHERS = ("hydra", "mpiexec", "mpirun")
#: A segment is mapped the moment it is made; a description is made in a launcher's first moments.
_YOUNG_S = 10.0
_STARTING_S = 60.0


def forget_own() -> None:
    """Remove the names of the segments this process has attached to; once all ranks have left ``MPI_Init``."""
    for path in _mapped("self"):
        if path.parent == SHARED_MEMORY and _OWN_SEGMENT.fullmatch(path.name):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


def sweep(shared: Path = SHARED_MEMORY, temporary: Path | None = None) -> list[Path]:
    """Remove what dead runs of this user have left.

    Returns
    -------
    list of Path
        What was removed.
    """
    if not hasattr(os, "getuid") or not (_PROCESSES / "self" / "maps").exists():
        return []  # nobody can be asked who is still at work
    temporary = Path(tempfile.gettempdir()) if temporary is None else temporary
    segments = list(_left_by_me(shared, _SEGMENT))
    descriptions = list(_left_by_me(temporary, _DESCRIPTION))
    if segments:
        used = {path for process in _my_processes() for path in (*_mapped(process), *_opened(process))}
        segments = [path for path in segments if path not in used]
    if descriptions:
        starts = [time.time() - age_s(process) for process in _my_processes() if _is_launcher(process)]
        descriptions = [path for path in descriptions if not _may_belong(path, starts)]
    removed = []
    for path in (*segments, *descriptions):
        with contextlib.suppress(OSError):
            path.unlink()
            removed.append(path)
    return removed


def _left_by_me(folder: Path, name: re.Pattern[str]) -> Iterator[Path]:
    """Plain files of this user that have the name and are not young."""
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            if name.fullmatch(path.name):
                with contextlib.suppress(OSError):
                    status = path.lstat()
                    is_mine = status.st_uid == os.getuid() and (status.st_mode & 0o170000) == 0o100000
                    if is_mine and time.time() - status.st_mtime >= _YOUNG_S:
                        yield path


def _my_processes() -> Iterator[str]:
    for entry in _PROCESSES.iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if entry.stat().st_uid == os.getuid():
                    yield entry.name


def _mapped(process: str) -> set[Path]:
    """Files a process has mapped into its memory."""
    found = set()
    with contextlib.suppress(OSError):
        for line in (_PROCESSES / process / "maps").read_text(encoding="utf-8", errors="replace").splitlines():
            fields = line.split(maxsplit=5)
            if len(fields) == 6 and fields[5].startswith("/"):
                found.add(Path(fields[5]))
    return found


def _opened(process: str) -> set[Path]:
    found = set()
    with contextlib.suppress(OSError):
        for descriptor in (_PROCESSES / process / "fd").iterdir():
            with contextlib.suppress(OSError):
                found.add(descriptor.readlink())
    return found


def _is_launcher(process: str) -> bool:
    with contextlib.suppress(OSError):
        name = (_PROCESSES / process / "comm").read_text(encoding="utf-8", errors="replace")
        return name.startswith(_LAUNCHERS)
    return False


def _may_belong(path: Path, starts: list[float]) -> bool:
    """Whether a launcher that is alive was starting when the file was made."""
    with contextlib.suppress(OSError):
        made = path.lstat().st_mtime
        return any(start - 1.0 <= made <= start + _STARTING_S for start in starts)
    return True
