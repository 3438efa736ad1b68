"""Standard output while a library's own output is kept off the screen.

mpi-sppy prints as it goes; what it prints is sent elsewhere (:func:`replaced_output`), and calls back to the caller's
code get the caller's output again (:func:`original_output`).
"""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterator
from typing import TextIO

_replaced: list[TextIO] = []


@contextlib.contextmanager
def replaced_output(stream: io.TextIOBase) -> Iterator[None]:
    """Send what is printed to ``stream``."""
    _replaced.append(sys.stdout)
    try:
        with contextlib.redirect_stdout(stream):
            yield
    finally:
        _replaced.pop()


@contextlib.contextmanager
def original_output() -> Iterator[None]:
    """Undo :func:`replaced_output` for a call back to the caller's code."""
    if not _replaced:
        yield
        return
    with contextlib.redirect_stdout(_replaced[0]):
        yield
