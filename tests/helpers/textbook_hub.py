"""The textbook energy hub: transformer, micro-turbine, furnace and heat exchanger, with or without a heat store.

After Geidl and Andersson, IEEE Trans. Power Syst. 22(1), 2007, doi 10.1109/TPWRS.2006.888988. Electricity, gas and
district heat come in, electricity and heat go out. Every converter has its reference at its input, so that its ratios
are the efficiencies of the coupling matrix; the numbers are ours.
"""

from __future__ import annotations

from typing import Any

from helpers.site_builder import make_instance, make_tree
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.tree import ScenarioTree

ETA_TRANSFORMER, ETA_POWER, ETA_HEAT, ETA_FURNACE, ETA_EXCHANGER = 0.98, 0.35, 0.45, 0.9, 0.95

NODES: dict[str, dict[str, Any]] = {
    "street": {"carrier": "electricity"},
    "gas": {"carrier": "gas"},
    "district": {"carrier": "heat"},
    "power": {"carrier": "electricity"},
    "heat": {"carrier": "heat"},
}
#: Slack would be further inputs and outputs.
NO_SLACK = {"unserved_penalty_eur_per_mwh": None, "dump_penalty_eur_per_mwh": None}


def _network(node: str, price: float) -> dict[str, Any]:
    return {
        "type": "grid_connection",
        "node": node,
        "import_max_mw": None,
        "export_max_mw": 0.0,
        "import_price_eur_per_mwh": price,
    }


def _converter(source: str, outputs: dict[str, float], largest: float) -> dict[str, Any]:
    return {
        "type": "converter",
        "reference": source,
        "inputs": [{"node": source, "ratio_per_unit": 1.0}],
        "outputs": [{"node": node, "ratio_per_unit": ratio} for node, ratio in outputs.items()],
        "power_max_mw": largest,
    }


def textbook_hub(
    power_mw: float | list[float],
    heat_mw: float | list[float],
    *,
    exchanger: bool = True,
    store: dict[str, Any] | None = None,
    periods: int = 1,
    period_h: float = 1.0,
) -> tuple[Instance, ScenarioTree]:
    """The hub with loads at its two outputs."""
    components = {
        "electricity": _network("street", 100.0),
        "natural_gas": _network("gas", 30.0),
        "transformer": _converter("street", {"power": ETA_TRANSFORMER}, 5.0),
        "turbine": _converter("gas", {"power": ETA_POWER, "heat": ETA_HEAT}, 4.0),
        "furnace": _converter("gas", {"heat": ETA_FURNACE}, 5.0),
        "lighting": {"type": "demand", "node": "power", "demand_mw": "power_load_mw"},
        "heating": {"type": "demand", "node": "heat", "demand_mw": "heat_load_mw"},
    }
    if exchanger:
        components["district_heat"] = _network("district", 20.0)
        components["exchanger"] = _converter("district", {"heat": ETA_EXCHANGER}, 1.0)
    if store is not None:
        components["hot_water"] = {"type": "storage", "node": "heat", **store}
    nodes = {name: fields | NO_SLACK for name, fields in NODES.items() if exchanger or name != "district"}
    instance = make_instance(components, periods=periods, period_h=period_h, nodes=nodes)
    in_order = {name: instance.nodes[name] for name in nodes}
    instance = instance.model_copy(update={"nodes": in_order})
    return instance, make_tree(instance, {"power_load_mw": power_mw, "heat_load_mw": heat_mw})
