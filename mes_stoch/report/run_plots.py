"""``run.plot``: the plots of a run as methods, which forward to the functions of :mod:`mes_stoch.plot`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class RunPlots:
    """Plots of one run; each takes ``ax`` and returns it, as the functions of the same names in ``mes_stoch.plot``."""

    def __init__(self, run: object) -> None:
        self._run = run

    def __repr__(self) -> str:
        names = ", ".join(name for name in dir(self) if not name.startswith("_"))
        return f"<plots of {self._run!r}: {names}>"

    def dispatch(self, scenario: str | None = None, *, carrier: str | None = None, ax: Axes | None = None) -> Axes:
        """Flows of one carrier in one scenario: :func:`mes_stoch.report.plots.dispatch`."""
        return self._drawn("dispatch", scenario, carrier=carrier, ax=ax)

    def commitments(self, *, ax: Axes | None = None) -> Axes:
        """Committed reserve: :func:`mes_stoch.report.plots.commitments`."""
        return self._drawn("commitments", ax=ax)

    def levels(self, scenario: str | None = None, *, carrier: str | None = None, ax: Axes | None = None) -> Axes:
        """What stores hold: :func:`mes_stoch.report.plots.levels`."""
        return self._drawn("levels", scenario, carrier=carrier, ax=ax)

    def fan(self, series: str | None = None, *, ax: Axes | None = None) -> Axes:
        """A series of the scenarios it was solved over: :func:`mes_stoch.report.plots.fan`."""
        return self._drawn("fan", series, ax=ax)

    def profit(self, *, alpha: float = 0.95, ax: Axes | None = None) -> Axes:
        """How profit is distributed over scenarios: :func:`mes_stoch.report.plots.profit`."""
        return self._drawn("profit", alpha=alpha, ax=ax)

    def _drawn(self, name: str, *arguments: Any, **keywords: Any) -> Axes:
        # by name: the functions know runs, and a run has these
        axes: Axes = getattr(import_module("mes_stoch.report.plots"), name)(self._run, *arguments, **keywords)
        return axes
