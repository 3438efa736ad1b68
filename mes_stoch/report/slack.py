"""What penalised slack a plan leans on, and whether it had to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from mes_stoch.model.groups import ColumnGroup, energy_weights
from mes_stoch.report.amounts import amount
from mes_stoch.schema.flexibility import as_called
from mes_stoch.schema.product import MarketProduct
from mes_stoch.solvers.subproblems.least_slack import ScenarioSlack, examine_all

if TYPE_CHECKING:
    from mes_stoch.components.shared.context import ColumnRole
    from mes_stoch.model.site_program import SiteProgram
    from mes_stoch.solvers.certificate.result import EngineResult

_TOLERANCE = 1e-6
#: Roles that a contract settles; slack is what a site does not do of its own accord.
_CONTRACT = ("shortfall", "missed")
_NAME = re.compile(r"(?P<kind>\w+?)(_(?P<direction>up|down))?_(mw|mwh|mvar|t)")
_WORDS = {
    "unserved": "demand left unserved at {owner}",
    "dumped": "surplus thrown away at {owner}",
    "terminal_short": "level missing at the end in {owner}",
    "schedule_short": "positions sold and not kept over {owner}",
    "schedule_long": "positions bought and not kept over {owner}",
    "short": "capacity committed to {owner} but not held",
    "cap_excess": "CO2 above the cap of the site",
    "missed": "energy called by {owner} but not delivered",
}
#: Streams named in a reason, and the share of the largest below which one is not worth naming.
_MOST_STREAMS, _WORTH_NAMING = 3, 0.05


def slack_used(program: SiteProgram, solution: xr.Dataset) -> list[dict[str, Any]]:
    """What slack the plan leans on, expected over scenarios; ``contract`` where a product's own terms settle it."""
    if "probability" not in solution or not solution.data_vars:
        return []
    used = []
    for group in program.column_groups:
        product = program.instance.products.get(group.owner)
        is_of_contract = group.role in _CONTRACT
        if group.role != "slack" and not (is_of_contract and _is_promised(group.role, product)):
            continue
        weights = energy_weights(group, program.instance.horizon, program.tree.time)
        by_scenario = solution[group.name].values @ weights
        expected = float(solution["probability"].values @ by_scenario)
        if expected > _TOLERANCE:
            worst = int(np.argmax(by_scenario))
            used.append(
                {
                    "name": group.name,
                    "meaning": _in_words(group),
                    "contract": is_of_contract,
                    "expected": expected,
                    "unit": f"{group.unit} h" if group.role == "shortfall" else "t" if group.unit == "t" else "MWh",
                    "worst_scenario": str(solution["scenario"].values[worst]),
                    "worst": float(by_scenario[worst]),
                }
            )
    return used


def _is_promised(role: ColumnRole, product: MarketProduct | None) -> bool:
    """Whether what a product is short of, or has missed, is slack: where readiness or delivery was promised."""
    if product is None:
        return False
    return product.has_availability_obligation if role == "shortfall" else as_called(product) is not None


def _in_words(group: ColumnGroup) -> str:
    match = _NAME.fullmatch(group.quantity)
    kind, direction = (match["kind"], match["direction"]) if match is not None else (group.quantity, None)
    owner = f"{group.owner} ({direction})" if direction else group.owner
    known = _WORDS.get(kind)
    return f"{kind.replace('_', ' ')} of {owner}" if known is None else known.format(owner=owner)


def leans_on_slack(used: list[dict[str, Any]]) -> bool:
    """Whether a plan leaves demand unserved, throws away what it must take, ends too low or does not keep positions."""
    return any(not entry["contract"] for entry in used)


def chosen_slack(program: SiteProgram, result: EngineResult, budget_s: float) -> dict[str, Any]:
    """Which scenarios lean on more slack than they must, and why; see :mod:`mes_stoch.solvers.subproblems.least_slack`.

    Returns
    -------
    dict
        ``scenarios``: how many lean on slack; ``examined``: of how many the least possible is known; ``chosen``: a list
        of ``scenario``, penalties ``paid`` and ``least`` (in the run's currency) and ``reason``.
    """
    groups = [group for group in program.column_groups if group.role == "slack"]
    slack = np.concatenate([np.empty(0, dtype=np.int32), *(group.positions for group in groups)]).astype(np.int32)
    before = program.root.columns
    if program.stages == 3:
        before = np.concatenate([before, program.day_ahead_columns])
    held = np.unique(before).astype(np.int32)
    leaning = [(one.index, one.values) for one in result.scenarios if one.values[slack].sum() > _TOLERANCE]
    programs = [(index, program.scenario(index), values) for index, values in leaning]
    found = examine_all(programs, slack, held, budget_s)
    values = dict(leaning)
    return {
        "scenarios": len(leaning),
        "examined": len(found),
        "chosen": [
            {
                "scenario": program.scenario_names[one.index],
                "paid": one.used,
                "least": one.least,
                "reason": _reason(program, one, values[one.index]),
            }
            for one in found
            if one.is_chosen
        ],
    }


def _reason(program: SiteProgram, one: ScenarioSlack, values: np.ndarray[Any, np.dtype[np.float64]]) -> str:
    currency = program.instance.currency
    if one.instead is None:
        return ""
    with_slack, without = (program.profit_streams(one.index, point) for point in (values, one.instead))
    loss = sum(with_slack.values()) - sum(without.values())
    if loss <= 0:
        more = f"{amount(-loss)} {currency}"
        return f"none: a dispatch with the least slack earns {more} more, within the gap of the solve"
    changes = {name: without[name] - with_slack[name] for name in with_slack if not name.startswith("slack.")}
    dearest = sorted(changes.items(), key=lambda change: change[1])[:_MOST_STREAMS]
    told = [(name, change) for name, change in dearest if change < 0 and change <= _WORTH_NAMING * dearest[0][1]]
    named = [f"{name} {amount(change, signed=True)}" for name, change in told]
    return (
        f"doing without it would save {amount(one.used - one.least)} {currency} of penalties and cost {amount(loss)} "
        f"{currency} more than that: {', '.join(named)}"
    )
