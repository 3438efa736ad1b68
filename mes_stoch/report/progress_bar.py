"""Progress bars, where they are asked for: by rich in terminals, as one line of HTML in notebooks.

They go to standard error, or into the output of the notebook's cell, and under ``mpiexec`` rank 0 alone has one.
"""

from __future__ import annotations

import html
import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from mes_stoch.report.amounts import amount
from mes_stoch.report.progress import Progress

_EVERY_S = 0.2


class Bar(Protocol):
    """A line that is written again and again."""

    def show(self, words: str, share: float | None) -> None:
        """What is going on, and how much of it is done; ``None`` where that is not known."""

    def close(self) -> None:
        """Leave the line as it is now."""


class TerminalBar:
    """A bar by rich: animated in a terminal, its last state alone in a file."""

    def __init__(self, title: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as RichProgress

        words = TextColumn("{task.fields[words]}", markup=False)
        title_column = TextColumn("{task.description}", markup=False)
        console = Console(stderr=True)
        self._shown = RichProgress(title_column, BarColumn(20), TimeElapsedColumn(), words, console=console)
        self._task = self._shown.add_task(title, total=None, words="")
        self._shown.start()

    def show(self, words: str, share: float | None) -> None:
        total = None if share is None else 1.0
        self._shown.update(self._task, words=words, total=total, completed=share or 0.0)

    def close(self) -> None:
        self._shown.stop()


class NotebookBar:
    """A bar in the output of a notebook's cell, by IPython's own display: no widgets, nothing to install."""

    def __init__(self, title: str) -> None:
        from importlib import import_module

        display: Any = import_module("IPython.display")
        self._html: Callable[[str], object] = display.HTML
        self._title, self._begun = title, time.monotonic()
        self._last: tuple[str, float | None] = ("", None)
        self._shown_at = self._begun
        self._handle: Any = display.display(self._html(self._line()), display_id=True)

    def show(self, words: str, share: float | None) -> None:
        self._last = (words, share)
        now = time.monotonic()
        if now - self._shown_at >= _EVERY_S:
            self._shown_at = now
            self.close()

    def close(self) -> None:
        self._handle.update(self._html(self._line()))

    def _line(self) -> str:
        words, share = self._last
        at = "" if share is None else f' value="{share:.4f}"'
        seconds = time.monotonic() - self._begun
        return f"{html.escape(self._title)} <progress max='1'{at}></progress> {seconds:.0f} s {html.escape(words)}"


def is_notebook() -> bool:
    """Whether this is a kernel that shows HTML, as Jupyter's is; IPython in a terminal is a terminal."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return shell is not None and getattr(shell, "kernel", None) is not None


def new_bar(title: str) -> Bar:
    """The bar that fits where this runs."""
    return NotebookBar(title) if is_notebook() else TerminalBar(title)


@contextmanager
def solve_bar(title: str, gap_rel: float, currency: str) -> Iterator[Callable[[Progress], None] | None]:
    """A bar for a solve: how far the gap has come, in orders of magnitude, from the first to the one asked for."""
    if not _is_rank_zero():
        yield None
        return
    bar, way = new_bar(title), Way(gap_rel)
    try:
        yield lambda now: bar.show(words_of(now, currency), way.share(now))
    finally:
        bar.close()


@contextmanager
def told_by_bar(
    title: str, told: Callable[[str], object] | None, *, progress: bool
) -> Iterator[Callable[[str], object] | None]:
    """What tells a caller in words what comes next: ``told``, a bar, both or neither."""
    if not progress or not _is_rank_zero():
        yield told
        return
    bar = new_bar(title)
    last = ""

    def tell(words: str) -> None:
        nonlocal last
        last = words
        bar.show(words, None)
        if told is not None:
            told(words)

    try:
        yield tell
        # how much there was to do is known once it is done
        bar.show(last, 1.0)
    finally:
        bar.close()


def _is_rank_zero() -> bool:
    # settling loads this module, and nothing of the solvers
    from mes_stoch.solvers.parallel import mpi

    return mpi.rank() == 0


class Way:
    """How much of the way from the first gap to the one asked for is behind, in orders of magnitude.

    >>> way = Way(0.001)
    >>> [way.share(Progress("ef", 0.0, 0, lower, 100.0)) for lower in (-math.inf, 0.0, 90.0, 99.9, 99.99)]
    [None, 0.0, 0.3333, 1.0, 1.0]
    """

    def __init__(self, gap_rel: float) -> None:
        self._goal = gap_rel
        self._first: float | None = None

    def share(self, now: Progress) -> float | None:
        """``None`` while there is no gap yet."""
        if not math.isfinite(now.gap_rel):
            return None
        # a billionth off is rounding
        if now.gap_rel <= self._goal * (1.0 + 1e-9):
            return 1.0
        self._first = now.gap_rel if self._first is None else max(self._first, now.gap_rel)
        whole = math.log(self._first / self._goal)
        return round(math.log(self._first / now.gap_rel) / whole, 4)


def words_of(now: Progress, currency: str) -> str:
    """Bounds and gap as a person reads them.

    >>> words_of(Progress("ph", 1.0, 3, 990.0, 1000.0), "EUR")
    'ph: 990.00 to 1,000.00 EUR, gap 1 %'
    >>> words_of(Progress("ef", 1.0, 0, -math.inf, 1000.0, "search"), "EUR")
    'ef: no commitment yet, at most 1,000.00 EUR (search)'
    """
    own = "" if now.is_proven else " (search)"
    lower, upper = now.bound_lower, now.bound_upper
    if math.isfinite(lower) and math.isfinite(upper):
        return f"{now.method}: {amount(lower)} to {amount(upper)} {currency}, gap {100 * now.gap_rel:.3g} %{own}"
    least = f"{amount(lower)} {currency}" if math.isfinite(lower) else "no commitment yet"
    most = f"at most {amount(upper)} {currency}" if math.isfinite(upper) else "no bound yet"
    return f"{now.method}: {least}, {most}{own}"
