"""Files read and written so that whoever prepared the folder can do no harm.

Reading takes regular files alone: a named pipe would keep the program waiting for ever, a device such as ``/dev/zero``
never ends. Writing goes to a file of an unpredictable name, made exclusively in the folder that was opened, and renamed
at the end: no link is followed, no file that others share by a hard link is changed, and no reader meets half a file.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from mes_stoch.schema.errors import WriteError

#: Largest file read as data, and as settings or results that a person might open.
LARGEST_DATA_BYTES = 8 * 2**30
LARGEST_TEXT_BYTES = 256 * 2**20
_CHUNK_BYTES = 1 << 20

#: How the names of files begin and end that are being written.
TEMPORARY_START, TEMPORARY_END = ".", ".tmp"

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def read_regular(path: Path, most_bytes: int = LARGEST_DATA_BYTES) -> bytes:
    """Content of a regular file; a link to one is followed.

    Raises
    ------
    OSError
        No such file, no regular file, or one larger than ``most_bytes``; ``strerror`` says which.
    """
    with open_regular(path) as stream:
        status = os.fstat(stream.fileno())
        if status.st_size > most_bytes:
            raise _too_large(path, status.st_size, most_bytes)
        # what the size says and a byte more: asked for all that is allowed, Python would make room for it first
        content = stream.read(status.st_size + 1)
        while len(content) > status.st_size and len(content) <= most_bytes:
            more = stream.read(_CHUNK_BYTES)
            if not more:
                break
            content += more
    if len(content) > most_bytes:
        raise _too_large(path, len(content), most_bytes)
    return content


def open_regular(path: Path) -> BinaryIO:
    """A regular file, open to be read; a link to one is followed.

    Raises
    ------
    OSError
        No such file, or no regular one; ``strerror`` says which.
    """
    _require_regular(os.stat(path).st_mode, path)  # noqa: PTH116  (what follows needs the descriptor, not the path)
    # without O_NONBLOCK, a pipe that took the file's place since would keep us waiting
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    stream = os.fdopen(descriptor, "rb")
    try:
        _require_regular(os.fstat(descriptor).st_mode, path)
    except OSError:
        stream.close()
        raise
    return stream


def _require_regular(mode: int, path: Path) -> None:
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, kind_of(mode), str(path))


def kind_of(mode: int) -> str:
    """What a file is that is no regular one, in words."""
    return next((word for test, word in _KINDS if test(mode)), "no regular file")


def _too_large(path: Path, size: int, most_bytes: int) -> OSError:
    return OSError(errno.EFBIG, f"a file of {size:,} bytes, where at most {most_bytes:,} are read", str(path))


def stays_inside(name: str) -> bool:
    """Whether a name that an instance gives is of a file below its folder.

    >>> [stays_inside(name) for name in ("series.csv", "a/../b.csv", "../b.csv", "/b.csv", ".", "")]
    [True, True, False, False, False, False]
    """
    plain = os.path.normpath(name)
    is_plain = bool(name) and "\0" not in name and plain != os.curdir and not Path(plain).is_absolute()
    return is_plain and Path(plain).parts[0] != os.pardir


def made_folder(path: Path) -> Path:
    """A folder, made with those above it where there is none.

    Raises
    ------
    WriteError
        If it cannot be made, or if a file stands in its place.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        file = next((place for place in (path, *path.parents) if place.exists() and not place.is_dir()), path)
        raise WriteError(f"into the folder {path}", f"{file} is a file, and no folder") from error
    except OSError as error:
        raise WriteError(f"into the folder {path}", error.strerror or str(error)) from error
    return path


def write_whole(target: Path, write: Callable[[BinaryIO], object]) -> None:
    """Let ``write`` fill a new file in the folder of ``target``, then give it that name.

    A link of that name is replaced, not followed.

    Raises
    ------
    WriteError
        If it cannot be written; what was there before stays.
    """
    try:
        folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise WriteError(target, error.strerror or str(error)) from error
    try:
        write_in(folder, target, write)
    finally:
        os.close(folder)


def write_in(folder: int, target: Path, write: Callable[[BinaryIO], object]) -> None:
    """The same in a folder that is open as a descriptor; of ``target`` the last part counts.

    Raises
    ------
    WriteError
        If it cannot be written; what stood there before is still there.
    """
    temporary = f"{TEMPORARY_START}{target.name}.{secrets.token_hex(8)}{TEMPORARY_END}"
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        _refuse_odd_target(folder, target)
        descriptor = os.open(temporary, flags, 0o666, dir_fd=folder)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                write(stream)
                stream.flush()
                # some file systems tell of a full disk only here
                os.fsync(stream.fileno())
            os.rename(temporary, target.name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            os.unlink(temporary, dir_fd=folder)
            raise
    except OSError as error:
        raise WriteError(target, error.strerror or str(error)) from error


def _refuse_odd_target(folder: int, target: Path) -> None:
    """A rename would put a file in the place of a device or a pipe that somebody needs."""
    try:
        mode = os.lstat(target.name, dir_fd=folder).st_mode
    except FileNotFoundError:
        return
    if not (stat.S_ISREG(mode) or stat.S_ISLNK(mode)):
        raise OSError(errno.EEXIST, f"it is {kind_of(mode)}")


def open_folder_in(parent: Path, below: Path) -> int:
    """Descriptor of a folder below another, made if there is none; a link on the way down is refused.

    Raises
    ------
    WriteError
    """
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
    place, folder = parent, -1
    try:
        folder = os.open(parent, flags)
        for part in below.parts:
            place = place / part
            with contextlib.suppress(FileExistsError):
                os.mkdir(part, dir_fd=folder)
            inner = os.open(part, flags | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = inner
    except OSError as error:
        if folder >= 0:
            os.close(folder)
        reason = "it is a link" if place.is_symlink() else error.strerror or str(error)
        raise WriteError(place, reason) from error
    return folder
