"""What the base schedule of a site is, column by column, and base schedules that scenarios have to keep to.

A device has a base operation, in which it keeps free what it holds, and a called operation
(:mod:`mes_stoch.model.site_model`). The **base schedule** of a scenario is

- the positions on energy markets,
- the base operation of every device that feeds or draws at the node of a traded connection (*exchanging* devices: CHP,
  heat pump, battery, PV), with its on/off states, and
- that of all other devices (*following* devices: boiler, heat store, cold store) and of links, which follows what calls
  change of heat, cold and gas.

The rest follows: levels, meters, slack, what is held, called, short and missed. A column belongs to the base operation
of a device if the device's flow in the schedule holds it, or if it is whole (on or off).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from pyomo.core.expr import identify_variables

from mes_stoch.components.shared.context import DirectedProduct, Expression
from mes_stoch.model.groups import ColumnGroup
from mes_stoch.model.program import BoolArray, FloatArray, IndexArray, LinearProgram
from mes_stoch.model.site_model import SiteModel

#: By how much a base schedule may be missed, of the range of a column. A solver's point misses rows and bounds by 1e-7;
#: within no more than that a column could be at both ends of its room, and balances of an idle hour would be broken.
TOLERANCE = 3e-7
#: Ranges below count as this, MW: the solver's tolerance is no share.
_LEAST_RANGE = 1.0


@dataclass(frozen=True)
class BaseScheduleColumns:
    """Columns of the base schedule.

    Parameters
    ----------
    exchanging, following : frozenset of str
        Names of the groups of base operation (``battery.charge_mw``) of devices at traded connections, and of others.
    states : frozenset of str
        Names of the groups of on/off states among them.
    """

    exchanging: frozenset[str]
    following: frozenset[str]
    states: frozenset[str]


@dataclass(frozen=True)
class CalledProduct:
    """One direction of a product that is held ready: which data say what is called of it."""

    product: str
    direction: str
    activation: float | str
    is_continuous: bool


@dataclass(frozen=True)
class ColumnRanges:
    """Ranges that a scenario's columns are kept to; columns without one are as free as they were."""

    columns: IndexArray
    lower: FloatArray
    upper: FloatArray

    def applied_to(self, program: LinearProgram) -> LinearProgram:
        """The program of the scenario with these ranges, cut to its own bounds."""
        lower, upper = program.column_lower.copy(), program.column_upper.copy()
        least, most = lower[self.columns], upper[self.columns]
        lower[self.columns], upper[self.columns] = np.clip(self.lower, least, most), np.clip(self.upper, least, most)
        return replace(program, column_lower=lower, column_upper=upper)


def kept_at(
    values: FloatArray, columns: IndexArray, lower: FloatArray, upper: FloatArray, integer: BoolArray
) -> ColumnRanges:
    """Columns kept at their values, whole ones exactly and others within :data:`TOLERANCE` of their range (of 1 MW).

    Parameters
    ----------
    values : array, shape (all columns,)
    columns : int array
        Those that are kept.
    lower, upper, integer : array, shape (all columns,)
        Bounds and kinds of the program's columns.
    """
    kept = np.where(integer[columns], np.round(values[columns]), values[columns])
    width = upper[columns] - lower[columns]
    room = TOLERANCE * np.maximum(np.where(np.isfinite(width), width, np.abs(kept)), _LEAST_RANGE)
    room = np.where(integer[columns], 0.0, room)
    return ColumnRanges(columns, kept - room, kept + room)


def base_schedule_columns(site: SiteModel) -> BaseScheduleColumns:
    """Which groups of columns of a model are base operation: told by the flows of its first period."""
    connections, traded = site.instance.connections(), set(site.scheduled_connections())
    groups = {id(variable): group for group, variables in site.variables for variable in variables}
    found = {
        group.name: group.owner
        for group, variables in site.variables
        if _is_dispatch(site, group) and variables[0].is_integer() and group.owner not in site.link_flows
    }
    states = frozenset(found)
    exchanging: set[str] = set()
    for node, flows in site.nodes.items():
        for owner, flow in flows.base:
            if owner in connections:
                continue
            # the flow of a link is that of operation: it follows what calls change
            if node in traded and owner not in site.link_flows:
                exchanging.add(owner)
            own = (groups.get(id(variable)) for variable in _variables(flow(0)))
            found |= {group.name: group.owner for group in own if group is not None and _is_dispatch(site, group)}
    return BaseScheduleColumns(
        exchanging=frozenset(name for name, owner in found.items() if owner in exchanging),
        following=frozenset(name for name, owner in found.items() if owner not in exchanging),
        states=states,
    )


def _is_dispatch(site: SiteModel, group: ColumnGroup) -> bool:
    return group.role == "dispatch" and group.owner in site.instance.components


def _variables(flow: Expression) -> Iterator[Any]:
    return iter(()) if isinstance(flow, int | float) else identify_variables(flow, include_fixed=True)


def called_products(directed: Sequence[DirectedProduct]) -> tuple[CalledProduct, ...]:
    """Directions of products that the data may call at all."""
    return tuple(
        CalledProduct(one.product_id, one.direction, one.activation, one.is_pro_rata)
        for one in directed
        if one.is_ever_called
    )
