"""An oracle site solved by mes_stoch; and what its settlement says of the same operation."""

from __future__ import annotations

from typing import Any

from helpers.settled_run import solved
from helpers.site_builder import make_tree

from mes_stoch.schema.instance import Instance
from mes_stoch.settlement.data import SettlementData
from mes_stoch.settlement.settlement import settle_data
from oracles.sites import GAP, OracleSite


def instance_of(site: OracleSite) -> Instance:
    """The site with every slack forbidden, as in the other tools."""
    forbidden = {"unserved_penalty_eur_per_mwh": None, "dump_penalty_eur_per_mwh": None}
    components: dict[str, dict[str, Any]] = {name: dict(spec) for name, spec in site.components.items()}
    for spec in components.values():
        if spec["type"] == "storage":
            spec["terminal_penalty_eur_per_mwh"] = None
    return Instance.model_validate(
        {
            "format": 1,
            "name": "oracle",
            "horizon": {"start": "2025-01-13T00:00", "period_h": site.period_h, "periods": site.periods},
            "carriers": sorted(set(site.nodes.values())),
            "nodes": {name: {"carrier": carrier, **forbidden} for name, carrier in site.nodes.items()},
            "components": components,
            "uncertainty": {"kind": "explicit"},
        }
    )


def costs(site: OracleSite) -> tuple[float, float]:
    """Least cost of the horizon, EUR, and what settling the same run from its files says."""
    instance = instance_of(site)
    tree = make_tree(instance, site.series)
    run = solved(instance, tree, gap_rel=GAP, time_limit_s=600.0)
    settlement = settle_data(SettlementData(instance, tree, run.solution, run.flow_data))
    return -run.expected_profit, -settlement.expected_profit
