"""A commitment a day, from the days before it, on real series."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from mes_stoch.api.sites import Site
from mes_stoch.api.solving import SolveRequest
from mes_stoch.backtesting.folder import BacktestFolder
from mes_stoch.backtesting.plan import gates_of, plan_days, plan_of
from mes_stoch.backtesting.result import Backtest
from mes_stoch.backtesting.trees import require_daily
from mes_stoch.io.market_data.areas import read_area
from mes_stoch.io.market_data.real_days import RealDays
from mes_stoch.io.readers.locate import listed
from mes_stoch.report.progress_bar import told_by_bar
from mes_stoch.schema.errors import UsageError

DEFAULT_SERIES = "western_denmark_2021"
DEFAULT_WINDOW_DAYS = 14
#: A plan for the mean day sells positions that no single day can keep; docs/evaluation.md has what that costs.
DEFAULT_FAN = 8


def backtest(
    site: Site,
    series: RealDays | str = DEFAULT_SERIES,
    *,
    days: int,
    data_folder: str | Path | None = None,
    first: date | None = None,
    window_days: int = DEFAULT_WINDOW_DAYS,
    fan: int = DEFAULT_FAN,
    out: str | Path | None = None,
    resume: bool = False,
    workers: int = 1,
    method: str | None = None,
    gap_rel: float | None = None,
    time_limit_s: float | None = None,
    told: Callable[[str], object] | None = None,
    progress: bool = False,
) -> Backtest:
    """Commit for each of several real days from the days before it, and operate it without foresight.

    The commitment of a day is made from a window of days that were over when its first gate closed, as equally likely
    scenarios. The day is then operated period by period with what has been seen of it
    (:mod:`mes_stoch.evaluation.rolling`), forecast from the same window, and settled by the ledger; what perfect
    foresight of the day would have earned is bracketed beside it. Days are independent: each begins with the initial
    levels of the instance's stores.

    Parameters
    ----------
    site : Site
        One day of 24 hours, whose scenarios are drawn; what it draws is replaced by the real series of the same names.
    series : RealDays or str
        The real series, or the name of an area that the project can read from ``data_folder``.
    days : int
        How many days to operate: the first that are complete, one after another.
    data_folder : path, optional
        Where the files of an area are.
    first : date, optional
        Day to begin with; default the first that has a whole window before it.
    window_days : int
        Days that a commitment is made from.
    fan : int
        Days of the window, the likeliest after what has been seen, that each step of the operation is planned for; 1
        plans for their mean.
    out : path, optional
        Folder for a file a day, the table and ``backtest.json``; default none is written.
    resume : bool
        Take the days that ``out`` has already.
    workers : int
        Processes. With more than 1 a script has to guard its main part by ``if __name__ == "__main__"``.
    method, gap_rel : optional
        Of the solve that makes a commitment; default as the instance says.
    time_limit_s : float, optional
        For everything together; default none. The instance's own holds for each solve.
    told : callable, optional
        Told of each finished day.
    progress : bool
        Show a bar, in a terminal on standard error, in a notebook below the cell; default: nothing is shown.

    Returns
    -------
    Backtest
        ``days`` with profits and streams, ``totals``, ``table()``.

    Raises
    ------
    UsageError
        An instance that is not one day, series that do not reach, a folder that is not this backtest's.
    InstanceError
        Series that the instance names and nothing brings, or data of a day that are not sound.
    TimeLimitError
        There was no time for any day.

    Examples
    --------
    Three days of made-up series, of which the last is operated; one day lies between it and its window of one:

    >>> import numpy as np, pandas as pd, mes_stoch as ms
    >>> site = ms.read("instances/backtest_dk1")
    >>> time = pd.date_range("2021-03-01", periods=72, freq="h", tz="Europe/Copenhagen", name="time")
    >>> prices = 40.0 + 20.0 * np.sin(2 * np.pi * time.hour.to_numpy() / 24.0)
    >>> names = ["da_price_eur_per_mwh", "imbalance_long_eur_per_mwh", "imbalance_short_eur_per_mwh"]
    >>> values = pd.DataFrame({name: prices for name in names}, index=time).assign(
    ...     fcr_capacity_price_eur_per_mw_h=10.0,
    ...     mfrr_up_capacity_price_eur_per_mw_h=1.0,
    ...     mfrr_activation_up_per_unit=0.0,
    ...     mfrr_energy_price_up_eur_per_mwh=prices,
    ...     heat_demand_mw=8.0,
    ... )
    >>> found = ms.backtest(site, ms.RealDays("made_up", values), days=1, window_days=1)
    >>> [str(day.day) for day in found.days], found.days[0].missing_mwh
    (['2021-03-03'], {})
    """
    from mes_stoch.backtesting.run import run_days
    from mes_stoch.backtesting.workers import Work
    from mes_stoch.solvers.interruption.signals import SignalWatch

    begun = time.perf_counter()
    if site.is_risk_averse:
        raise UsageError("a backtest commits for the expected profit: use an instance without risk")
    ruled = [name for name, one in site.instance.called_products().items() if one.availability is not None]
    if ruled:
        raise UsageError(
            f"{listed(ruled)} has a rule of availability over all scenarios, which a day by itself would not be held "
            "to; use availability: null for it"
        )
    left_open = [".".join(key) for key in site.instance.site_decisions()]
    if left_open:
        raise UsageError(
            f"{listed(left_open)}: a backtest operates one day after another, so that each would begin with a decision "
            "of its own, and not with what the day before has left; state a number for it"
        )
    if workers < 1 or fan < 1:
        raise UsageError(f"a backtest takes 1 process and a fan of 1 or more, not {workers} and {fan}")
    chosen = method or site.instance.solve.method
    options = SolveRequest(chosen, gap_rel=gap_rel).options_within(site.instance, time_limit_s)
    real = series if isinstance(series, RealDays) else _read(series, data_folder)
    require_daily(site.loaded, real)
    tasks = plan_days(real, days, window_days, first, gates_of(site.instance))
    plan = plan_of(site.loaded, real, window_days, chosen, fan, options)
    deadline = math.inf if time_limit_s is None else begun + time_limit_s
    work = Work(site.loaded, real, chosen, fan, options)
    bar = told_by_bar(f"backtest of {site.name}", told, progress=progress)
    with SignalWatch() as watch, watch.raising(), bar as telling:
        if out is None:
            return run_days(work, tasks, plan, None, workers, deadline, telling)
        with BacktestFolder(Path(out), plan, resume=resume) as folder:
            return run_days(work, tasks, plan, folder, workers, deadline, telling)


def _read(name: str, data_folder: str | Path | None) -> RealDays:
    if data_folder is None:
        raise UsageError(
            "no data folder: real series are not part of the project; say where they are (--data DIR, data_folder=)"
        )
    return read_area(name, Path(data_folder))
