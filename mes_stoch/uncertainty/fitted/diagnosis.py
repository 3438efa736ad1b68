"""A fitted process held against days that it has not seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mes_stoch.schema.errors import UsageError
from mes_stoch.uncertainty.fitted.document import ProcessDocument, process_of
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.part import LATENT
from mes_stoch.uncertainty.fitted.parts.day_bootstrap import DayBootstrap, DayBootstrapOptions
from mes_stoch.uncertainty.fitted.process import FittedProcess
from mes_stoch.uncertainty.process import DrawContext, Drawn, Series

Array = NDArray[np.float64]

#: Samples of the block bootstrap behind a band, and what share of them lies inside it.
SAMPLES = 1000
CONFIDENCE = 0.95
#: Days of a block of that bootstrap: a week, so that what comes weekly stays.
BLOCK_DAYS = 7
#: Draws of a day that its energy score is worked out from; the score wants every pair of them.
SCORED_DRAWS = 20
PROJECTIONS = 100
_QUANTILES = (0.01, 0.05, 0.5, 0.95, 0.99)
_SPIKE = 0.99
_ZERO = 1e-9
#: A day of prices: shape (days, periods, series), and those of the day before, not a number where it is not there.
Days = tuple[Array, Array]


@dataclass(frozen=True)
class Statistic:
    """One number of some days."""

    series: str
    name: str
    of: Callable[[Days], float]


def diagnose(
    process: FittedProcess | ProcessDocument,
    history: History,
    seed: int = 0,
    draws_per_day: int = 20,
    baseline: FittedProcess | ProcessDocument | None = None,
) -> pd.DataFrame:
    """Statistics of draws for the days of a history, and of these days, with the bands that chance explains.

    Every run of days that follow each other is drawn ``draws_per_day`` times over, from its first day to its last, with
    the series that the process reads and does not draw taken from the history.

    Equations
    ---------
    Bands: the days are drawn again with replacement, in blocks of seven that follow each other, 1,000 times; a band
    holds 95 % of the statistics of these samples. Scores of a day ``y`` (all its periods and series, each series
    divided by its deviation in the history) with m draws ``x``, and of all days (n drawn and n past days)::

        energy score = mean_j |x_j - y| - 1/2 mean_j,k |x_j - x_k|, j != k, mean over days
        sliced Wasserstein distance = mean over directions w of W_1(w x, w y)

    Both are lower for a better process. Beside the two of the process those of ``baseline`` stand, and the ratios: at
    most 1 (inside) is as good as the baseline or better.

    Source
    ------
    Energy score: Gneiting and Raftery (2007), Journal of the American Statistical Association 102(477), 359-378,
    doi:10.1198/016214506000001437. Block bootstrap: Kunsch (1989), The Annals of Statistics 17(3), 1217-1241,
    doi:10.1214/aos/1176347265. Sliced Wasserstein distance: Bonneel, Rabin, Peyre and Pfister (2015), Journal of
    Mathematical Imaging and Vision 51(1), 22-45, doi:10.1007/s10851-014-0506-3.

    Parameters
    ----------
    process : FittedProcess or ProcessDocument
    history : History
        Days that it has not seen, in periods of any length.
    seed : int
    draws_per_day : int
    baseline : FittedProcess or ProcessDocument, optional
        What the scores are held against; :func:`plain_bootstrap` of the days that the process was fitted to.

    Returns
    -------
    DataFrame
        Columns ``series, statistic, past, drawn, band_low, band_high, inside``. Spikes are values above the 99 % of the
        history; a calls' frequency is the share of periods in which an activation is not zero; lag 24 h takes the same
        period of the day before; correlations of two series stand under ``first * second``. For scores ``past`` is that
        of the baseline and ``drawn`` that of the process. Series drawn that the history has no past of are left out;
        ``attrs["left_out"]`` names them.

    Raises
    ------
    UsageError
        No whole day has all that is drawn and read.
    """
    chosen = _process(process)
    history, left_out = past_of(chosen, history)
    names = tuple(name for name in chosen.series_names() if name not in left_out)
    if not names:
        raise UsageError(f"the past series have nothing to hold {', '.join(left_out)} against")
    read = _read_only(chosen)
    dates, past = history.whole_days([*names, *read])
    if not dates:
        raise UsageError(f"no day of the history has all of {', '.join([*names, *read])}")
    runs = _runs(dates)
    drawn = _drawn(chosen, names, history, dates, past[:, :, len(names) :], read, runs, seed, draws_per_day)
    own = past[:, :, : len(names)]
    past_days = (own, _days_before(own, runs))
    drawn_days = (
        np.concatenate(drawn),
        np.concatenate([_days_before(one, runs) for one in drawn]),
    )
    generator = np.random.default_rng(seed)
    rows = _compared(_statistics(names, own), past_days, drawn_days, generator)
    other = None
    if baseline is not None:
        process_of_base = _process(baseline)
        if missing := sorted(set(names) - set(process_of_base.series_names())):
            raise UsageError(f"the baseline does not draw {', '.join(missing)}")
        given = past[:, :, len(names) :]
        other = _drawn(process_of_base, names, history, dates, given, read, runs, seed + 1, draws_per_day)
    rows += _scores(own, drawn, other, seed)
    table = pd.DataFrame(rows, columns=["series", "statistic", "past", "drawn", "band_low", "band_high", "inside"])
    table.attrs["left_out"] = list(left_out)
    return table


def past_of(process: FittedProcess, history: History) -> tuple[History, tuple[str, ...]]:
    """A history with the series that a process draws, as its parts say, and the names of those that it has not.

    Series that are not known in any period count as not there.
    """
    columns = {str(name): history.frame[name] for name in history.frame.columns}
    past = process.past_values(history)
    found = {name: values for name, values in past.items() if np.isfinite(values.to_numpy(dtype=float)).any()}
    frame = pd.DataFrame({**columns, **found}, index=history.frame.index)
    left_out = tuple(name for name in process.series_names() if name not in found)
    return History(frame, history.country, history.sources), left_out


def plain_bootstrap(history: History, series: Sequence[str]) -> FittedProcess:
    """The baseline: whole days of the past, by season and class of the day, of all series at once."""
    part = DayBootstrap.fit(history, DayBootstrapOptions(series=list(series)))
    return FittedProcess([part], "EUR")


def energy_score(draws: Array, observed: Array) -> float:
    """Energy score of draws, shape (draws, size), of one observation of that size; without bias for few draws.

    >>> energy_score(np.array([[0.0], [2.0]]), np.array([1.0]))
    0.0
    """
    count = len(draws)
    to_observed = np.linalg.norm(draws - observed, axis=1).mean()
    apart = np.linalg.norm(draws[:, None] - draws[None], axis=2).sum() / max(count * (count - 1), 1)
    return float(to_observed - apart / 2.0)


def sliced_wasserstein(first: Array, second: Array, generator: np.random.Generator) -> float:
    """Mean over random directions of the Wasserstein distance of two samples of vectors projected on them."""
    directions = generator.standard_normal((first.shape[1], PROJECTIONS))
    directions /= np.linalg.norm(directions, axis=0)
    # quantile functions at the same levels: the distance of order one is the mean difference between them
    at = (np.arange(512) + 0.5) / 512
    distance = np.abs(np.quantile(first @ directions, at, axis=0) - np.quantile(second @ directions, at, axis=0))
    return float(distance.mean())


def _process(process: FittedProcess | ProcessDocument) -> FittedProcess:
    if isinstance(process, FittedProcess):
        return process
    return process_of("diagnosis", "process.json", process.model_dump())


def _read_only(process: FittedProcess) -> list[str]:
    """Series that a process reads and no part of it draws."""
    drawn = set(process.series_names())
    read = [name for part in process.parts for name in part.needs()]
    return [name for name in dict.fromkeys(read) if name not in drawn and not name.startswith(LATENT)]


def _runs(dates: Sequence[date]) -> list[slice]:
    """Days that follow each other."""
    breaks = [0, *(n + 1 for n, (a, b) in enumerate(pairwise(dates)) if b - a != timedelta(1)), len(dates)]
    return [slice(low, high) for low, high in pairwise(breaks)]


def _drawn(
    process: FittedProcess,
    names: Sequence[str],
    history: History,
    dates: Sequence[date],
    given: Array,
    read: Sequence[str],
    runs: Sequence[slice],
    seed: int,
    count: int,
) -> list[Array]:
    """As the past: shape (days, periods, series), so many times over."""
    found = [np.empty((len(dates), history.periods_per_day, len(names))) for _ in range(count)]
    for run, own in zip(runs, np.random.default_rng(seed).spawn(len(runs)), strict=True):
        start = pd.Timestamp(dates[run.start]).tz_localize(history.time.tz)
        length = (run.stop - run.start) * history.periods_per_day
        step = pd.Timedelta(round(history.period_h * 3600), unit="s")
        # a run breaks where the clock changes, for such a day is no whole one
        time = pd.date_range(start, periods=length, freq=step)
        series = {name: given[run, :, k].ravel() for k, name in enumerate(read)}
        context = DrawContext(time, history.period_h, given=series)
        for values, generator in zip(found, own.spawn(count), strict=True):
            drawn = _one(process, generator, context)
            for k, name in enumerate(names):
                values[run, :, k] = drawn[name].reshape(run.stop - run.start, -1)
    return found


def _one(process: FittedProcess, generator: np.random.Generator, context: DrawContext) -> Drawn:
    node, leaf = generator.spawn(2)
    day_ahead = process.draw_day_ahead(node, context)
    return {**day_ahead, **process.draw_realtime(leaf, context, day_ahead)}


def _days_before(days: Array, runs: Sequence[slice]) -> Array:
    before = np.full_like(days, np.nan)
    for run in runs:
        before[run.start + 1 : run.stop] = days[run.start : run.stop - 1]
    return before


def _statistics(names: Sequence[str], past: Array) -> list[Statistic]:
    found = []
    for number, name in enumerate(names):
        own = past[:, :, number]
        found += _of_one(name, number, float(np.quantile(own, _SPIKE)), has_zeros=bool((np.abs(own) <= _ZERO).any()))
    for first in range(len(names)):
        for second in range(first + 1, len(names)):
            if past[:, :, first].std() > 0.0 and past[:, :, second].std() > 0.0:
                found.append(_of_two(names, first, second))
    return found


def _of_one(name: str, number: int, spike: float, *, has_zeros: bool) -> list[Statistic]:
    def values(days: Days) -> Series:
        return days[0][:, :, number].ravel()

    def lag_one(days: Days) -> float:
        own = days[0][:, :, number]
        return _correlation(own[:, :-1].ravel(), own[:, 1:].ravel())

    def lag_day(days: Days) -> float:
        return _correlation(days[1][:, :, number].ravel(), values(days))

    found = [
        Statistic(name, "mean", lambda days: float(values(days).mean())),
        Statistic(name, "sd", lambda days: float(values(days).std())),
        *(
            Statistic(name, f"quantile {level:g}", lambda days, level=level: float(np.quantile(values(days), level)))  # type: ignore[misc]
            for level in _QUANTILES
        ),
        Statistic(name, "autocorrelation 1 period", lag_one),
        Statistic(name, "autocorrelation 24 h", lag_day),
        Statistic(name, "spike frequency", lambda days: float((values(days) > spike).mean())),
    ]
    if has_zeros:
        found.append(Statistic(name, "share of zeros", lambda days: float((np.abs(values(days)) <= _ZERO).mean())))
    if "_activation_" in name or "_called_" in name:
        found.append(Statistic(name, "activation frequency", lambda days: float((values(days) > _ZERO).mean())))
    return found


def _of_two(names: Sequence[str], first: int, second: int) -> Statistic:
    def correlation(days: Days) -> float:
        return _correlation(days[0][:, :, first].ravel(), days[0][:, :, second].ravel())

    return Statistic(f"{names[first]} * {names[second]}", "correlation", correlation)


def _correlation(first: Series, second: Series) -> float:
    seen = np.isfinite(first) & np.isfinite(second)
    a, b = first[seen], second[seen]
    if len(a) < 3 or a.std() == 0.0 or b.std() == 0.0:
        return float("nan")
    return float(np.mean((a - a.mean()) * (b - b.mean())) / (a.std() * b.std()))


def _compared(
    statistics: Sequence[Statistic], past: Days, drawn: Days, generator: np.random.Generator
) -> list[tuple[str, str, float, float, float, float, bool]]:
    chosen = [_resampled(len(past[0]), generator) for _ in range(SAMPLES)]
    tail = (1.0 - CONFIDENCE) / 2.0
    rows = []
    for one in statistics:
        sample = np.array([one.of((past[0][rows], past[1][rows])) for rows in chosen])
        finite = sample[np.isfinite(sample)]
        low, high = (float(np.quantile(finite, at)) for at in (tail, 1.0 - tail)) if len(finite) else (np.nan, np.nan)
        value = one.of(drawn)
        rows.append((one.series, one.name, one.of(past), value, low, high, bool(low - _ZERO <= value <= high + _ZERO)))
    return rows


def _resampled(days: int, generator: np.random.Generator) -> NDArray[np.intp]:
    """Days drawn again in blocks, around the end of the span."""
    blocks = -(-days // BLOCK_DAYS)
    starts = generator.integers(days, size=blocks)
    return np.asarray((starts[:, None] + np.arange(BLOCK_DAYS)).ravel()[:days] % days)


def _scores(
    past: Array, drawn: Sequence[Array], other: Sequence[Array] | None, seed: int
) -> list[tuple[str, str, float, float, float, float, bool]]:
    deviation = past.std(axis=(0, 1))
    scale = np.where(deviation > 0.0, deviation, 1.0)
    own = _two_scores(past / scale, [one / scale for one in drawn], seed)
    base = None if other is None else _two_scores(past / scale, [one / scale for one in other], seed)
    rows = []
    nothing = float("nan")
    for name, value in own.items():
        if base is None:
            rows.append(("all", name, nothing, value, nothing, nothing, True))
            continue
        rows.append(("all", name, base[name], value, nothing, nothing, value <= base[name]))
        ratio = value / base[name]
        rows.append(("all", f"{name} over baseline", 1.0, ratio, 0.0, 1.0, ratio <= 1.0))
    return rows


def _two_scores(past: Array, drawn: Sequence[Array], seed: int) -> Mapping[str, float]:
    observed = past.reshape(len(past), -1)
    draws = np.stack([one.reshape(len(one), -1) for one in drawn])
    scores = [energy_score(draws[:SCORED_DRAWS, day], observed[day]) for day in range(len(observed))]
    cloud = draws.reshape(-1, observed.shape[1])
    return {
        "energy score": float(np.mean(scores)),
        "sliced Wasserstein distance": sliced_wasserstein(cloud, observed, np.random.default_rng(seed)),
    }
