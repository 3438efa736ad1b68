"""The operation that a deviation starts from: one scenario of a run, read from its files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mes_stoch.evaluation.stress.plan import Plan
from mes_stoch.schema.errors import MissingEntryError, UsageError
from mes_stoch.settlement.data import SettlementData
from mes_stoch.views.hub import Hub
from mes_stoch.views.hub_assembly import build_hub

Values = NDArray[np.float64]

_SUFFIX = {"MW": "_mw", "MWh": "_mwh", "1": ""}


@dataclass(frozen=True)
class Reference:
    """One scenario as it was operated, on the steps of a hub.

    Parameters
    ----------
    hub : Hub
    plan : Plan
        What is held and called, in every scenario of the run.
    place : int
        Position of the scenario among those of the run.
    known : array, shape (columns of the hub,)
        Values of states, levels and slack; NaN for what the files do not say.
    """

    hub: Hub
    plan: Plan
    place: int
    known: Values

    @property
    def data(self) -> SettlementData:
        return self.plan.data

    @property
    def scenario(self) -> str:
        return self.data.scenarios[self.place]

    def flow(self, component: str, node: str) -> Values:
        """Metered flow of a component into a node, calls included, MW by step."""
        flow: Values = self.data.metered(component, node)[self.place]
        return flow[self.hub.steps.period_of_step]

    def series(self, quantity: float | str) -> Values:
        """A number or a series of the scenario by step."""
        values: Values = self.data.values(quantity)[self.place]
        return values[self.hub.steps.period_of_step]


def make_reference(data: SettlementData, scenario: str, cuts_h: Sequence[float]) -> Reference:
    """Read the operation of a scenario of a run.

    Parameters
    ----------
    data : SettlementData
    scenario : str
    cuts_h : sequence of float
        Moments within a period, as of :func:`~mes_stoch.views.hub_assembly.build_hub`.

    Raises
    ------
    UsageError
        The run has no such scenario.
    MissingEntryError
        The solution does not have a level or a state that the hub has.
    """
    if scenario not in data.scenarios:
        shown = ", ".join(data.scenarios[:5]) + (", ..." if len(data.scenarios) > 5 else "")
        raise UsageError(f"the run has no scenario {scenario!r}; its scenarios are {shown}")
    place = data.scenarios.index(scenario)
    hub = build_hub(data.instance, data.tree, data.tree.scenario_names.index(scenario), cuts_h=cuts_h)
    return Reference(hub, Plan(data), place, _known(data, place, hub))


def _known(data: SettlementData, place: int, hub: Hub) -> Values:
    """States, levels at the end of periods, and slack.

    Raises
    ------
    MissingEntryError
        The solution does not have a level or a state that the hub has.
    """
    known = np.full(len(hub.columns), np.nan)
    for (component, name, unit, role), own in hub.columns.groupby(["component", "name", "unit", "role"], sort=False):
        quantity = f"{component}.{name}{_SUFFIX.get(str(unit), '')}"
        if role not in ("state", "level", "slack"):
            continue
        if not data.has(quantity):
            if role == "slack":
                continue
            raise MissingEntryError("solution.nc", quantity, f"the {role} of that name that the hub has")
        positions, values = _placed(hub, own, role == "level", data.decided(quantity)[place])
        if len(values) != len(positions):
            expected = f"{len(positions)} values of the {role}, as the hub has; found {len(values)}"
            raise MissingEntryError("solution.nc", quantity, expected)
        known[positions] = np.round(values) if role == "state" else values
    return known


def _placed(hub: Hub, own: pd.DataFrame, is_level: bool, values: Values) -> tuple[NDArray[np.int64], Values]:
    """Columns and their values: levels at the end of periods, and what goes by steps as in its period."""
    positions, steps = own.index.to_numpy(), own["step"].to_numpy()
    if is_level:
        # within a period the files say nothing
        is_last = np.append(np.diff(hub.steps.period_of_step) > 0, True)
        return positions[is_last[steps]], values
    periods = int(hub.steps.period_of_step[-1]) + 1
    if len(values) == periods and len(positions) == len(hub.steps):
        return positions, values[hub.steps.period_of_step[steps]]
    return positions, values
