"""Fitted activations held against months of real series that the fit has not seen, and against a plain day bootstrap.

Every day kept back is drawn several times from what was fitted to the other months, each from local midnight as a
scenario is. A statistic of the draws is **inside its band** where it lies in the 95 % interval of the same statistic of
the days kept back, by a bootstrap of blocks of seven days (circular; Kuensch 1989, The jackknife and the bootstrap for
general stationary observations, The Annals of Statistics 17), widened by ``sqrt(1 + days kept back / days fitted)`` for
what the fit itself cannot know. Wasserstein distances of order 1 are those to the days kept back, of three
distributions: called shares of periods, their means by day, and lengths of calls (cut at midnight, as in the draws).
Energy scores are of whole days, each day kept back against its own draws. :mod:`helpers.day_scores` has the errors.

The baseline is the one that fitted prices are held against, :func:`~mes_stoch.uncertainty.fitted.diagnosis.
plain_bootstrap`: whole days of the months fitted, all series of the case at once, of the season and the class of the
day (working day, Saturday, Sunday and holiday). Beside it stands the bootstrap of any day of these months.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helpers.day_scores import (
    Paired,
    Sample,
    blocks_of_days,
    by_chance,
    energy_scores,
    paired_by_day,
    paired_distance,
)
from mes_stoch.uncertainty.fitted.document import process_of
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.specification import Specification, fit
from mes_stoch.uncertainty.process import DrawContext

Days = NDArray[np.float64]
RESAMPLES = 400
#: Samples of the block bootstrap behind the error of a distance.
DISTANCES = 200
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
    """

    name: str
    history: History
    months_kept_back: Sequence[str]
    parts: Sequence[Mapping[str, Any]]
    compared: Mapping[str, float]
    price: tuple[str, ...] = ()
    about: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)


def held_against(case: Case, draws: int, seed: int = 1) -> dict[str, Any]:
    """Statistics, bands, distances and scores of a case."""
    seen, back = case.history.split(case.months_kept_back)
    names = [*case.compared, *case.price]
    dates, past = back.whole_days(names)
    fitted_days = len(seen.whole_days(names)[0])
    found = {
        kind: np.stack([_drawn(process, names, back, dates, (seed, k)) for k in range(draws)])
        for kind, process in _processes(case, names).items()
    }
    widened = float(np.sqrt(1.0 + len(dates) / fitted_days))
    resampling = _Resampling(len(dates), fitted_days, seed)
    series = {}
    for number, (name, threshold) in enumerate(case.compared.items()):
        price = None if not case.price else _difference(past, len(case.compared))
        observed = _Statistics(past[:, :, number], price, threshold, back.period_h)
        drawn = {kind: _of_draws(values, number, case, back.period_h) for kind, values in found.items()}
        series[name] = {
            "statistics": _compared(observed, drawn, widened, resampling),
            "wasserstein": _distances(observed, drawn, resampling),
            "energy_score": _energy(past[:, :, [number]], {k: v[..., [number]] for k, v in found.items()}),
        }
    return {
        "about": case.about,
        "sources": list(case.history.sources),
        "months_kept_back": list(case.months_kept_back),
        "days_kept_back": len(dates),
        "days_fitted": fitted_days,
        "draws_a_day": draws,
        "parts": [dict(part) for part in case.parts],
        "notes": dict(case.notes),
        "energy_score_of_all_series": _energy(past, found),
        "series": series,
    }


def _processes(case: Case, names: Sequence[str]) -> dict[str, Any]:
    """What is fitted, and the two baselines, to the same months."""
    choices: dict[str, Sequence[Mapping[str, Any]]] = {
        "fitted": case.parts,
        "day_bootstrap": [{"kind": "day_bootstrap", "series": list(names)}],
        "any_day_bootstrap": [{"kind": "day_bootstrap", "series": list(names), "match": []}],
    }
    processes = {}
    for kind, parts in choices.items():
        specification = Specification(
            country=case.history.country,
            months_kept_back=list(case.months_kept_back),
            parts=[dict(part) for part in parts],
        )
        processes[kind] = process_of(case.name, "process.json", fit(specification, case.history).model_dump())
    return processes


def _of_draws(values: Days, number: int, case: Case, period_h: float) -> _Statistics:
    """Of all draws one after the other, (draws, days, periods, series)."""
    flat = values.reshape(-1, *values.shape[2:])
    price = _difference(flat, len(case.compared)) if case.price else None
    return _Statistics(flat[:, :, number], price, list(case.compared.values())[number], period_h)


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


class _Resampling:
    """Samples of the days kept back, in blocks of seven days: the same for all that is asked of them."""

    def __init__(self, count: int, days_fitted: int, seed: int) -> None:
        self.days_fitted = days_fitted
        self.generator = np.random.default_rng([seed, 77])
        self.count = count
        self.days = [blocks_of_days(count, self.generator) for _ in range(RESAMPLES)]

    def counted(self, wanted: int) -> Days:
        """How often each day is in a new sample of so many."""
        return self._counts(blocks_of_days(self.count, self.generator, wanted))

    def weights(self, samples: int) -> list[Days]:
        """How often each day is in the first samples."""
        return [self._counts(days) for days in self.days[:samples]]

    def _counts(self, days: NDArray[np.intp]) -> Days:
        return np.bincount(days, minlength=self.count).astype(float)


def _compared(
    observed: _Statistics, drawn: Mapping[str, _Statistics], widened: float, resampling: _Resampling
) -> dict[str, Any]:
    resampled = [observed.all(days) for days in resampling.days]
    values = observed.all()
    model = {kind: statistics.all() for kind, statistics in drawn.items()}
    rows = {}
    for name, value in values.items():
        low, high = np.nanquantile([one[name] for one in resampled], [0.025, 0.975])
        band = (value - (value - low) * widened, value + (high - value) * widened)
        rows[name] = {
            "kept_back": _rounded(value),
            "band": [_rounded(band[0]), _rounded(band[1])],
            **{kind: _rounded(one[name]) for kind, one in model.items()},
            "is_inside": bool(band[0] <= model["fitted"][name] <= band[1]),
            "day_bootstrap_is_inside": bool(band[0] <= model["day_bootstrap"][name] <= band[1]),
        }
    return rows


def _distances(observed: _Statistics, drawn: Mapping[str, _Statistics], resampling: _Resampling) -> dict[str, Any]:
    found = {}
    for name in ("shares", "daily_means", "call_lengths_h"):
        own = _sample(observed, name, resampling.count)
        samples = {kind: _sample(one, name, resampling.count) for kind, one in drawn.items()}
        weights = resampling.weights(DISTANCES)
        chance = by_chance(own, resampling.count, resampling.days_fitted, resampling.counted, DISTANCES)
        paired = {
            kind: paired_distance(own, samples["fitted"], samples[kind], weights)
            for kind in samples
            if kind != "fitted"
        }
        found[name] = {
            "fitted": _rounded(paired["day_bootstrap"].own),
            "by_chance_mean": _rounded(float(np.nanmean(chance))),
            "by_chance_95_percent": _rounded(float(np.nanquantile(chance, 0.95))),
            **{f"against_{kind}": _against(one) for kind, one in paired.items()},
        }
    return found


def _energy(past: Days, drawn: Mapping[str, Days]) -> dict[str, Any]:
    """Energy scores of whole days, each series divided by its deviation in the days kept back."""
    deviation = past.std(axis=(0, 1))
    scale = np.where(deviation > 0.0, deviation, 1.0)
    observed = (past / scale).reshape(len(past), -1)
    scores = {
        kind: energy_scores((values / scale).reshape(*values.shape[:2], -1), observed) for kind, values in drawn.items()
    }
    paired = {kind: paired_by_day(scores["fitted"], scores[kind]) for kind in scores if kind != "fitted"}
    return {
        "fitted": _rounded(paired["day_bootstrap"].own),
        **{f"against_{kind}": _against(one) for kind, one in paired.items()},
    }


def _against(paired: Paired) -> dict[str, Any]:
    return {
        "baseline": _rounded(paired.baseline),
        "ratio": _rounded(paired.ratio),
        "error_of_ratio": _rounded(paired.error / paired.baseline),
        "verdict": paired.verdict,
    }


def _sample(statistics: _Statistics, name: str, days: int) -> Sample:
    """Of draws one after the other each of so many days."""
    day = np.arange(len(statistics.shares)) % days
    if name == "shares":
        return Sample(statistics.shares.ravel(), np.repeat(day, statistics.shares.shape[1]))
    if name == "daily_means":
        return Sample(statistics.shares.mean(axis=1), day)
    return Sample(statistics.lengths_h(), np.repeat(day, [len(lengths) for lengths in statistics.runs]))


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def verdicts(found: Mapping[str, Any], against: str = "day_bootstrap") -> dict[str, dict[str, int]]:
    """How often what was fitted is better than, equal to, or worse than a baseline, over cases."""
    key = f"against_{against}"
    scores: dict[str, list[str]] = {"energy_score": [], "energy_score_of_all_series": [], "wasserstein": []}
    for case in found.values():
        scores["energy_score_of_all_series"].append(case["energy_score_of_all_series"][key]["verdict"])
        for both in case["series"].values():
            scores["energy_score"].append(both["energy_score"][key]["verdict"])
            scores["wasserstein"] += [values[key]["verdict"] for values in both["wasserstein"].values()]
    return {name: {word: of.count(word) for word in ("better", "equal", "worse")} for name, of in scores.items()}


def table(name: str, found: Mapping[str, Any]) -> str:
    """What was found of a case, in lines to print."""
    lines = [
        f"{name}: {found['days_fitted']} days fitted, {found['days_kept_back']} kept back",
        "  energy score of all series     " + _in_words(found["energy_score_of_all_series"]),
    ]
    for series, both in found["series"].items():
        lines.append(f"  {series}")
        lines.append("    energy score of days         " + _in_words(both["energy_score"]))
        for row, values in both["wasserstein"].items():
            chance = f"by chance {values['by_chance_mean']:.4g}, 95 % below {values['by_chance_95_percent']:.4g}"
            lines.append(f"    distance of {row:14}   {_in_words(values)}  {chance}")
        for row, values in both["statistics"].items():
            low, high = values["band"]
            mark = "inside" if values["is_inside"] else "OUTSIDE"
            lines.append(
                f"    {row:26} kept back {values['kept_back']:8.4g}  band [{low:8.4g}, {high:8.4g}]  "
                f"fitted {values['fitted']:8.4g} {mark:7}  day bootstrap {values['day_bootstrap']:8.4g}"
            )
    return "\n".join(lines)


def _in_words(values: Mapping[str, Any]) -> str:
    words = [f"fitted {values['fitted']:8.4g}"]
    for kind, name in (("day_bootstrap", "day bootstrap"), ("any_day_bootstrap", "of any day")):
        of = values[f"against_{kind}"]
        words.append(
            f"{name} {of['baseline']:8.4g} ratio {of['ratio']:5.3f} +- {of['error_of_ratio']:.3f} {of['verdict']:6}"
        )
    return "  ".join(words)
