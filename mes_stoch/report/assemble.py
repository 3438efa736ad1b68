"""From an engine's minimised vectors to a run in the user's words: the sign flips back here, once."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from mes_stoch.io.commitment_file import is_all_given
from mes_stoch.io.validation.penalties import stated_penalties
from mes_stoch.model.phases import phase
from mes_stoch.report.bid_curves import price_columns
from mes_stoch.report.datasets import build_flows, build_solution, with_emissions
from mes_stoch.report.leaves import by_leaf, without_rules
from mes_stoch.report.no_volume import why_no_volume
from mes_stoch.report.risk import is_risk_averse, risk_summary, utility, with_best_dispatch, with_exact_risk
from mes_stoch.report.run import Run, RunSettings
from mes_stoch.report.site_decisions import decided, no_decisions
from mes_stoch.report.slack import chosen_slack, leans_on_slack, slack_used
from mes_stoch.rules.time_axis import horizon_days
from mes_stoch.schema.emission import KG_PER_T
from mes_stoch.schema.errors import SolveError

if TYPE_CHECKING:
    from mes_stoch.model.program import FloatArray
    from mes_stoch.model.site_program import SiteProgram
    from mes_stoch.solvers.certificate.result import EngineResult
    from mes_stoch.solvers.risk_averse import SolvedProgram

THREE_STAGE_NOTE = (
    "Three-stage: day-ahead positions are decided at {nodes} day-ahead nodes, before intraday prices, calls and "
    "weather of their {leaves} leaves are known. Within a leaf dispatch sees the whole horizon, so this value is still "
    "an upper estimate of what operation without that foresight would earn."
)
UPPER_ESTIMATE_NOTE = (
    "The two-stage model sees the whole horizon when it dispatches, so this value is an upper estimate of what "
    "operation without that foresight would earn."
)
WEIGHTED_NOTE = (
    "The interval is that of these {scenarios} scenarios, {weighting}: nothing follows from their spread for days not "
    "drawn. `mes-stoch evaluate RUN --scenarios N --seed K` says what the commitment earns on plain draws."
)
SAMPLE_NOTE = (
    "The interval is that of these {scenarios} scenarios, not of all days: `mes-stoch evaluate RUN --replications 10` "
    "estimates how far the commitment may be from the best one there, `--seed K` what it earns on other days."
)
RISK_NOTE = "Where it is said why a product has no volume, the reason is that of the expected profit, without risk."

_MONEY_TOLERANCE = 1e-6
#: States of a result that slack takes the name of.
_DONE = ("optimal", "gap_reached")


@phase("report")
def assemble_run(program: SolvedProgram, result: EngineResult, settings: RunSettings) -> Run:
    """Turn an engine's result into a run, by leaf of the tree, and check that its money adds up.

    Raises
    ------
    SolveError
        If profit by scenario, profit by stream and the certified objective do not agree.
    """
    leaves, result = by_leaf(program, result)
    site, result = without_rules(leaves, with_best_dispatch(leaves, result, _time_for_dispatch_s(settings, result)))
    result = with_exact_risk(site, result)
    flows = build_flows(site, result)
    solution = with_emissions(build_solution(site, result), flows, site)
    commitments, decisions = _commitments(site, result), _site_decisions(site, result)
    return Run(
        summary=_summary(site, result, settings, solution, commitments) | decided(decisions),
        commitments=commitments,
        solution=solution,
        flow_data=flows,
        trace=_trace(result),
        tree=site.tree.held,
        settings=settings,
        site_decisions=decisions,
    )


def _summary(
    program: SiteProgram,
    result: EngineResult,
    settings: RunSettings,
    solution: xr.Dataset,
    commitments: pd.DataFrame,
) -> dict[str, Any]:
    found = bool(result.scenarios)
    objective = -result.upper if found else None
    streams = _expected_streams(solution)
    profits, weights = _profits(solution)
    if objective is not None:
        _check_money(program, objective, streams, solution, result.gap_floor)
    horizon = program.instance.horizon
    used = slack_used(program, solution)
    leans = leans_on_slack(used) and result.status in _DONE
    per_year = horizon.days_per_year / horizon_days(horizon)
    seed = program.tree.frame.attrs.get("seed")
    return {
        "instance": program.name,
        "method": settings.method,
        "status": "slack" if leans else result.status,
        "scenarios": len(program.scenario_names),
        "stages": program.stages,
        "day_ahead_nodes": len(program.tree.day_ahead_nodes),
        "seed": None if seed is None else int(seed),
        "ranks": result.ranks,
        "objective": objective,
        "bound_lower": _finite(-result.upper),
        "bound_upper": _finite(-result.lower),
        "gap_rel": _finite(result.gap_rel) if math.isfinite(result.upper) and math.isfinite(result.lower) else None,
        "gap_floor": result.gap_floor,
        "bound_kind": result.bound_kind if math.isfinite(result.lower) else None,
        "wall_time_s": result.wall_time_s,
        "iterations": result.iterations,
        "currency": program.instance.currency,
        "unit": f"{program.instance.currency} over the horizon",
        "objective_eur_per_year": _per_year(program, objective, per_year),
        "horizons_per_year": per_year,
        "timezone": horizon.timezone,
        "horizon_start": program.tree.time[0].isoformat(),
        "horizon_periods": horizon.periods,
        "period_h": horizon.period_h,
        **({} if horizon.begun_h == 0 else {"first_period_h": horizon.first_period_h}),
        "streams": streams,
        "commitments": _committed(commitments),
        "bid_rules": {"minimum_bids": program.instance.bids.minimum, "bid_steps": program.instance.bids.steps},
        "slack": used,
        **_emissions(solution, program),
        "slack_check": chosen_slack(program, result, _aside_s(settings, 60.0)) if leans else None,
        "no_volume": _no_volume(program, result, settings, commitments) if found else [],
        "penalties": stated_penalties(program.instance),
        "notes": [_foresight_note(program), *_sample_notes(program), *_given_notes(settings), *_risk_notes(program)],
        "solver": dict(result.details),
    } | risk_summary(program, profits, weights)


def _emissions(solution: xr.Dataset, program: SiteProgram) -> dict[str, Any]:
    """CO2 over the horizon, t; nothing where no component has any."""
    if "emission_kg" not in solution:
        return {}
    by_component = solution["emission_kg"].sum("emission_time").transpose("scenario", "emitter").values / KG_PER_T
    expected = solution["probability"].values @ by_component
    rules = program.instance.co2
    return {
        "co2": {
            "expected_t": float(expected.sum()),
            "largest_t": float(by_component.sum(axis=1).max()),
            "cap_t": None if rules is None else rules.cap_t,
            "by_component_t": {
                str(name): float(value) for name, value in zip(solution["emitter"].values, expected, strict=True)
            },
        }
    }


def _profits(solution: xr.Dataset) -> tuple[FloatArray, FloatArray]:
    """Profit and probability of every leaf."""
    if "profit_eur" not in solution:
        return np.empty(0), np.empty(0)
    return solution["profit_eur"].values, solution["probability"].values


def _per_year(program: SiteProgram, objective: float | None, horizons: float) -> float | None:
    """The objective over a year; a measure of risk has none, for bad days are no bad year."""
    return None if objective is None or is_risk_averse(program) else objective * horizons


def _no_volume(
    program: SiteProgram, result: EngineResult, settings: RunSettings, commitments: pd.DataFrame
) -> list[dict[str, Any]]:
    # a site that takes long to solve takes long to ask
    most_s = max(5.0, 0.05 * result.wall_time_s)
    # a volume that was given needs no reason
    given = settings.options.get("given_commitments", {})
    told = {name for name, volumes in given.items() if is_all_given(volumes)}
    asked = commitments[~commitments["product"].isin(told)]
    return why_no_volume(program, asked, result.root, _aside_s(settings, most_s))


def _aside_s(settings: RunSettings, most_s: float) -> float:
    """Seconds for a question beside the solve (was slack chosen?): a twentieth of the time a solve may take."""
    limit = settings.options.get("time_limit_s")
    return min(most_s, 1.0 + 0.05 * float(limit)) if isinstance(limit, int | float) else most_s


def _time_for_dispatch_s(settings: RunSettings, result: EngineResult) -> float:
    """Seconds for a better dispatch of what the plan has no reason to dispatch well; none beyond the time limit."""
    limit = settings.options.get("time_limit_s")
    left = float(limit) - result.wall_time_s if isinstance(limit, int | float) else 60.0
    return max(min(_aside_s(settings, 60.0), left), 0.0) if result.status in _DONE else 0.0


def _foresight_note(program: SiteProgram) -> str:
    if program.stages == 2:
        return UPPER_ESTIMATE_NOTE
    return THREE_STAGE_NOTE.format(nodes=len(program.tree.day_ahead_nodes), leaves=len(program.scenario_names))


def _sample_notes(program: SiteProgram) -> list[str]:
    """That the interval is one of a sample or of chosen scenarios, where it is one."""
    weighting = program.tree.weighting
    if weighting is not None:
        return [WEIGHTED_NOTE.format(scenarios=len(program.scenario_names), weighting=weighting)]
    if program.tree.frame.attrs.get("seed") is None:
        return []
    return [SAMPLE_NOTE.format(scenarios=len(program.scenario_names))]


def _given_notes(settings: RunSettings) -> list[str]:
    given = settings.options.get("given_commitments")
    decided = settings.options.get("given_site_decisions")
    notes = [f"Volumes given, and not decided: {', '.join(given)}."] if given else []
    return [*notes, f"Decisions of the site given: {', '.join(decided)}."] if decided else notes


def _risk_notes(program: SiteProgram) -> list[str]:
    return [RISK_NOTE] if is_risk_averse(program) and program.instance.products else []


def _expected_streams(solution: xr.Dataset) -> dict[str, float]:
    if "stream_eur" not in solution:
        return {}
    money = solution["probability"].values @ solution["stream_eur"].values
    return {str(name): float(value) for name, value in zip(solution["stream"].values, money, strict=True)}


def _check_money(
    program: SiteProgram, objective: float, streams: dict[str, float], solution: xr.Dataset, floor: float
) -> None:
    """Three sums made in three places must be one number; a difference means a result nobody should read.

    ``floor`` is money that is nothing, in the unit of the instance.
    """
    by_stream = math.fsum(streams.values())
    currency = solution.attrs["currency"]
    profits, weights = _profits(solution)
    by_scenario = float(weights @ profits)
    size = max([abs(objective), floor, *(abs(value) for value in streams.values())])
    worth = utility(program, profits, weights)
    kind = "utility" if is_risk_averse(program) else "expected profit"
    # without risk the utility is the expected profit
    for name, value, known in (
        ("expected profit by streams", by_stream, objective - worth + by_scenario),
        (f"{kind} by scenarios", worth, objective),
    ):
        if not abs(value - known) <= _MONEY_TOLERANCE * size:
            raise SolveError(
                f"the {name} is {value:.6f} {currency}, the certified objective {objective:.6f} "
                f"{currency}: the result is inconsistent and is not written"
            )


def _commitments(program: SiteProgram, result: EngineResult) -> pd.DataFrame:
    columns = ["product", "direction", "block_start", "block_end", "volume_mw"]
    if not result.scenarios:
        return pd.DataFrame(columns=columns)
    table = program.commitments(result.root).copy()
    told = table["direction"] if "direction" in table else [math.nan] * len(table)
    # what is offered on a market says by itself whether it is to sell or to buy
    table["direction"] = [
        _direction(program, str(product)) if pd.isna(own) else own
        for product, own in zip(table["product"], told, strict=True)
    ]
    prices = price_columns(table)
    columns[4:4] = prices
    if "volume_mvar" in table:
        columns.append("volume_mvar")
    for volume in columns[4 + len(prices) :]:
        table[volume] = [plain_volume(value) for value in table[volume]]
    return table[columns].reset_index(drop=True)


def plain_volume(value: float) -> float:
    """A volume without a solver's noise: one that is a whole number of watts but for a thousandth of one is that.

    >>> plain_volume(0.1 + 0.2), plain_volume(-1e-12), plain_volume(1 / 3)
    (0.3, 0.0, 0.3333333333333333)
    """
    nearest = round(value, 6) + 0.0 if math.isfinite(value) else value
    return nearest if abs(value - nearest) <= 1e-9 else value


def _site_decisions(program: SiteProgram, result: EngineResult) -> pd.DataFrame:
    return program.site_decisions(result.root) if result.scenarios else no_decisions()


def _committed(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The table for the summary: each volume under the name of its unit, with the price it is offered at."""
    prices = price_columns(table)
    volumes = [column for column in table.columns if column.startswith("volume_")]
    found = []
    for row in table.to_dict("records"):
        price = {column: float(row[column]) for column in prices if not math.isnan(row[column])}
        offered = {"direction": row["direction"]} | price if price else {}
        volume = {column: float(row[column]) for column in volumes if not math.isnan(row[column])}
        found.append({"product": row["product"], "block_start": row["block_start"].isoformat()} | offered | volume)
    return found


def _direction(program: SiteProgram, product_id: str) -> str:
    """Direction of a commitment; a certified level is none, for nothing is called of it."""
    product = program.instance.products.get(product_id)
    return "" if product is None else product.direction_in_words


def _trace(result: EngineResult) -> pd.DataFrame:
    """Bounds against time; the last row is the interval that is reported, whose safe bound may be a little wider."""
    points = list(result.trace)
    if points and result.bound_kind == "safe" and result.lower < points[-1].lower:
        last = points[-1]
        points.append(replace(last, lower=result.lower, upper=result.upper, kind=result.bound_kind))
    return pd.DataFrame(
        {
            "time_s": [point.time_s for point in points],
            "iteration": [point.iteration for point in points],
            "bound_lower": [-point.upper for point in points],
            "bound_upper": [-point.lower for point in points],
            "bound_kind": [point.kind if math.isfinite(point.lower) else "" for point in points],
        }
    )


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
