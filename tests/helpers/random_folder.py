"""Random sites as folders a user would write, with everything that is held ready and called beside energy.

Those of :mod:`helpers.random_reserves` with contracts, offers, demand reduction, the capacity mechanism, bid rules,
markets of several settlement periods, units with minimum times and states before the horizon, an electrolyser with its
tank, sources that cannot be curtailed, and days on which the clock changes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from helpers.begun_period import begun_at_random
from helpers.random_reserves import ReserveSite
from helpers.site_builder import period_starts

CARRIERS = {"power": "electricity", "warmth": "heat", "fuel": "gas", "hydrogen": "hydrogen"}
STARTS = ("2025-01-15T00:00", "2025-01-15T06:00", "2025-01-17T20:00", "2025-03-30T00:00", "2025-10-26T00:00")
RESERVES = ("fr_fcr", "fr_afrr_up", "fr_afrr_down", "fr_mfrr_up", "fr_mfrr_down", "fr_rc_up")


class ContractSite(ReserveSite):
    """One random site; ``seed`` says which."""

    def write(self, folder: Path) -> Path:
        """Write ``instance.yaml`` and ``scenarios.csv``."""
        reserves = {name: self._rules(name, fields) for name, fields in self._products().items()}
        products = reserves | self._contracts()
        components = self._components(tuple(products))
        components |= self._more(tuple(products))
        self._certify(components, products)
        held = {product for spec in components.values() for product in spec.get("provides", ())}
        self._markets()
        chosen = {name: fields for name, fields in products.items() if name in held}
        folder.mkdir(parents=True, exist_ok=True)
        spec = begun_at_random(self._instance(components, chosen), self.seed)
        text = yaml.safe_dump(_plain(spec), sort_keys=False)
        (folder / "instance.yaml").write_text(text, encoding="utf-8")
        self._scenarios(spec["horizon"]).to_csv(folder / "scenarios.csv", index=False)
        return folder

    def _instance(self, components: dict[str, Any], products: dict[str, Any]) -> dict[str, Any]:
        nodes = {
            node
            for spec in components.values()
            for node in [spec.get("node"), *(p["node"] for p in [*spec.get("inputs", ()), *spec.get("outputs", ())])]
            if node
        }
        weights = self._draw.uniform(0.5, 2.0, self.leaves)
        names = [f"s{leaf}" for leaf in range(self.leaves)]
        instance = {
            "format": 1,
            "name": "random_site",
            "horizon": {
                "start": self.start,
                "timezone": "Europe/Paris",
                "period_h": self.period_h,
                "periods": self.periods,
            },
            "carriers": [CARRIERS[node] for node in CARRIERS if node in nodes],
            "nodes": {node: {"carrier": CARRIERS[node]} for node in CARRIERS if node in nodes},
            "components": components,
            "products": self._energy | products,
            "price_cap_eur_per_mwh": 1000,
            "bids": {"minimum": self._chance(0.3), "steps": self._chance(0.3)},
            "uncertainty": {
                "kind": "explicit",
                "probabilities": dict(zip(names, (weights / weights.sum()).tolist(), strict=True)),
                "day_ahead_nodes": {name: f"d{node}" for name, node in zip(names, self.node_of_leaf, strict=True)},
            },
        }
        return _plain(instance)  # type: ignore[no-any-return]

    def _scenarios(self, horizon: dict[str, Any]) -> pd.DataFrame:
        times = [moment.isoformat() for moment in period_starts(horizon)]
        rows = {"scenario": [f"s{leaf}" for leaf in range(self.leaves) for _ in times], "time": times * self.leaves}
        series = {name: np.asarray(values).reshape(-1) for name, values in self.series.items()}
        return pd.DataFrame(rows | series)

    # -- what is drawn ------------------------------------------------------------------------------------------------

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.start = str(self._draw.choice(STARTS))
        # in quarters of an hour a site is large enough in three hours
        self.hours = min(self.hours, 6) if self.period_h == 1 else 3
        self.periods = round(self.hours / self.period_h)
        self._energy: dict[str, Any] = {}

    def _markets(self) -> None:
        by_node = self._draw.uniform(-20, 150, (max(self.node_of_leaf) + 1, self.periods)).round(2)
        self.series["da_eur_per_mwh"] = by_node[self.node_of_leaf]
        hourly = float(self._draw.choice([self.period_h, 1.0]))
        self._energy = {"da": {"price_eur_per_mwh": "da_eur_per_mwh", "settlement_period_h": hourly}}
        if self._chance(0.5):
            self._energy["da"]["fee_eur_per_mwh"] = 0.5
        if self._chance(0.5):
            name = str(self._draw.choice(["id", "ida3"]))
            noise = self._draw.normal(0, 25, (self.leaves, self.periods))
            self.series["id_eur_per_mwh"] = np.round(self.series["da_eur_per_mwh"] + noise, 2)
            self._energy[name] = {
                "price_eur_per_mwh": "id_eur_per_mwh",
                "settlement_period_h": self.period_h,
                "half_spread_eur_per_mwh": 1.0,
                "liquidity_mw": self._number(0.2, 1.0),
            }
        self._energy["imbalance"] = self._imbalance()

    def _imbalance(self) -> dict[str, Any]:
        if self._chance(0.4):
            for name in ("vwap_up", "vwap_down"):
                self._series(f"{name}_eur_per_mwh", -50, 300)
            self.series["trend_per_unit"] = self._draw.choice([-1.0, 0.0, 1.0], (self.leaves, self.periods))
            return {
                "vwap_up_eur_per_mwh": "vwap_up_eur_per_mwh",
                "vwap_down_eur_per_mwh": "vwap_down_eur_per_mwh",
                "system_trend_per_unit": "trend_per_unit",
                "k_per_unit": 0.05,
            }
        period = float(self._draw.choice([self.period_h, max(0.5, self.period_h)]))
        return {
            "price_long_eur_per_mwh": self._number(-20, 20),
            "price_short_eur_per_mwh": self._number(100, 400),
            "settlement_period_h": period,
        }

    def _rules(self, name: str, fields: dict[str, Any]) -> dict[str, Any]:
        """A reserve with bid rules, ways of settlement, offers at a price."""
        fields |= self._bid(fields["volume_max_mw"])
        if fields["block_h"] is not None and (self.start != STARTS[0] or self.hours % fields["block_h"]):
            # blocks of several hours do not begin or end with every horizon
            fields["block_h"] = 1
        fields["energy_settlement"] = str(self._draw.choice(["ordered", "ordered", "delivered", "uncorrected"]))
        fields["missed_penalty_eur_per_mwh"] = self._number(50, 400)
        fields["clawback_per_unit"] = self._number(0.2, 1.5)
        if self._chance(0.3):
            fields["delivery_tolerance_per_unit"] = 0.1
        if name in ("fr_afrr_up", "fr_afrr_down") and self._chance(0.4):
            fields["offer_price_eur_per_mwh"] = 90.0
            fields["marginal_price_eur_per_mwh"] = self._series(f"{name}_marginal_eur_per_mwh", 20, 180)
        return fields

    def _bid(self, most: float) -> dict[str, float]:
        step = float(self._draw.choice([0.1, 0.25]))
        steps = min(int(self._draw.integers(1, 4)), int(most / step))
        return {"minimum_bid_mw": round(steps * step, 2), "bid_step_mw": step}

    def _contracts(self) -> dict[str, dict[str, Any]]:
        draw = {
            "enedis_local_reserved": self._local,
            "enedis_local_unreserved": self._local,
            "fr_aofd": self._tender,
            "fr_ma_up": self._offer,
            "fr_ma_down": self._offer,
            "fr_nebef": self._reduction,
            "fr_capacity": self._capacity,
        }
        return {name: build(name) for name, build in draw.items() if self._chance(0.4)}

    def _common(self, name: str) -> dict[str, Any]:
        most = self._number(0.5, 2.5)
        fields: dict[str, Any] = {"volume_max_mw": most, **self._bid(most)}
        if self._chance(0.4):
            fields["exclusivity_group"] = str(self._draw.choice(["one", "two", "every"]))
        return fields

    def _calls(self, name: str, direction: str, fields: dict[str, Any], discrete: bool) -> float | str:
        """As drawn, but now and then half of the volume is called."""
        series = super()._calls(name, direction, fields, discrete)
        if discrete and isinstance(series, str) and self._chance(0.4):
            self.series[series] = 0.5 * self.series[series]
        return series

    def _called(self, name: str, window: str | None) -> str | float:
        """Shares of one call of an hour at most, inside the window as a whole."""
        fields: dict[str, Any] = {"window_per_unit": window}
        return self._calls(name, "up", fields, True)

    def _local(self, name: str) -> dict[str, Any]:
        window = self._window(name) if self._chance(0.6) else None
        fields = self._common(name) | {"zone": "somewhere", "activation_price_eur_per_mwh": self._number(60, 300)}
        fields["missed_penalty_eur_per_mwh"] = self._number(100, 300)
        fields["sustain_h"] = float(self._draw.choice([0.5, 1.0, 2.0]))
        fields |= {"call_minimum_h": float(self._draw.choice([0.5, 1.0])), "rest_minimum_h": 1.0}
        fields["activation_per_unit"] = self._called(name, window)
        if window:
            fields["window_per_unit"] = window
        if name == "enedis_local_reserved":
            fields |= {"fixed_price_eur_per_mw_year": self._number(2000, 20000), "window_hours_per_year": 500}
            fields["block_h"] = self._draw.choice(np.array([1, None], dtype=object))
            fields["direction"] = str(self._draw.choice(["up", "up", "down"]))
            if fields["direction"] == "down":
                fields["energy_price_eur_per_mwh"] = self._number(0, 80)
        return fields

    def _tender(self, name: str) -> dict[str, Any]:
        window = self._window(name) if self._chance(0.5) else None
        fields = self._common(name) | {
            "calendar": [{"time_from": "01:00", "time_to": "23:00"}] if window is None else [],
            "tender_price_eur_per_mw_year": self._number(10000, 40000),
            "capacity_reference_price_eur_per_mw_year": 6000.0,
            "window_hours_per_year": 2000,
            "activation_bonus_eur_per_mwh": self._number(0, 100),
            "activation_per_unit": 0.0 if window is None else self._called(name, window),
        }
        return fields | ({"window_per_unit": window} if window else {})

    def _offer(self, name: str) -> dict[str, Any]:
        way = name.rsplit("_", 1)[1]
        marginal = self._series(f"{name}_marginal_eur_per_mwh", 20, 250)
        return self._common(name) | {
            "offer_price_eur_per_mwh": 140.0 if way == "up" else 60.0,
            "marginal_price_eur_per_mwh": marginal,
            f"energy_price_{way}_eur_per_mwh": marginal,
            f"activation_{way}_per_unit": 1.0,
            "missed_penalty_eur_per_mwh": self._number(100, 400),
        }

    def _reduction(self, name: str) -> dict[str, Any]:
        by_node = self._draw.uniform(50, 250, (max(self.node_of_leaf) + 1, self.periods)).round(2)
        self.series["block_price_eur_per_mwh"] = by_node[self.node_of_leaf]
        return self._common(name) | {
            "price_eur_per_mwh": "block_price_eur_per_mwh",
            "supplier_payment_eur_per_mwh": 40.0,
            "calendar": [{"time_from": "02:00", "time_to": "23:00"}],
        }

    def _capacity(self, name: str) -> dict[str, Any]:
        critical = (self._draw.random((self.leaves, self.periods)) < 0.5).astype(float)
        self.series["critical_per_unit"] = critical
        fields = {
            "available_mw": self._number(1, 5),
            "daily_stock_factor_per_unit": 0.9,
            "weekly_stock_factor_per_unit": 1.0,
            "price_eur_per_mw_year": self._number(3000, 12000),
            "critical_per_unit": "critical_per_unit",
            "calendar": [],
            "converters_count": str(self._draw.choice(["available", "running"])),
        }
        if self._chance(0.3):
            fields |= {"obligation_price_eur_per_mw_year": 5000.0, "obligation_per_unit": "critical_per_unit"}
        return fields

    def _certify(self, components: dict[str, Any], products: dict[str, Any]) -> None:
        """Who counts for the capacity mechanism, and whose products are not for it."""
        for spec in components.values():
            kind = spec["type"]
            is_load = kind == "converter" and spec["outputs"][0]["node"] != "power"
            keeps = {
                "fr_nebef": kind == "sheddable_demand",
                "fr_capacity": kind in ("storage", "source", "sheddable_demand", "converter") and not is_load,
            }
            if "provides" in spec:
                spec["provides"] = [name for name in spec["provides"] if keeps.get(name, True)]

    def _more(self, products: tuple[str, ...]) -> dict[str, dict[str, Any]]:
        own: dict[str, dict[str, Any]] = {}
        if self._chance(0.3):
            own |= self._hydrogen(products)
        if self._chance(0.3):
            own["wind"] = {
                "type": "source",
                "node": "power",
                "available_mw": self._series("wind_mw", 0, 1),
                "curtailable": False,
            }
        if self._chance(0.3):
            own["store_to_fill"] = self._store("power", self._provides(products)) | {"discharge_max_mw": 0.0}
        if self._chance(0.2):
            own["store_to_empty"] = self._store("power", self._provides(products))
            own["store_to_empty"] |= {"charge_max_mw": 0.0, "standing_loss_per_h": 0.0}
            own["store_to_empty"]["terminal_mwh"] = own["store_to_empty"]["energy_min_mwh"]
        return own

    def _store(self, node: str, provides: list[str]) -> dict[str, Any]:
        store = super()._store(node, provides)
        for level in ("initial_mwh", "terminal_mwh"):
            store[level] = max(store[level], store["energy_min_mwh"])
        return store

    def _hydrogen(self, products: tuple[str, ...]) -> dict[str, dict[str, Any]]:
        unit = self._unit("power", [("power", 1.0)], [("hydrogen", 0.7)], products)
        return {
            "electrolyser": unit,
            "tank": self._store("hydrogen", []),
            "filling": {"type": "demand", "node": "hydrogen", "demand_mw": self._series("filling_mw", 0, 0.3)},
        }

    def _unit(self, *given: Any) -> dict[str, Any]:
        unit = super()._unit(*given)
        if self._chance(0.3):
            unit["energy_ramp_mw_per_min"] = self._number(0.01, 0.05)
        if "power_min_mw" in unit:
            unit |= self._states(unit["power_max_mw"], unit["power_min_mw"])
        return unit

    def _states(self, most: float, least: float) -> dict[str, Any]:
        """Minimum times, limits of starts and stops, the state before the horizon."""
        fields: dict[str, Any] = {}
        if self._chance(0.3) and self.period_h < 1:
            fields["state_block_h"] = 1
        if self._chance(0.5):
            fields |= {"minimum_up_h": float(self._draw.choice([1, 2])), "minimum_down_h": 1.0}
        if self._chance(0.4):
            fields["stop_power_max_mw"] = round(float(self._draw.uniform(least, most)), 3)
        if self._chance(0.3):
            fields["starts_max_per_day"] = 1
        if self._chance(0.4):
            fields["initial_on"] = self._chance(0.5)
            if self._chance(0.5):
                fields["initial_state_h"] = 1.0
        return fields


def _plain(value: Any) -> Any:
    """Without NumPy's types, which YAML does not know."""
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return value.item() if isinstance(value, np.generic) else value
