"""The pieces that new sites are put together from: a file a country and a kind of site, in the folder `pieces`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from pydantic import Field

from mes_stoch.schema.base import Identifier, Model, Positive


class ProductChoice(Model):
    """A choice of `--products`: entries of the section `products` that belong together.

    Its entries state what an instance must say beside the rules of the catalogue, in the format's names.
    """

    says: str
    is_always_there: bool = False
    #: Whether volumes are held by components, which then say that they provide it.
    is_held: bool = False
    has_trapezia: bool = False
    is_controlled: bool = False
    entries: dict[Identifier, dict[str, Any]]
    #: What single entries are, where that is something else.
    entries_say: dict[Identifier, str] = Field(default_factory=dict)


class Country(Model):
    """Zone, currency and scenario process of a country, and what can be sold there."""

    name: str
    timezone: str
    currency: str
    start: str
    period_h: Positive
    process: str
    #: Parameters of the process for a place in this country.
    parameters: dict[str, float] = Field(default_factory=dict)
    #: Where the process has other names: what each level of a site stands for, as shares of it.
    levels: dict[str, dict[str, float]] = Field(default_factory=dict)
    prices_are: str
    default: list[str]
    products: dict[str, ProductChoice]


class Trapezia(Model):
    """Where the services of FCAS are available over the energy of a component."""

    up: dict[str, float] = Field(alias="raise")
    down: dict[str, float] = Field(alias="lower")
    #: What regulation needs beside them.
    controlled: dict[str, float]


class Piece(Model):
    """A component of a kind of site, and which choices of products it can provide."""

    says: str
    #: Power that it can put behind a volume.
    holds_mw: float = 0.0
    can: list[str] = Field(default_factory=list)
    trapezia: Trapezia | None = None
    written: dict[str, Any] = Field(alias="is")


class HourShape(Model):
    """A series of the site that no process draws, by hour of the local day."""

    hours: list[float] = Field(min_length=24, max_length=24)


class SiteKind(Model):
    """Nodes and components of a kind of site."""

    title: str
    says: str
    carriers: list[str]
    nodes: dict[Identifier, dict[str, Any]]
    bid_step_mw: Positive
    #: Parameters of the scenario process that are of the site: means of demands, peak of PV.
    levels: dict[str, float]
    series: dict[str, HourShape] = Field(default_factory=dict)
    components: dict[Identifier, Piece]


@cache
def country(code: str) -> Country:
    """What there is in a country."""
    return Country.model_validate(_read(f"countries/{code}.yaml"))


@cache
def site_kind(name: str) -> SiteKind:
    """What there is at a kind of site."""
    return SiteKind.model_validate(_read(f"sites/{name}.yaml"))


def _read(name: str) -> Mapping[str, Any]:
    text = (files("mes_stoch.starting") / "pieces" / name).read_text(encoding="utf-8")
    content: Mapping[str, Any] = yaml.safe_load(text)
    return content
