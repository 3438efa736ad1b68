"""One day: commit from the window, operate without foresight, settle, and compare with foresight.

Equations
---------
``W`` are the days of the window, ``d`` the operated day, ``r`` a commitment, ``profit_s(r, y)`` the profit of dispatch
``y`` in scenario ``s``::

    r*        = argmax_r  mean over s in W of max_y profit_s(r, y)      planned
    realised  = profit_d(r*, y_rolled)                                  y_rolled knows no more than had been seen
    given     = max_y profit_d(r*, y)                                   the same commitment, the day known
    perfect   = max_r max_y profit_d(r, y)                              the day known when committing

so ``realised <= given <= perfect``. Regret is ``perfect - realised``: ``perfect - given`` of it is lost by committing
without knowing the day, ``given - realised`` by operating without knowing it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from mes_stoch.backtesting.plan import DayTask
from mes_stoch.backtesting.trees import on_day, tree_of_days
from mes_stoch.evaluation.bracket import Bracket
from mes_stoch.evaluation.rolling.forecast import LikenessForecast
from mes_stoch.evaluation.rolling.information import Information, information_of
from mes_stoch.evaluation.rolling.operate import RolledPath, operate
from mes_stoch.evaluation.solves import profit_of
from mes_stoch.io.instance import LoadedInstance
from mes_stoch.io.market_data.real_days import RealDays
from mes_stoch.model.program import FloatArray, StochasticProgram
from mes_stoch.model.site_program import SiteProgram, build_leaf_program
from mes_stoch.report.rolling_settlement import settle_paths
from mes_stoch.schema.backtest import BacktestDay, DayVolume
from mes_stoch.schema.errors import InterruptedRunError, SettlementError, SolveError
from mes_stoch.schema.price_offers import PRICE_COLUMNS
from mes_stoch.settlement.carried import carried_in_month
from mes_stoch.settlement.settlement import Settlement
from mes_stoch.settlement.stated import TOLERANCE
from mes_stoch.solvers.auto import solve_by
from mes_stoch.solvers.certificate.bounds import NotInTimeError
from mes_stoch.solvers.certificate.gap_floor import gap_floor
from mes_stoch.solvers.certificate.result import EngineResult, SolveOptions
from mes_stoch.solvers.decomposition.given_root import evaluate_given
from mes_stoch.solvers.interruption.stop import Stop

#: Gap of the solves of the one day that came, as a share of that of the window: they take little, and regret is a
#: difference of two of them.
_SHARE_OF_GAP = 0.1
#: Streams of what was promised or due and was not done, and the least of it that is told, MWh.
_PENALISED, _POWER_OR_ENERGY, _LEAST_MWH = ("penalty.", "slack."), ("MW", "MWh", "Mvar"), 1e-6
#: By how much a feasible profit may pass a proven bound, of its size: tolerances of rows.
_TOLERANCE = 1e-6


def backtest_day(
    loaded: LoadedInstance,
    real: RealDays,
    task: DayTask,
    method: str,
    fan: int,
    options: SolveOptions,
    stop: Stop | None = None,
    *,
    begins_with: Mapping[str, float] | None = None,
) -> BacktestDay:
    """Commit for a day, operate it, and say what else could have been earned; see the module's equations.

    Parameters
    ----------
    loaded : LoadedInstance
        The instance, on any day.
    real : RealDays
        Days of the window and the operated one are taken from it, and no other.
    task : DayTask
    method : str
        How the commitment is found.
    fan : int
        Days of the window, the likeliest, that each step of the operation is planned for; 1: their mean.
    options : SolveOptions
        Of the commitment; time limits hold for each solve.
    stop : Stop, optional
        For the whole day.
    begins_with : mapping of str to float, optional
        Fields of the instance that the day takes from the one before it in its month; default as they are stated.

    Raises
    ------
    InstanceError, InfeasibleError, SolveError
    SettlementError
        The ledger does not find the profit of the operation again.
    NotInTimeError
        There was no time for all of it.
    """
    begun = time.perf_counter()
    stop = stop or Stop()
    begun_with = dict(begins_with or {})
    loaded = on_day(loaded, task.day, begun_with)
    window = tree_of_days(loaded, real, task.window)
    day = build_leaf_program(loaded.instance, tree_of_days(loaded, real, [task.day]))
    plan = _solved(build_leaf_program(loaded.instance, window), method, options, stop)
    if not plan.scenarios:
        raise NotInTimeError(f"{loaded.instance.name}: no commitment was found for {task.day} (status {plan.status})")
    # a search leaves rounding in volumes and steps, which a dispatch of one day may have no room for
    root = day.root.nearest(plan.root)
    forecast = LikenessForecast(loaded.instance, window, goes_on=fan == 1)
    path = operate(
        day,
        root,
        0,
        forecast,
        information=_information(day),
        fan=fan,
        gap_rel=options.gap_rel,
        stop=stop,
    )
    closely = replace(options, gap_rel=options.gap_rel * _SHARE_OF_GAP)
    (known,) = evaluate_given(day, root, lambda _: None, gap_rel=closely.gap_rel, stop=stop)
    given = Bracket(-known.upper, -known.lower)
    perfect = profit_of(_solved(day, "auto", closely, stop))
    # what a clock has cut short would be another number the next time
    if stop() or not math.isfinite(given.upper) or not math.isfinite(perfect.upper):
        raise NotInTimeError(f"{day.name}: there was no time to bound what foresight would have earned on {task.day}")
    given, perfect = _ordered(day, path.profit, given, perfect)
    settlement = _settled(day, path)
    return BacktestDay(
        day=task.day,
        window=list(task.window),
        status=plan.status,
        planned=-plan.upper,
        planned_upper=-plan.lower,
        realised=settlement.expected_profit,
        given_lower=given.lower,
        given_upper=given.upper,
        perfect_lower=perfect.lower,
        perfect_upper=perfect.upper,
        streams={str(name): float(value) for name, value in settlement.ledger.totals().iloc[0].items() if value},
        missing_mwh=_missing_mwh(settlement),
        commitments=_volumes(day, root),
        settlement_difference=settlement.relative_difference,
        wall_time_s=time.perf_counter() - begun,
        began_with=begun_with,
        carried=carried_in_month(settlement.ledger.data),
    )


def _solved(program: StochasticProgram, method: str, options: SolveOptions, stop: Stop) -> EngineResult:
    if stop():
        raise NotInTimeError(f"{program.name}: the time limit came before the day was finished")
    limit = stop.earlier(time.perf_counter() + options.time_limit_s)
    try:
        result = solve_by(method, program, options, stop=limit)
    except InterruptedRunError as error:
        raise NotInTimeError(str(error)) from error
    if result is None:
        raise SolveError(f"{program.name}: a backtest spreads days over processes, and every day is one process's")
    return result


def _information(day: SiteProgram) -> Information:
    """What is known when: at the day-ahead gate also the results of the capacity auctions, which close before it.

    A market that enables what is offered clears in every interval, and has no such auction.
    """
    known = information_of(day, 0)
    called = day.instance.called_products().values()
    prices = {product.capacity_price for product in called if not product.is_enabled_by_market}
    auctions = {price for price in prices if isinstance(price, str)}
    return replace(known, known_day_ahead=known.known_day_ahead | auctions)


def _ordered(day: SiteProgram, realised: float, given: Bracket, perfect: Bracket) -> tuple[Bracket, Bracket]:
    """Brackets with what follows from each other: a feasible profit of less freedom is one of more.

    Raises
    ------
    SolveError
        A feasible profit passes a bound that is proven: one of the two is wrong.
    """
    allowed = _TOLERANCE * max(abs(realised), abs(perfect.upper), gap_floor(day))
    given = Bracket(max(given.lower, realised), min(given.upper, perfect.upper))
    perfect = Bracket(max(perfect.lower, given.lower), perfect.upper)
    if given.lower > given.upper + allowed or perfect.lower > perfect.upper + allowed:
        raise SolveError(
            f"{day.name}: a profit of {max(given.lower, perfect.lower):.6f} was reached where a bound of "
            f"{min(given.upper, perfect.upper):.6f} is proven; the day is not written"
        )
    return given, perfect


def _settled(day: SiteProgram, path: RolledPath) -> Settlement:
    """The ledger of what was done; it knows nothing of the model.

    Raises
    ------
    SettlementError
        It does not find the profit again.
    """
    settlement = settle_paths(day, [path])
    if settlement.relative_difference > TOLERANCE:
        raise SettlementError(
            f"{day.name}: the ledger of the operation differs from the model's account: "
            + "; ".join(settlement.worst_differences(3))
        )
    return settlement


def _missing_mwh(settlement: Settlement) -> dict[str, float]:
    """What was penalised, by stream: not held or not delivered, not served, not kept."""
    found: dict[str, float] = {}
    for flow in settlement.ledger.cash_flows:
        if flow.stream.startswith(_PENALISED) and flow.quantity_unit in _POWER_OR_ENERGY:
            found[flow.stream] = found.get(flow.stream, 0.0) - float((flow.quantity * flow.hours).sum())
    return {stream: amount for stream, amount in found.items() if amount > _LEAST_MWH}


def _volumes(day: SiteProgram, root: FloatArray) -> list[DayVolume]:
    table = day.commitments(root)
    volumes = []
    for row in table.to_dict("records"):
        unit, volume = next(
            (name.removeprefix("volume_"), float(row[name]))
            for name in ("volume_mw", "volume_mvar")
            if name in row and np.isfinite(row[name])
        )
        # a solver's -1e-12 is no volume
        volumes.append(
            DayVolume(
                product=str(row["product"]),
                block_start=row["block_start"].isoformat(),
                volume=volume if abs(volume) > 1e-9 else 0.0,
                unit={"mw": "MW", "mvar": "Mvar"}[unit],
                **{name: row[name] for name in ("direction", *PRICE_COLUMNS) if name in row and not pd.isna(row[name])},
            )
        )
    return volumes
