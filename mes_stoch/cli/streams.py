"""Standard output and standard error that may be full, closed or nobody's: no finished work is lost over them.

What cannot be written is dropped and remembered, and the command says so at its end. Descriptors 0 to 2 that were
closed by the caller are filled, or the next file opened would get their number, and what a solver prints would go into
a result.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO, cast


class Guarded:
    """A text stream whose failures are remembered in ``error`` instead of raised."""

    def __init__(self, stream: TextIO | None) -> None:
        self._is_closed = stream is None
        self._stream: Any = stream if stream is not None else open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
        self.error: OSError | None = None

    def write(self, text: str) -> int:
        if self._is_closed and self.error is None and text:
            self.error = OSError("it is closed")
        if self.error is None:
            try:
                self._stream.write(text)
            except UnicodeEncodeError:
                self._stream.write(text.encode("ascii", "backslashreplace").decode("ascii"))
            except (OSError, ValueError) as error:
                self._remember(error)
        return len(text)

    def flush(self) -> None:
        if self.error is None:
            try:
                self._stream.flush()
            except (OSError, ValueError) as error:
                self._remember(error)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @property
    def is_left(self) -> bool:
        """Whether the reader (``head``, ``less``) has gone, in which nothing is wrong."""
        return isinstance(self.error, BrokenPipeError)

    @property
    def reason(self) -> str:
        error = self.error
        return "" if error is None else error.strerror or str(error)

    def _remember(self, error: Exception) -> None:
        self.error = error if isinstance(error, OSError) else OSError(str(error))
        # what is left in the buffer would be tried again when the interpreter ends
        with contextlib.suppress(OSError, ValueError), Path(os.devnull).open("w", encoding="utf-8") as nowhere:
            os.dup2(nowhere.fileno(), self._stream.fileno())


@contextlib.contextmanager
def guarded_streams() -> Iterator[Guarded]:
    """Replace both streams for the time of a command; gives the one of standard output."""
    _fill_closed_descriptors()
    kept = sys.stdout, sys.stderr
    out, err = Guarded(sys.stdout), Guarded(sys.stderr)
    sys.stdout, sys.stderr = cast("TextIO", out), cast("TextIO", err)
    try:
        yield out
    finally:
        out.flush()
        err.flush()
        sys.stdout, sys.stderr = kept


def _fill_closed_descriptors() -> None:
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            # the lowest free number is taken, which is this one
            os.open(os.devnull, os.O_RDWR)
