"""A battery in Python: two hours, two scenarios, and what it earns by hand.

1 MWh, 1 MW, no losses; bought at 20 and sold at 40 or 60 EUR/MWh: (20 + 40) / 2 = 30 EUR.
"""

from __future__ import annotations

from typing import Any

import mes_stoch as ms

PRICE = "price_eur_per_mwh"
PROFIT = 30.0
SCENARIOS = {"low": {PRICE: [20.0, 40.0]}, "high": {PRICE: [20.0, 60.0]}}


def description(**components: Any) -> dict[str, Any]:
    """What ``instance.yaml`` would hold; components are added."""
    return {
        "format": 1,
        "name": "battery",
        "carriers": ["electricity"],
        "horizon": {"start": "2025-01-15T00:00", "timezone": "Europe/Paris", "period_h": 1, "periods": 2},
        "nodes": {"power": {"carrier": "electricity"}},
        "components": {
            "grid": {"type": "grid_connection", "node": "power", "import_max_mw": 1, "export_max_mw": 1},
            "battery": {
                "type": "storage",
                "node": "power",
                "energy_max_mwh": 1,
                "charge_max_mw": 1,
                "discharge_max_mw": 1,
                "initial_mwh": 0,
                "terminal_mwh": 0,
            },
            **components,
        },
        "products": {"da": {"price_eur_per_mwh": PRICE, "settlement_period_h": 1}},
    }


def battery(**components: Any) -> ms.Site:
    return ms.site(description(**components), scenarios=SCENARIOS)


def profit(site: ms.Site) -> float:
    run = ms.solve(site)
    assert run is not None
    assert ms.settle(run).agrees
    return float(run.summary["objective"])
