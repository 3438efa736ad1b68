"""What can be understood of an instance that may still have mistakes.

Checks between entries run on every entry that is sound by itself, so that one mistake does not hide the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from mes_stoch.io.catalogue.products import catalogue_problems, product_catalogue
from mes_stoch.io.readers.currency import currency_code
from mes_stoch.io.readers.locate import Locator, did_you_mean, listed, nearest, show
from mes_stoch.schema.component import Component
from mes_stoch.schema.emission import Co2
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.instance import AnyComponent, AnyProduct, AnyRisk, Bids, Horizon, Node, Start, Uncertainty
from mes_stoch.schema.product import MarketProduct
from mes_stoch.schema.risk import Risk

T = TypeVar("T")

_COMPONENT: TypeAdapter[Component] = TypeAdapter(AnyComponent)
_PRODUCT: TypeAdapter[MarketProduct] = TypeAdapter(AnyProduct)
_UNCERTAINTY: TypeAdapter[Uncertainty] = TypeAdapter(Uncertainty)
_NODE = TypeAdapter(Node)
_HORIZON = TypeAdapter(Horizon)
_BIDS = TypeAdapter(Bids)
_START = TypeAdapter(Start)
_CO2 = TypeAdapter(Co2)
_RISK: TypeAdapter[Risk] = TypeAdapter(AnyRisk)


@dataclass(frozen=True)
class PartialInstance:
    """The sound entries of an instance, and the names of all entries.

    ``broken_components`` holds the data of components that are not sound: what they would connect is not known, so
    nothing is said about what they might touch. ``currency`` is ``None`` where the entry is no code.
    """

    currency: str | None
    horizon: Horizon | None
    carriers: tuple[str, ...]
    nodes: dict[str, Node]
    node_names: tuple[str, ...]
    components: dict[str, Component]
    broken_components: dict[str, Any]
    products: dict[str, MarketProduct]
    product_names: tuple[str, ...]
    bids: Bids
    series: str | None
    uncertainty: Uncertainty | None
    risk: Risk | None = None
    start: Start | None = None
    co2: Co2 | None = None


def read_partial_instance(data: Mapping[str, Any]) -> PartialInstance:
    """Read every entry that can be read."""
    nodes = _section(data, "nodes")
    components = _section(data, "components")
    products = _section(data, "products")
    sound = _sound(_COMPONENT, components)
    carriers = data.get("carriers")
    series = data.get("series")
    return PartialInstance(
        currency=currency_code(data),
        horizon=_parse(_HORIZON, data.get("horizon")),
        carriers=tuple(c for c in carriers if isinstance(c, str)) if isinstance(carriers, list) else (),
        nodes=_sound(_NODE, nodes),
        node_names=tuple(nodes),
        components=sound,
        broken_components={name: entry for name, entry in components.items() if name not in sound},
        products=_sound(_PRODUCT, products),
        product_names=tuple(products),
        bids=_parse(_BIDS, data.get("bids", {})) or Bids(),
        series=series if isinstance(series, str) else None,
        uncertainty=_parse(_UNCERTAINTY, data.get("uncertainty")),
        risk=_parse(_RISK, data.get("risk")),
        start=_parse(_START, data.get("start")),
        co2=_parse(_CO2, data.get("co2")),
    )


def _section(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    section = data.get(name)
    return section if isinstance(section, dict) else {}


def _parse(adapter: TypeAdapter[T], entry: Any) -> T | None:
    try:
        return adapter.validate_python(entry, strict=True)
    except ValidationError:
        return None


def _sound(adapter: TypeAdapter[T], entries: Mapping[str, Any]) -> dict[str, T]:
    parsed = {name: _parse(adapter, entry) for name, entry in entries.items()}
    return {name: entry for name, entry in parsed.items() if entry is not None}


def fill_products(data: dict[str, Any], locator: Locator) -> tuple[dict[str, Any], list[Issue]]:
    """Put the catalogue's defaults under what the instance says of its products; unknown products are taken out."""
    written = data.get("products")
    if not isinstance(written, dict):
        return data, []
    catalogue = product_catalogue()
    issues: list[Issue] = []
    filled: dict[str, Any] = {}
    for name, entry in written.items():
        defaults, issue = _defaults(name, entry, catalogue, locator)
        if issue is not None:
            issues.append(issue)
        if defaults is None:
            continue
        if entry is None or isinstance(entry, dict):
            given = {key: value for key, value in (entry or {}).items() if key != "like"}
            if given.get("family", defaults["family"]) != defaults["family"]:
                place = ("products", name, "family")
                hint = "leave the key out"
                issues.append(locator.issue(place, show(given["family"]), str(defaults["family"]), hint))
            filled[name] = {**defaults, **given, "family": defaults["family"]}
            if "placeholders" in defaults:
                # what the instance says of a product is no placeholder of the catalogue's any more
                left = [key for key in defaults["placeholders"] if key not in given]
                filled[name]["placeholders"] = given.get("placeholders", left)
        else:
            filled[name] = entry
    return {**data, "products": filled}, issues


def _defaults(
    name: str, entry: Any, catalogue: Mapping[str, Mapping[str, Any]], locator: Locator
) -> tuple[Mapping[str, Any] | None, Issue | None]:
    """What the catalogue says of a product: by its id, by the id it says it is ``like``, or by its family alone."""
    given = entry if isinstance(entry, dict) else {}
    like = given.get("like")
    if like is not None:
        if isinstance(like, str) and like in catalogue:
            return catalogue[like], None
        hint = did_you_mean(like, catalogue) if isinstance(like, str) else ""
        hint = _with_broken_packages(hint)
        return None, locator.issue(("products", name, "like"), show(like), "the id of a product", hint)
    if name in catalogue:
        return catalogue[name], None
    if "family" in given:
        return {"family": given["family"]}, None
    near = nearest(name, catalogue)
    known = f"known products: {listed(catalogue, most=60)}"
    own = "a product of your own says `like: <known product>` or `family: <family>`"
    hint = _with_broken_packages(f"did you mean {near}? {known}; {own}" if near else f"{known}; {own}")
    return None, locator.issue(("products", name), show(name), "the id of a product", hint)


def _with_broken_packages(hint: str) -> str:
    """A hint about an unknown product; it may be one of a package whose products cannot be used."""
    return "; ".join(filter(None, [hint, *(" ".join(text.split()) for text in catalogue_problems())]))
