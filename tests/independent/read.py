"""An instance folder, the catalogue's rules and a tree of scenarios, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import xarray as xr
import yaml

CATALOGUE = Path(__file__).resolve().parents[2] / "mes_stoch" / "schema" / "catalogue"


@dataclass(frozen=True)
class Clock:
    """Periods and their local times."""

    start: datetime
    period_h: float
    periods: int
    first_h: float

    @cached_property
    def hours(self) -> list[float]:
        """Length of every period."""
        return [self.first_h] + [self.period_h] * (self.periods - 1)

    @cached_property
    def borders(self) -> list[float]:
        """Hours from the start of the horizon to the start of every period, and to its end."""
        return [0.0] + [self.first_h + t * self.period_h for t in range(self.periods)]

    def length(self, periods: list[int]) -> float:
        return sum(self.hours[t] for t in periods)

    def mean(self, values: Any, periods: list[int]) -> float:
        """Mean over the time of some periods."""
        return sum(float(values[t]) * self.hours[t] for t in periods) / self.length(periods)

    @cached_property
    def local(self) -> list[datetime]:
        """Local start of every period, and the end of the horizon."""
        utc, zone = self.start.astimezone(ZoneInfo("UTC")), self.start.tzinfo
        return [(utc + timedelta(seconds=round(3600 * hours))).astimezone(zone) for hours in self.borders]

    @property
    def days(self) -> list[date]:
        return [moment.date() for moment in self.local[: self.periods]]

    def blocks(self, block_h: float | None) -> list[list[int]]:
        """Periods of each block of so many local hours, counted from midnight; None: the horizon.

        Blocks of an hour or less follow elapsed time: an hour that the clock shows twice is two blocks.
        """
        if block_h is None:
            return [list(range(self.periods))]
        found: dict[tuple[object, ...], list[int]] = {}
        for t, moment in enumerate(self.local[: self.periods]):
            hours = moment.hour + moment.minute / 60 + moment.second / 3600
            day = (moment.date() - self.local[0].date()).days // max(1, round(block_h / 24))
            offset = moment.utcoffset() if block_h <= 1 else None
            found.setdefault((day, int(hours / block_h + 1e-9) if block_h < 24 else 0, offset), []).append(t)
        return list(found.values())

    @property
    def local_days(self) -> float:
        """Length in days of local clock time: days of 23 and 25 hours count as one."""
        first, last = (self.local[t].replace(tzinfo=None) for t in (0, -1))
        return (last - first) / timedelta(days=1)

    def hours_to_midnight(self, t: int) -> float:
        same = [s for s in range(t, self.periods) if self.days[s] == self.days[t]]
        return self.length(same) if same[-1] < self.periods - 1 else np.inf

    def inside(self, product: Mapping[str, Any]) -> np.ndarray:
        """1 in the periods of a product's calendar and term, 0 outside."""
        return np.asarray([float(_is_inside(moment, product)) for moment in self.local[: self.periods]])


def _is_inside(moment: datetime, product: Mapping[str, Any]) -> bool:
    windows = product.get("calendar") or [{}]
    return any(_in_window(moment, window, product) for window in windows)


def _in_window(moment: datetime, window: Mapping[str, Any], product: Mapping[str, Any]) -> bool:
    start, end = (_minutes(window.get(key, other)) for key, other in (("time_from", "00:00"), ("time_to", "24:00")))
    now, day = moment.hour * 60 + moment.minute, moment.date()
    if end > start:
        is_now = start <= now < end
    else:
        # over midnight: what is after it belongs to the day before
        is_now = now >= start or now < end
        day = day if now >= start else day - timedelta(days=1)
    return is_now and _on_day(day, window, product)


def _on_day(day: date, window: Mapping[str, Any], product: Mapping[str, Any]) -> bool:
    holidays = {str(h) for h in product.get("holidays") or ()}
    works = day.weekday() < 5 and day.isoformat() not in holidays
    days = window.get("days", "all")
    first, last = product.get("contract_start"), product.get("contract_end")
    return (
        day.month in window.get("months", range(1, 13))
        and (days == "all" or (days == "working_days" and works) or (days == "weekends" and day.weekday() >= 5))
        and (first is None or str(first) <= day.isoformat())
        and (last is None or day.isoformat() <= str(last))
    )


def _minutes(text: str) -> int:
    hours, minutes = str(text).split(":")
    return int(hours) * 60 + int(minutes)


@dataclass(frozen=True)
class Scenario:
    """One leaf of the tree."""

    name: str
    probability: float
    node: str
    series: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Site:
    """An instance with the rules of its products."""

    clock: Clock
    nodes: Mapping[str, Any]
    components: Mapping[str, Any]
    products: Mapping[str, Any]
    bids: Mapping[str, bool]
    days_per_year: float
    scenarios: list[Scenario]
    spec: Mapping[str, Any]

    def of_type(self, *types: str) -> dict[str, Any]:
        return {name: spec for name, spec in self.components.items() if spec["type"] in types}

    def of_family(self, *families: str) -> dict[str, Any]:
        return {name: spec for name, spec in self.products.items() if spec["family"] in families}

    def decided(self, key: str, name: str) -> list[float]:
        """What was decided before the horizon, of the first blocks or settlement periods of a product."""
        return list((((self.spec.get("start") or {}).get(key)) or {}).get(name, ()))

    @cached_property
    def traded(self) -> str | None:
        """The grid connection that the products name, or the only one at a node of electricity."""
        named = {spec["connection"] for spec in self.products.values() if spec.get("connection")}
        electric = [
            name for name, c in self.of_type("grid_connection").items() if self._carrier(c["node"]) == "electricity"
        ]
        found = sorted(named) or electric
        if len(found) > 1:
            raise NotImplementedError("several traded connections")
        return found[0] if found and self.products else None

    def _carrier(self, node: str) -> str:
        return str(self.nodes[node]["carrier"])


def read(folder: Path, tree: Path, **bids: bool) -> Site:
    """Read ``folder/instance.yaml`` and its series, and the scenarios of ``tree``."""
    spec = yaml.safe_load((folder / "instance.yaml").read_text(encoding="utf-8"))
    code = str(spec.get("currency", "EUR")).lower()
    spec = _in_euro_keys(spec, code)
    horizon = spec["horizon"]
    zone = ZoneInfo(horizon.get("timezone", "Europe/Paris"))
    start = datetime.fromisoformat(str(horizon["start"])).replace(tzinfo=zone)
    first_h = float(horizon.get("first_period_h") or horizon["period_h"])
    clock = Clock(start, float(horizon["period_h"]), int(horizon["periods"]), first_h)
    common = _common_series(folder, spec.get("series"), code)
    return Site(
        clock=clock,
        nodes=spec["nodes"],
        components=spec["components"],
        products=_products(spec.get("products") or {}),
        bids={"minimum": True, "steps": True} | (spec.get("bids") or {}) | bids,
        days_per_year=float(horizon.get("days_per_year", 365)),
        scenarios=_scenarios(tree, common, code),
        spec=spec,
    )


def _in_euro_keys(value: Any, code: str) -> Any:
    """Keys and names of series with `eur` for the instance's currency."""
    if isinstance(value, dict):
        return {_renamed(k, code): _in_euro_keys(v, code) for k, v in value.items()}
    if isinstance(value, list):
        return [_in_euro_keys(v, code) for v in value]
    return _renamed(value, code)


def _renamed(name: Any, code: str) -> Any:
    return name.replace(f"_{code}", "_eur") if isinstance(name, str) else name


def _products(given: Mapping[str, Any]) -> dict[str, Any]:
    rules: dict[str, Any] = {}
    for file in sorted(CATALOGUE.glob("*.yaml")):
        rules |= yaml.safe_load(file.read_text(encoding="utf-8"))
    merged = {}
    for name, own in given.items():
        like = own.get("like", name)
        merged[name] = {**rules.get(like, {}), **own}
        if merged[name].get("exclusive_with"):
            raise NotImplementedError("exclusive_with")
    return merged


def _common_series(folder: Path, name: str | None, code: str) -> dict[str, np.ndarray]:
    if name is None:
        return {}
    table = pd.read_csv(folder / name)
    return {_renamed(column, code): table[column].to_numpy(float) for column in table.columns if column != "time"}


def _scenarios(tree: Path, common: Mapping[str, np.ndarray], code: str) -> list[Scenario]:
    with xr.open_dataset(tree) as opened:
        data = opened.load()
    return [
        Scenario(
            name=str(data["scenario"].values[s]),
            probability=float(data["probability"].values[s]),
            node=str(data["day_ahead_node"].values[s]),
            series={
                **common,
                **{_renamed(str(k), code): v.values[s].astype(float) for k, v in data.data_vars.items()},
            },
        )
        for s in range(data.sizes["scenario"])
    ]
