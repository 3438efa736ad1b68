"""An instance as a mapping, put together from pieces."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from mes_stoch.io.catalogue.products import product_catalogue
from mes_stoch.starting.choices import Choices
from mes_stoch.starting.pieces import Piece, ProductChoice

SERIES_FILE = "series.csv"


def compose(choices: Choices) -> dict[str, Any]:
    """The instance in the format's own names; a currency other than the euro is put in afterwards."""
    site, own = choices.site, choices.country
    instance: dict[str, Any] = {"format": 1, "name": choices.name, "description": f"{site.says}; {own.name}."}
    if own.currency != "EUR":
        instance["currency"] = own.currency
    instance |= {
        "horizon": _horizon(choices),
        "carriers": list(site.carriers),
        "nodes": {name: dict(node) for name, node in site.nodes.items()},
        "components": {name: _component(choices, name, piece) for name, piece in site.components.items()},
        "products": _products(choices),
    }
    if site.series:
        instance["series"] = SERIES_FILE
    instance["uncertainty"] = {
        "kind": "synthetic",
        "process": own.process,
        "seed": int(choices.start.strftime("%Y%m%d")),
        "scenarios": choices.scenarios,
        "parameters": _parameters(choices),
    }
    instance["solve"] = {"method": "auto", "gap_rel": 0.02, "time_limit_s": 300}
    return instance


def local_day(choices: Choices) -> tuple[datetime, datetime]:
    """Local midnights that the day lies between: it may have 23 or 25 hours."""
    zone = ZoneInfo(choices.country.timezone)
    first = datetime.combine(choices.start, datetime.min.time())
    return first.replace(tzinfo=zone), (first + timedelta(days=1)).replace(tzinfo=zone)


def periods_of(choices: Choices) -> int:
    """Number of periods of the day."""
    first, last = (moment.timestamp() for moment in local_day(choices))
    return round((last - first) / 3600 / choices.country.period_h)


def _horizon(choices: Choices) -> dict[str, Any]:
    return {
        "start": f"{choices.start.isoformat()}T00:00",
        "timezone": choices.country.timezone,
        "period_h": choices.country.period_h,
        "periods": periods_of(choices),
    }


def _component(choices: Choices, name: str, piece: Piece) -> dict[str, Any]:
    written = dict(piece.written)
    provides = [
        product
        for choice in choices.products
        if choice in piece.can and choices.country.products[choice].is_held
        for product in choices.country.products[choice].entries
    ]
    return {**written, "provides": provides} if provides else written


def _products(choices: Choices) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for choice in choices.products:
        product = choices.country.products[choice]
        for name, entry in product.entries.items():
            found[name] = _entry(choices, choice, product, name, entry)
    return found


def _entry(
    choices: Choices, choice: str, product: ProductChoice, name: str, rules: Mapping[str, Any]
) -> dict[str, Any]:
    if not product.is_held:
        return dict(rules)
    held = choices.providers(choice)
    step = choices.site.bid_step_mw
    volume = round(sum(piece.holds_mw for piece in held.values()), 6)
    bids = {"volume_max_mw": volume, "minimum_bid_mw": step, "bid_step_mw": step}
    # the product that it is like comes first
    like = {"like": rules["like"]} if "like" in rules else {}
    entry = {**like, **bids, **{key: value for key, value in rules.items() if key != "like"}}
    if product.has_trapezia:
        is_up = product_catalogue()[name]["direction"] == "up"
        entry["units"] = {unit: _trapezium(piece, is_up, product.is_controlled) for unit, piece in held.items()}
    return entry


def _trapezium(piece: Piece, is_up: bool, is_controlled: bool) -> dict[str, float]:
    if piece.trapezia is None:
        raise ValueError(f"the piece `{piece.says}` can provide FCAS, and has no trapezia")
    shape = piece.trapezia.up if is_up else piece.trapezia.down
    return {**shape, **(piece.trapezia.controlled if is_controlled else {})}


def _parameters(choices: Choices) -> dict[str, float]:
    own = choices.country
    found = {}
    for level, value in choices.site.levels.items():
        for name, share in own.levels.get(level, {level: 1.0}).items():
            found[name] = round(share * value, 6)
    return {**found, **own.parameters}
