"""Outages drawn beside the series of a process: the share of a unit that is available."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from mes_stoch.schema.base import Model
from mes_stoch.schema.outage import MaintenanceWindow, Outages
from mes_stoch.uncertainty.process import DrawContext, Drawn, ScenarioProcess, Series


def available_share(generator: np.random.Generator, context: DrawContext, outages: Outages) -> Series:
    """Share of a unit that is available in each period, shape (periods,).

    Equations
    ---------
    A chain of two states, in service and out, in continuous time with the rates ``l = 1 / mean_time_to_failure`` and
    ``m = 1 / mean_time_to_repair``, read at the start of each period of length ``h``::

        P(out | in service a period before) = l / (l + m) (1 - exp(-(l + m) h))
        P(in service | out a period before) = m / (l + m) (1 - exp(-(l + m) h))
        P(out in the first period) = l / (l + m)                      (where the state at the start is not stated)
        available = (1 - share of the period in maintenance) (1 in service, available_in_outage out)

    One number is drawn a period whatever the parameters are.

    Source
    ------
    The two-state model of a repairable unit: Billinton and Allan, Reliability Evaluation of Power Systems, 2nd edition,
    1996, section 2.2; ``l / (l + m)`` is the forced outage rate.
    """
    uniform = generator.random(context.periods)
    in_service = np.ones(context.periods, dtype=bool)
    if outages.mean_time_to_failure_h is not None:
        fails, repaired = 1.0 / outages.mean_time_to_failure_h, 1.0 / outages.mean_time_to_repair_h
        forgotten = -np.expm1(-(fails + repaired) * context.period_h)
        out_share = fails / (fails + repaired)
        known = outages.in_service_at_start
        state = bool(uniform[0] >= out_share) if known is None else known
        for period in range(context.periods):
            if period:
                changes = (out_share if state else 1.0 - out_share) * forgotten
                state = state != bool(uniform[period] < changes)
            in_service[period] = state
    share = np.where(in_service, 1.0, outages.available_in_outage_per_unit)
    return np.asarray(share * (1.0 - _maintained(context, outages.maintenance)))


def _maintained(context: DrawContext, windows: list[MaintenanceWindow]) -> Series:
    """Share of each period that is in maintenance; windows that overlap count once."""
    starts = context.time.tz_convert("UTC")
    edges = np.append(starts.as_unit("ns").asi8, 0)
    edges[-1] = edges[-2] + round(context.period_h * 3600e9)
    # of a period that has begun the rest counts
    edges[0] += round(context.begun_h * 3600e9)
    maintained = np.zeros(context.periods)
    for first, last in _united(context, windows):
        inside = np.minimum(edges[1:], last) - np.maximum(edges[:-1], first)
        maintained += np.maximum(inside, 0) / (edges[1:] - edges[:-1])
    return np.minimum(maintained, 1.0)


def _united(context: DrawContext, windows: list[MaintenanceWindow]) -> list[tuple[int, int]]:
    """Spans of maintenance in ns of UTC, none of which overlap.

    A local time that a clock skips counts as the moment after the skip, one that it shows twice as the first.
    """

    def moment(text: str) -> int:
        local = pd.Timestamp(text).tz_localize(context.time.tz, ambiguous=True, nonexistent="shift_forward")
        return int(local.tz_convert("UTC").as_unit("ns").value)

    united: list[tuple[int, int]] = []
    for first, last in sorted((moment(window.start), moment(window.end)) for window in windows):
        if united and first <= united[-1][1]:
            united[-1] = (united[-1][0], max(last, united[-1][1]))
        else:
            united.append((first, last))
    return united


class WithOutages:
    """A process that draws available shares beside what another process draws, which stays as it is.

    Outages are not known when the day-ahead market clears: they belong to the leaves.

    Parameters
    ----------
    process : ScenarioProcess
    outages : mapping
        By series of the share that is available.
    """

    Parameters: ClassVar[type[Model]] = Model

    def __init__(self, process: ScenarioProcess, outages: Mapping[str, Outages]) -> None:
        self._process = process
        self._outages = outages

    @property
    def currency(self) -> Any:
        return getattr(self._process, "currency", None)

    @property
    def tilted_calls(self) -> Mapping[str, float]:
        """Series that the process draws likelier than they are, and by what factor."""
        found: Mapping[str, float] = getattr(self._process, "tilted_calls", {})
        return found

    def series_names(self) -> tuple[str, ...]:
        """Those of the process, and the shares."""
        return (*self._process.series_names(), *self._outages)

    def draw_day_ahead(self, generator: np.random.Generator, context: DrawContext) -> Drawn:
        return self._process.draw_day_ahead(generator, context)

    def draw_realtime(
        self, generator: np.random.Generator, context: DrawContext, day_ahead: Mapping[str, Series]
    ) -> Drawn:
        drawn = self._process.draw_realtime(generator, context, day_ahead)
        # spawned after those of the process, whose draws stay as they are
        for (name, outages), own in zip(self._outages.items(), generator.spawn(len(self._outages)), strict=True):
            drawn[name] = available_share(own, context, outages)
        return drawn
