"""Which days are operated, and which ones their commitments are made from."""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mes_stoch.io.instance import LoadedInstance
from mes_stoch.io.market_data.real_days import RealDays
from mes_stoch.rules.gates import closing_times
from mes_stoch.schema.backtest import BacktestPlan
from mes_stoch.schema.errors import UsageError
from mes_stoch.schema.instance import Instance

if TYPE_CHECKING:
    from mes_stoch.solvers.certificate.result import SolveOptions

#: A gate that closes in the morning of the day before closes before that day is over: the newest day whose calls and
#: imbalance prices are known as a whole is the one before it.
_DAYS_BEFORE_ALL_IS_KNOWN = 2


@dataclass(frozen=True)
class DayTask:
    """A day to operate, and its window: days known when its first gate closes, oldest first."""

    day: date
    window: tuple[date, ...]


def gates_of(instance: Instance) -> tuple[str, ...]:
    """Gates of what is committed at the root."""
    products = instance.products.values()
    return tuple({product.gate for product in products if product.decision_stage == "commit" and product.gate})


def newest_known(day: date, gates: Sequence[str] = ()) -> date:
    """The newest day that is over when the first gate of a day closes, the day-ahead gate at the latest.

    >>> newest_known(date(2021, 3, 10), ["D-1 08:00"]), newest_known(date(2021, 3, 10), ["D-2 15:00"])
    (datetime.date(2021, 3, 8), datetime.date(2021, 3, 7))
    """
    begins = pd.DatetimeIndex([pd.Timestamp(day)])
    closing = [closing_times(gate, begins)[0].date() - timedelta(days=1) for gate in gates]
    return min([day - timedelta(days=_DAYS_BEFORE_ALL_IS_KNOWN), *closing])


def plan_days(
    real: RealDays, count: int, window_days: int, first: date | None = None, gates: Sequence[str] = ()
) -> list[DayTask]:
    """The first ``count`` days that are complete and have a window of ``window_days`` complete days before them.

    Parameters
    ----------
    first : date, optional
        Day to begin with; default the first that has a window.
    gates : sequence of str
        Of what is committed; a window ends before the first of them closes.

    Raises
    ------
    UsageError
        There are not so many.
    """
    if count < 1 or window_days < 1:
        raise UsageError("a backtest takes 1 day or more, from a window of 1 day or more")
    complete = real.complete
    tasks = []
    for day in complete[0 if first is None else bisect_left(complete, first) :]:
        newest = newest_known(day, gates)
        window = _window(complete, newest, window_days)
        if window is not None:
            tasks.append(DayTask(day, window))
        elif first is not None:
            raise UsageError(
                f"{real.name}: the first of {count} days, {day}, has no {window_days} complete days up to "
                f"{newest}, which are over when its first gate closes; begin later, or take a shorter window"
            )
        if len(tasks) == count:
            return tasks
    span = f"{complete[0]} to {complete[-1]}" if complete else "no complete day at all"
    raise UsageError(
        f"{real.name} has {len(tasks)} days to operate with {window_days} complete days before them, not {count}: its "
        f"{len(complete)} complete days are {span}"
    )


def _window(complete: Sequence[date], newest: date, window_days: int) -> tuple[date, ...] | None:
    end = bisect_right(complete, newest)
    return None if end < window_days else tuple(complete[end - window_days : end])


def plan_of(
    loaded: LoadedInstance, real: RealDays, window_days: int, method: str, fan: int, options: SolveOptions
) -> BacktestPlan:
    """What the numbers of a backtest depend on."""
    return BacktestPlan(
        instance=loaded.instance.name,
        currency=loaded.instance.currency,
        mes_stoch_version=version("mes_stoch"),
        site=_digest_of_site(loaded),
        series=_digest_of_series(real.values),
        source=real.name,
        window_days=window_days,
        method=method,
        fan=fan,
        gap_rel=options.gap_rel,
        time_limit_s=options.time_limit_s,
    )


def _digest_of_site(loaded: LoadedInstance) -> str:
    """Of everything that numbers depend on: not of the date, which is another every day, nor of descriptions."""
    instance = loaded.instance
    horizon = instance.horizon.model_copy(update={"start": ""})
    same = instance.model_copy(update={"horizon": horizon, "description": ""})
    digest = hashlib.sha256(same.model_dump_json().encode())
    if instance.series is not None:
        digest.update(loaded.inputs[instance.series])
    return digest.hexdigest()


def _digest_of_series(values: pd.DataFrame) -> str:
    ordered = values[sorted(values.columns)]
    stamps = pd.DatetimeIndex(ordered.index).tz_convert("UTC").tz_localize(None)
    digest = hashlib.sha256(np.asarray(stamps, dtype="datetime64[s]").tobytes())
    digest.update(repr(list(ordered.columns)).encode())
    digest.update(ordered.to_numpy(dtype=float).tobytes())
    return digest.hexdigest()
