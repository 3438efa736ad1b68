"""How revenue and cost streams are named and grouped for a reader.

A stream is called ``<kind>.<what>``: ``capacity.fr_fcr``, ``tariff.gas_main``, ``slack.unserved_heat``.
"""

from __future__ import annotations

from mes_stoch.schema.instance import Instance

FUEL = "Fuel and other supply"

#: Groups in the order a reader meets them, by the first part of a stream's name.
GROUPS = {
    "capacity": "Capacity",
    "capacity_settlement": "Shortfall of the capacity mechanism",
    "capacity_obligation": "Capacity obligation passed on",
    "enablement": "Enablement",
    "offer": "Cost of offers",
    "energy": "Energy markets",
    "activation": "Activation energy",
    "supplier": "Payments to the supplier",
    "called_energy": "Energy of downward calls",
    "imbalance": "Imbalance",
    "fuel": FUEL,
    "tariff": "Electricity tariffs",
    "demand_charge": "Charges on power",
    "excess_charge": "Charges on power",
    "subscription": "Charges on power",
    "fixed_cost": "Fixed costs",
    "take_or_pay": "Energy paid and not taken",
    "co2": "CO2",
    "operation": "Operation and wear",
    "start": "Starts",
    "discomfort": "Discomfort",
    "penalty": "Penalties",
    "slack": "Slack",
}


def group_of(stream: str, instance: Instance) -> str:
    """Group of a stream; what a connection of another carrier than electricity costs is fuel, not tariff."""
    kind, _, what = stream.partition(".")
    if kind == "tariff":
        connection = instance.connections().get(what)
        if connection is not None and instance.nodes[connection.node].carrier != "electricity":
            return FUEL
    return GROUPS.get(kind, kind.replace("_", " ").capitalize())


def group_order(group: str) -> int:
    """Sorting key of a group; unknown ones come last."""
    known = list(GROUPS.values())
    return known.index(group) if group in known else len(known)
