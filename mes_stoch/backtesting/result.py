"""A backtest: its days, their sum, and how they are written."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date

import pandas as pd

from mes_stoch.io.market_data.source import DataSource
from mes_stoch.schema.backtest import BacktestDay, BacktestDocument, BacktestPlan, BacktestTotals

STREAM, MISSING, OF = "stream.", "missing_mwh.", "series_of."
_PROFITS = ("planned", "realised", "given_lower", "given_upper", "perfect_lower", "perfect_upper")


@dataclass(frozen=True, repr=False)
class Backtest:
    """Days that were operated, each with the commitment of the days before it.

    Parameters
    ----------
    plan : BacktestPlan
    days : sequence of BacktestDay
        In order.
    asked : int
        How many days were to be operated; more than there are where the time limit came first.
    sources : sequence of DataSource
    notes : sequence of str
        What was assumed of the series.
    left_out : dict of date to str
        Days of the span that could not be operated or looked back on, and why.
    pairing : DataFrame
        By day, operated or of a window: the dates from which series were taken that not every day has of itself.
    """

    plan: BacktestPlan
    days: Sequence[BacktestDay]
    asked: int
    sources: Sequence[DataSource]
    notes: Sequence[str]
    left_out: Mapping[date, str]
    pairing: pd.DataFrame

    def __repr__(self) -> str:
        totals = self.totals
        return (
            f"<Backtest of {len(self.days)} days: {totals.realised:,.2f} {self.plan.currency} realised, regret "
            f"{totals.regret_lower:,.2f} to {totals.regret_upper:,.2f}>"
        )

    @property
    def is_complete(self) -> bool:
        """Whether every day that was asked for has been operated."""
        return len(self.days) == self.asked

    @property
    def totals(self) -> BacktestTotals:
        """Sums over the days."""
        sums = {name: math.fsum(getattr(day, name) for day in self.days) for name in _PROFITS}
        return BacktestTotals(
            days=len(self.days),
            **sums,
            regret_lower=math.fsum(day.regret_lower for day in self.days),
            regret_upper=math.fsum(day.regret_upper for day in self.days),
            days_with_a_miss=sum(bool(day.missing_mwh) for day in self.days),
            streams=_sums(self.days, lambda day: day.streams),
            missing_mwh=_sums(self.days, lambda day: day.missing_mwh),
        )

    def table(self) -> pd.DataFrame:
        """A row a day: window, days that series were taken from, profits, regret, streams, and what was missing.

        The same numbers however often it is made: times are in the files of the days alone.
        """
        streams = _names(day.streams for day in self.days)
        missing = _names(day.missing_mwh for day in self.days)
        rows = [
            {
                "day": day.day.isoformat(),
                "window_first": day.window[0].isoformat(),
                "window_last": day.window[-1].isoformat(),
                **{f"{OF}{name}": str(self.pairing[name][day.day]) for name in self.pairing.columns},
                "status": day.status,
                "planned": day.planned,
                "planned_upper": day.planned_upper,
                **{name: getattr(day, name) for name in _PROFITS[1:]},
                "regret_lower": day.regret_lower,
                "regret_upper": day.regret_upper,
                **{f"{STREAM}{name}": day.streams.get(name, 0.0) for name in streams},
                **{f"{MISSING}{name}": day.missing_mwh.get(name, 0.0) for name in missing},
            }
            for day in self.days
        ]
        return pd.DataFrame(rows)

    def document(self) -> BacktestDocument:
        """What ``backtest.json`` holds."""
        return BacktestDocument(
            plan=self.plan,
            sources=[{key: str(value) for key, value in asdict(source).items()} for source in self.sources],
            notes=list(self.notes),
            left_out=dict(self.left_out),
            pairing={day: dict(zip(self.pairing.columns, row, strict=True)) for day, *row in self.pairing.itertuples()},
            totals=self.totals,
            days=list(self.days),
        )


def _names(groups: Iterable[Mapping[str, float]]) -> list[str]:
    """All names, sorted: which day came first must not matter."""
    return sorted({name for group in groups for name in group})


def _sums(days: Sequence[BacktestDay], of: Callable[[BacktestDay], Mapping[str, float]]) -> dict[str, float]:
    return {name: math.fsum(of(day).get(name, 0.0) for day in days) for name in _names(of(day) for day in days)}
