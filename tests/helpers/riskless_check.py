"""One random site held against the closed site: is it refused for a reason, or solved without money from nothing?"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp

from helpers.closed_site import ClosedSite
from mes_stoch.components.converter.format import Converter
from mes_stoch.components.grid_connection.format import GridConnection
from mes_stoch.io.validation.penalties import with_penalties
from mes_stoch.io.validation.price_limits import series_ranges
from mes_stoch.model.program import LinearProgram
from mes_stoch.model.site_program import SiteProgram, build_program
from mes_stoch.products.energy.format import EnergyMarket
from mes_stoch.report.slack import chosen_slack
from mes_stoch.schema.errors import InstanceError, Issue
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.extensive.algorithm import solve_extensive
from mes_stoch.uncertainty.quality import check_tree

#: What a linear program earns by its tolerances: MWh at the largest price, or MWh.
NOTHING = 1e-6
#: MW or MWh of slack beyond the least that is no round-off of a solve.
CHOSEN = 1e-5
_SLACK = re.compile(r"unserved_mw|dumped_mw|terminal_short_mwh|schedule_(short|long)_mw")


@dataclass
class Finding:
    """What came of a site; ``faults`` is empty where everything agrees."""

    outcome: str
    reasons: list[str] = field(default_factory=list)
    trading: float = 0.0
    converting: float = 0.0
    closed: float = 0.0
    slack_paid: float = 0.0
    slack_least: float = 0.0
    chosen: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def reason_of(issue: Issue) -> str:
    """The check that an issue comes from."""
    if issue.expected.startswith("no money from"):
        return "trading loop"
    if issue.expected.startswith("no energy from"):
        return "conversion loop"
    if issue.expected.startswith("an import price at or above"):
        return "import below export"
    last = issue.key.rpartition(".")[2]
    if last.endswith("penalty_eur_per_mwh"):
        return "penalty"
    if issue.expected.startswith("a price between"):
        return "price limit"
    return "imbalance prices" if issue.expected.startswith("a price of a long") else last


def examine(instance: Instance, tree: ScenarioTree) -> Finding:
    """Refused or solved, and every disagreement with the closed site."""
    issues = check_tree(instance, tree)
    reasons = sorted({reason_of(issue) for issue in issues})
    finding = Finding("refused" if issues else "solved", reasons)
    try:
        priced = with_penalties(instance, series_ranges(instance, tree))
    except InstanceError:
        # nothing says how large prices can be: told by the check as well
        if not issues:
            finding.faults.append("no penalty follows from prices, and nothing is said of it")
        return finding
    closed = [ClosedSite(priced, tree, k) for k in range(tree.dataset.sizes["scenario"])]
    finding.trading = max(site.trading() for site in closed)
    finding.converting = max(site.converting() for site in closed)
    finding.faults += _unexplained(finding, set(reasons))
    if not issues:
        _closed(finding, priced, tree, max(site.largest_price() for site in closed))
        _solve(finding, priced, tree)
    return finding


def _unexplained(finding: Finding, reasons: set[str]) -> list[str]:
    """Money or energy from nothing that is let through, and refusals without any."""
    faults = []
    earns, makes = finding.trading > NOTHING, finding.converting > NOTHING
    explained = {"trading loop", "import below export", "conversion loop", "penalty", "imbalance prices"}
    if earns and not reasons & explained:
        faults.append(f"trading earns {finding.trading:.3g} and is not refused")
    if reasons & {"trading loop", "import below export"} and not earns:
        faults.append(f"refused, and trading earns {finding.trading:.3g}")
    if makes != ("conversion loop" in reasons):
        faults.append(f"converters make {finding.converting:.3g} MWh, refused: {'conversion loop' in reasons}")
    return faults


# -- solved -----------------------------------------------------------------------------------------------------------


def _solve(finding: Finding, instance: Instance, tree: ScenarioTree) -> None:
    """The optimum holds no more slack than it must, or the run says for what."""
    leans = False
    program = build_program(instance, tree)
    assert isinstance(program, SiteProgram)
    result = solve_extensive(program, SolveOptions(gap_rel=1e-9, time_limit_s=60.0))
    told = {entry["scenario"]: entry["reason"] for entry in chosen_slack(program, result, 60.0)["chosen"]}
    slack = _slack_columns(program)
    for one in result.scenarios if slack.size else ():
        scenario = program.scenario(one.index)
        largest = float(scenario.cost[slack].max())
        paid = least = float(scenario.cost[slack] @ np.maximum(one.values[slack], 0.0))
        if paid > NOTHING * largest:
            least = _least(scenario, slack, program.root.columns, one.values)
        if paid - least > CHOSEN * largest:
            reason = told.get(program.scenario_names[one.index])
            finding.chosen.append(reason or "")
            if not reason:
                finding.faults.append(f"chosen slack that nobody tells: {paid:.6g} paid, {least:.6g} is least")
        finding.slack_paid += paid
        finding.slack_least += least
        leans = leans or paid > NOTHING * largest
    finding.outcome = "solved with slack" if leans else "solved"


def _closed(finding: Finding, instance: Instance, tree: ScenarioTree, unit: float) -> None:
    """The project's own program of the site without devices, demands and sources, one market at a time."""
    markets = [name for name, product in instance.products.items() if isinstance(product, EnergyMarket)]
    nodes = instance.nodes
    kept = {
        name: spec.model_copy(update={"provides": []}) if isinstance(spec, Converter) else spec
        for name, spec in instance.components.items()
        if isinstance(spec, GridConnection)
        or (
            isinstance(spec, Converter)
            and len({nodes[port.node].carrier for port in [*spec.inputs, *spec.outputs]}) == 1
        )
    }
    for open_ in markets or [None]:
        products = {name: p for name, p in instance.products.items() if name == open_ or name not in markets}
        alone = instance.model_copy(update={"components": kept, "products": products})
        if instance.wheeling:
            continue
        program = build_program(alone, tree)
        for k in range(len(program.probabilities)):
            scenario = program.scenario(k)
            earned = -(_optimum(scenario) + scenario.offset)
            finding.closed = max(finding.closed, earned / unit)
    if finding.closed > NOTHING:
        finding.faults.append(f"without devices the program earns {finding.closed:.3g} MWh of its largest price")


def _slack_columns(program: SiteProgram) -> NDArray[np.int32]:
    found = [family.positions for family in program.column_groups if _SLACK.fullmatch(family.quantity)]
    return np.concatenate(found).astype(np.int32) if found else np.empty(0, dtype=np.int32)


def _least(scenario: LinearProgram, slack: NDArray[np.int32], held: NDArray[Any], values: NDArray[np.float64]) -> float:
    """The least penalties of slack that a scenario can pay with the commitment held."""
    cost = np.zeros(len(scenario.cost))
    cost[slack] = scenario.cost[slack]
    lower, upper = scenario.column_lower.copy(), scenario.column_upper.copy()
    lower[held] = upper[held] = values[held]
    return _optimum(scenario, cost, lower, upper)


def _optimum(
    scenario: LinearProgram,
    cost: NDArray[np.float64] | None = None,
    lower: NDArray[np.float64] | None = None,
    upper: NDArray[np.float64] | None = None,
) -> float:
    """Optimum of a scenario by SciPy, without its offset."""
    weights = scenario.cost if cost is None else cost
    scale = float(np.abs(weights).max(initial=0.0)) or 1.0
    bounds = Bounds(
        scenario.column_lower if lower is None else lower, scenario.column_upper if upper is None else upper
    )
    rows = LinearConstraint(sp.csc_array(scenario.matrix), scenario.row_lower, scenario.row_upper)
    solved = milp(
        weights / scale,
        integrality=scenario.integer.astype(int),
        bounds=bounds,
        constraints=[rows],
        options={"mip_rel_gap": 0.0},
    )
    if solved.x is None:
        raise RuntimeError(solved.message)
    return float(solved.fun) * scale
