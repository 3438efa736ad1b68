"""Fitted activations held against months of real series that the fit has not seen, and against a plain day bootstrap.

Every day kept back is drawn several times from what was fitted to the other months, each from local midnight as a
scenario is. A statistic of the draws is **inside its band** where it lies in the 95 % interval of the same statistic of
the days kept back, by a bootstrap of blocks of seven days (circular; Kuensch 1989, The jackknife and the bootstrap for
general stationary observations, The Annals of Statistics 17), widened by ``sqrt(1 + days kept back / days fitted)`` for
what the fit itself cannot know. Wasserstein distances of order 1 are those to the days kept back, of three
distributions: called shares of periods, their means by day, and lengths of calls (cut at midnight, as in the draws).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import wasserstein_distance

from mes_stoch.uncertainty.fitted.document import process_of
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.specification import Specification, fit
from mes_stoch.uncertainty.process import DrawContext

Days = NDArray[np.float64]
BLOCK_DAYS = 7
RESAMPLES = 400
LAGS_H = (1.0, 4.0)


@dataclass(frozen=True)
class Case:
    """Real series, what is fitted to them, and which of them are compared.

    Parameters
    ----------
    name : str
    history : History
        With the series compared under the names that are drawn.
    months_kept_back : sequence of str
    parts : sequence of mapping
        Of the specification.
    compared : mapping
        By series: the share above which a period counts as called.
    price : tuple of str, optional
        Series whose difference, or which alone, the shares are correlated with.
    match : sequence of str
        What a day of the plain day bootstrap has in common with the day drawn.
    """

    name: str
    history: History
    months_kept_back: Sequence[str]
    parts: Sequence[Mapping[str, Any]]
    compared: Mapping[str, float]
    price: tuple[str, ...] = ()
    match: Sequence[str] = ("season", "day_type")
    about: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)


def held_against(case: Case, draws: int, seed: int = 1) -> dict[str, Any]:
    """Statistics, bands and distances of a case."""
    country = case.history.country
    _, back = case.history.split(case.months_kept_back)
    names = [*case.compared, *case.price]
    dates, past = back.whole_days(names)
    fitted_days = len(case.history.split(case.months_kept_back)[0].whole_days(names)[0])
    plain = [{"kind": "day_bootstrap", "series": names, "match": list(case.match)}]
    found = {}
    for kind, parts in (("fitted", case.parts), ("day_bootstrap", plain)):
        specification = Specification(
            country=country, months_kept_back=list(case.months_kept_back), parts=[dict(part) for part in parts]
        )
        process = process_of(case.name, "process.json", fit(specification, case.history).model_dump())
        found[kind] = np.concatenate([_drawn(process, names, back, dates, (seed, k)) for k in range(draws)])
    widened = float(np.sqrt(1.0 + len(dates) / fitted_days))
    series = {}
    for number, (name, threshold) in enumerate(case.compared.items()):
        price = None if not case.price else _difference(past, len(case.compared))
        observed = _Statistics(past[:, :, number], price, threshold, back.period_h)
        drawn = {
            kind: _Statistics(
                values[:, :, number],
                None if not case.price else _difference(values, len(case.compared)),
                threshold,
                back.period_h,
            )
            for kind, values in found.items()
        }
        series[name] = _compared(observed, drawn, widened, seed)
    return {
        "about": case.about,
        "sources": list(case.history.sources),
        "months_kept_back": list(case.months_kept_back),
        "days_kept_back": len(dates),
        "days_fitted": fitted_days,
        "draws_a_day": draws,
        "parts": [dict(part) for part in case.parts],
        "notes": dict(case.notes),
        "series": series,
    }


def _drawn(process: Any, names: Sequence[str], history: History, dates: Sequence[date], seed: Sequence[int]) -> Days:
    """One draw of every day, (days, periods, series)."""
    drawn = []
    for number, day in enumerate(dates):
        node, leaf = np.random.default_rng([*seed, number]).spawn(2)
        time = pd.date_range(
            pd.Timestamp(day, tz=history.time.tz),
            periods=history.periods_per_day,
            freq=pd.Timedelta(hours=history.period_h),
        )
        context = DrawContext(time, history.period_h)
        day_ahead = process.draw_day_ahead(node, context)
        both = {**day_ahead, **process.draw_realtime(leaf, context, day_ahead)}
        drawn.append(np.stack([both[name] for name in names], axis=1))
    return np.stack(drawn)


def _difference(values: Days, first: int) -> Days:
    prices = values[:, :, first:]
    return prices[:, :, 0] - prices[:, :, 1] if prices.shape[2] == 2 else prices[:, :, 0]


class _Statistics:
    """Called shares by day, and what is asked of any choice of the days."""

    def __init__(self, shares: Days, price: Days | None, threshold: float, period_h: float) -> None:
        self.shares, self.price = shares, price
        self._threshold, self._period_h = threshold, period_h
        self.runs = [self._lengths(day) for day in shares]

    def _lengths(self, day: NDArray[np.float64]) -> NDArray[np.float64]:
        called = np.concatenate([[False], day > self._threshold, [False]]).astype(int)
        edges = np.diff(called)
        return (np.flatnonzero(edges < 0) - np.flatnonzero(edges > 0)) * self._period_h

    def lengths_h(self, days: NDArray[np.intp] | slice = slice(None)) -> NDArray[np.float64]:
        chosen = self.runs if isinstance(days, slice) else [self.runs[k] for k in days]
        return np.concatenate(chosen) if chosen else np.empty(0)

    def all(self, days: NDArray[np.intp] | slice = slice(None)) -> dict[str, float]:
        shares = self.shares[days]
        lengths = self.lengths_h(days)
        found = {
            "called_periods_per_unit": float((shares > self._threshold).mean()),
            "mean_share_per_unit": float(shares.mean()),
            "mean_call_h": float(lengths.mean()) if lengths.size else np.nan,
            "long_calls_per_unit": float((lengths > 2.0).mean()) if lengths.size else np.nan,
        }
        for lag_h in LAGS_H:
            lag = round(lag_h / self._period_h)
            found[f"autocorrelation_{lag_h:g}_h"] = _correlation(shares[:, :-lag], shares[:, lag:])
        if self.price is not None:
            found["correlation_with_price"] = _correlation(shares, self.price[days])
        return found


def _correlation(one: Days, other: Days) -> float:
    if one.std() == 0.0 or other.std() == 0.0:
        return float("nan")
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def _compared(observed: _Statistics, drawn: Mapping[str, _Statistics], widened: float, seed: int) -> dict[str, Any]:
    generator = np.random.default_rng([seed, 77])
    count = len(observed.shares)
    blocks = int(np.ceil(count / BLOCK_DAYS))
    resampled = []
    for _ in range(RESAMPLES):
        starts = generator.integers(count, size=blocks)
        days = (starts[:, None] + np.arange(BLOCK_DAYS)).ravel()[:count] % count
        resampled.append(observed.all(days))
    values = observed.all()
    model = {kind: statistics.all() for kind, statistics in drawn.items()}
    rows = {}
    for name, value in values.items():
        low, high = np.nanquantile([one[name] for one in resampled], [0.025, 0.975])
        band = (value - (value - low) * widened, value + (high - value) * widened)
        rows[name] = {
            "kept_back": _rounded(value),
            "band": [_rounded(band[0]), _rounded(band[1])],
            "fitted": _rounded(model["fitted"][name]),
            "day_bootstrap": _rounded(model["day_bootstrap"][name]),
            "is_inside": bool(band[0] <= model["fitted"][name] <= band[1]),
        }
    distances = {}
    for name in ("shares", "daily_means", "call_lengths_h"):
        own = _sample(observed, name)
        apart = {kind: float(wasserstein_distance(own, _sample(one, name))) for kind, one in drawn.items()}
        distances[name] = {
            **{kind: _rounded(value) for kind, value in apart.items()},
            "is_better_or_equal": bool(apart["fitted"] <= apart["day_bootstrap"]),
        }
    return {"statistics": rows, "wasserstein": distances}


def _sample(statistics: _Statistics, name: str) -> NDArray[np.float64]:
    if name == "shares":
        return statistics.shares.ravel()
    return statistics.shares.mean(axis=1) if name == "daily_means" else statistics.lengths_h()


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def table(name: str, found: Mapping[str, Any]) -> str:
    """What was found of a case, in lines to print."""
    lines = [f"{name}: {found['days_fitted']} days fitted, {found['days_kept_back']} kept back"]
    for series, both in found["series"].items():
        lines.append(f"  {series}")
        for row, values in both["statistics"].items():
            low, high = values["band"]
            mark = "inside" if values["is_inside"] else "OUTSIDE"
            lines.append(
                f"    {row:26} kept back {values['kept_back']:8.4g}  band [{low:8.4g}, {high:8.4g}]  "
                f"fitted {values['fitted']:8.4g} {mark:7}  day bootstrap {values['day_bootstrap']:8.4g}"
            )
        for row, values in both["wasserstein"].items():
            mark = "better or equal" if values["is_better_or_equal"] else "worse"
            lines.append(
                f"    distance of {row:14} fitted {values['fitted']:8.4g}  day bootstrap "
                f"{values['day_bootstrap']:8.4g}  {mark}"
            )
    return "\n".join(lines)
