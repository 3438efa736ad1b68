"""Sites whose horizon starts inside a period: the first one is what is left of it.

What was decided of blocks and settlement periods that have begun is given under ``start``; what a shorter first period
does not go with is taken out.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from helpers.site_builder import catalogue
from mes_stoch.schema.instance import Instance

#: Share of the sites that start inside a period, and what may be over of it.
SHARE, PARTS = 0.4, (0.25, 0.4, 0.5, 0.75)

_WAYS = ("start_up_power_mw", "shut_down_power_mw", "state_block_h", "mode_block_h")
_OFFERS = (
    "capacity_offer_prices_eur_per_mw_h",
    "sell_limit_prices_eur_per_mwh",
    "buy_limit_prices_eur_per_mwh",
)


def begun_at_random(spec: dict[str, Any], seed: int) -> dict[str, Any]:
    """The site as it is, or now and then one that starts inside its first period."""
    draw = np.random.default_rng([seed, 77])
    return begun(spec, draw) if draw.random() < SHARE else spec


def begun_instance_at_random(instance: Instance, seed: int) -> Instance:
    """The same of an instance."""
    return Instance.model_validate(begun_at_random(instance.model_dump(mode="json"), seed))


def begun(spec: dict[str, Any], draw: np.random.Generator) -> dict[str, Any]:
    """Start a site, as in ``instance.yaml``, inside its first period; the mapping itself is changed."""
    horizon = spec["horizon"]
    period_h = float(horizon["period_h"])
    over_h = round(float(draw.choice(PARTS)) * period_h, 6)
    horizon["start"] = (pd.Timestamp(horizon["start"]) + pd.Timedelta(hours=over_h)).isoformat()
    horizon["first_period_h"] = period_h - over_h
    for component in spec["components"].values():
        for key in _WAYS:
            component.pop(key, None)
        if isinstance(component.get("initial_flow_mw"), list):
            component["initial_flow_mw"].append(component["initial_flow_mw"][-1])
        for job in component.get("jobs") or ():
            _later(job, over_h, horizon["first_period_h"])
    given: dict[str, dict[str, list[float]]] = {"commitments_mw": {}, "positions_mw": {}}
    for name, product in spec["products"].items():
        for key in _OFFERS:
            product.pop(key, None)
        rules = {**catalogue().get(product.get("like", name), {}), **product}
        if rules["family"] == "energy":
            # outside its calendar nothing was traded
            if not rules.get("calendar"):
                given["positions_mw"][name] = [_position(rules, draw)]
        elif rules.get("volume_max_mw") is not None and rules.get("block_h") is not None:
            given["commitments_mw"][name] = [_volume(rules, draw)]
    spec["start"] = {key: values for key, values in given.items() if values} or None
    return spec


def _later(job: dict[str, Any], over_h: float, first_h: float) -> None:
    """Hours of a job count from the start, which is later; what it needs shrinks with its time."""
    before = job["to_h"] - job["from_h"]
    job["from_h"], job["to_h"] = max(0.0, job["from_h"] - over_h), job["to_h"] - over_h
    if job["from_h"] < first_h:
        job.pop("repeat_h", None)
    job["energy_mwh"] *= (job["to_h"] - job["from_h"]) / before


def _position(rules: dict[str, Any], draw: np.random.Generator) -> float:
    most = min(0.5, rules.get("liquidity_mw") or 0.5)
    return round(float(draw.uniform(-most, most)), 3)


def _volume(rules: dict[str, Any], draw: np.random.Generator) -> float:
    """Nothing, or the smallest bid."""
    step, least = rules.get("bid_step_mw") or 0.1, rules.get("minimum_bid_mw") or 0.0
    volume = step * max(1, math.ceil(least / step - 1e-9))
    is_possible = volume <= rules["volume_max_mw"] and not rules.get("exclusive_with")
    return round(volume, 6) if is_possible and draw.random() < 0.6 else 0.0
