"""Which package holds each kind of component, product family, process (or part of one), risk, policy, market file.

A kind is one folder with a module for each part of the program that needs to know it, its *roles*: ``format`` (what a
user may write), ``checks`` (what must hold in an instance), ``equations`` (variables, rows and money) and
``settlement`` (the money once more, from files); a component may have a ``hub`` (what it is in an energy hub). The
registry maps a tag to the name of that folder and imports nothing; each part of the program asks for its own role, when
it needs it (:meth:`Kind.module`).

Installed packages bring kinds of their own by entry points whose name is the tag and whose value is the name of the
folder; see :mod:`mes_stoch.extend`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, wraps
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from traceback import extract_tb
from types import ModuleType
from typing import Any, Literal, cast

from mes_stoch.schema.errors import ExtensionError, MesStochError, MissingEntryError, ModelError

Group = Literal[
    "mes_stoch.components",
    "mes_stoch.product_families",
    "mes_stoch.processes",
    "mes_stoch.process_parts",
    "mes_stoch.risk_measures",
    "mes_stoch.policies",
    "mes_stoch.market_files",
]
Role = Literal["format", "checks", "equations", "hub", "settlement", "stress", "measure"]

COMPONENTS: Group = "mes_stoch.components"
PRODUCT_FAMILIES: Group = "mes_stoch.product_families"
PROCESSES: Group = "mes_stoch.processes"
PROCESS_PARTS: Group = "mes_stoch.process_parts"
RISK_MEASURES: Group = "mes_stoch.risk_measures"
POLICIES: Group = "mes_stoch.policies"
MARKET_FILES: Group = "mes_stoch.market_files"

#: Roles that every kind of component and family of products has; components that can hold reserve also have
#: ``stress``: how far calls can move them, told from the files of a run. A measure of risk has ``format``, ``measure``
#: and ``settlement``.
ROLES: tuple[Role, ...] = ("format", "checks", "equations", "settlement")

OWN = "mes_stoch"

#: Version of the contract of :mod:`mes_stoch.extend`; a larger one takes something away or changes its meaning.
CONTRACT_VERSION = 1

_BUILT_IN: Mapping[Group, Mapping[str, str]] = {
    COMPONENTS: {
        "grid_connection": "mes_stoch.components.grid_connection",
        "demand": "mes_stoch.components.demand",
        "source": "mes_stoch.components.source",
        "converter": "mes_stoch.components.converter",
        "chp": "mes_stoch.components.chp",
        "part_load_converter": "mes_stoch.components.part_load_converter",
        "storage": "mes_stoch.components.storage",
        "sheddable_demand": "mes_stoch.components.sheddable_demand",
        "shiftable_demand": "mes_stoch.components.shiftable_demand",
        "link": "mes_stoch.components.link",
        "heat_pump": "mes_stoch.components.heat_pump",
        "solar_thermal": "mes_stoch.components.solar_thermal",
        "building": "mes_stoch.components.building",
        "ev_fleet": "mes_stoch.components.ev_fleet",
    },
    PRODUCT_FAMILIES: {
        "energy": "mes_stoch.products.energy",
        "imbalance": "mes_stoch.products.imbalance",
        "reserve": "mes_stoch.products.flexibility",
        "free_offer": "mes_stoch.products.flexibility",
        "demand_reduction": "mes_stoch.products.flexibility",
        "local_flexibility": "mes_stoch.products.flexibility",
        "demand_response_tender": "mes_stoch.products.flexibility",
        "fcas": "mes_stoch.products.fcas",
        "capacity_mechanism": "mes_stoch.products.capacity",
        "voltage": "mes_stoch.products.voltage",
    },
    PROCESSES: {
        "au_precinct_day": "mes_stoch.uncertainty.processes.au_precinct_day:AuPrecinctDay",
        "au_synthetic_day": "mes_stoch.uncertainty.processes.au_synthetic_day:AuSyntheticDay",
        "fr_local_day": "mes_stoch.uncertainty.processes.fr_local_day:FrLocalDay",
        "fr_synthetic_day": "mes_stoch.uncertainty.processes.fr_synthetic_day:FrSyntheticDay",
        "fr_wind_day": "mes_stoch.uncertainty.processes.fr_wind_day:FrWindDay",
    },
    PROCESS_PARTS: {
        "autoregressive": "mes_stoch.uncertainty.fitted.parts.autoregressive:Autoregressive",
        "block_price": "mes_stoch.uncertainty.fitted.parts.block_price:BlockPrice",
        "call_chain": "mes_stoch.uncertainty.fitted.parts.call_chain:CallChain",
        "contingency": "mes_stoch.uncertainty.fitted.parts.contingency:Contingency",
        "day_bootstrap": "mes_stoch.uncertainty.fitted.parts.day_bootstrap:DayBootstrap",
        "forecast_error": "mes_stoch.uncertainty.fitted.parts.forecast_error:ForecastError",
        "frequency_response": "mes_stoch.uncertainty.fitted.parts.frequency_response:FrequencyResponse",
        "imbalance": "mes_stoch.uncertainty.fitted.parts.imbalance:Imbalance",
        "merit_order": "mes_stoch.uncertainty.fitted.parts.merit_order:MeritOrder",
        "signed_ratio": "mes_stoch.uncertainty.fitted.parts.signed_ratio:SignedRatio",
        "spread": "mes_stoch.uncertainty.fitted.parts.spread:Spread",
        "unit_outage": "mes_stoch.uncertainty.fitted.parts.unit_outage:UnitOutage",
        "weather_demand": "mes_stoch.uncertainty.fitted.parts.weather_demand:WeatherDemand",
    },
    RISK_MEASURES: {
        "cvar": "mes_stoch.risk_measures.cvar",
        "worst_case": "mes_stoch.risk_measures.worst_case",
    },
    POLICIES: {
        "wait_and_see": "mes_stoch.policies.wait_and_see:WaitAndSee",
        "expected_value": "mes_stoch.policies.expected_value:ExpectedValue",
        "two_loop": "mes_stoch.policies.two_loop:TwoLoop",
        "single_market": "mes_stoch.policies.single_market:SingleMarket",
        "share_of_capacity": "mes_stoch.policies.share_of_capacity:ShareOfCapacity",
        "energy_only": "mes_stoch.policies.energy_only:EnergyOnly",
    },
    # in the order in which a file is held against them: those that look for most come first
    MARKET_FILES: {
        "tidy": "mes_stoch.io.market_files.tidy:Tidy",
        "aemo_mms": "mes_stoch.io.market_files.aemo_mms:AemoMms",
        "aemo_price_and_demand": "mes_stoch.io.market_files.aemo_price_and_demand:AemoPriceAndDemand",
        "entsoe": "mes_stoch.io.market_files.entsoe:Entsoe",
        "regelleistung_fcr": "mes_stoch.io.market_files.regelleistung_fcr:RegelleistungFcr",
        "regelleistung_frr": "mes_stoch.io.market_files.regelleistung_frr:RegelleistungFrr",
        "rte_eco2mix": "mes_stoch.io.market_files.rte_eco2mix:RteEco2mix",
        "rte_balancing": "mes_stoch.io.market_files.rte_balancing:RteBalancing",
        "rte_reserve": "mes_stoch.io.market_files.rte_reserve:RteReserve",
        "smard": "mes_stoch.io.market_files.smard:Smard",
        "energy_charts": "mes_stoch.io.market_files.energy_charts:EnergyCharts",
        "epex_auction": "mes_stoch.io.market_files.epex_auction:EpexAuction",
        "energinet": "mes_stoch.io.market_files.energinet:Energinet",
        "epftoolbox": "mes_stoch.io.market_files.epftoolbox:Epftoolbox",
        "pvgis": "mes_stoch.io.market_files.pvgis:Pvgis",
        "renewables_ninja": "mes_stoch.io.market_files.renewables_ninja:RenewablesNinja",
        "open_meteo": "mes_stoch.io.market_files.open_meteo:OpenMeteo",
    },
}

#: Order in which the rows of built-in families are made within a phase.
_BUILD_ORDER = (
    "mes_stoch.products.fcas",
    "mes_stoch.products.flexibility",
    "mes_stoch.products.capacity",
    "mes_stoch.products.voltage",
    "mes_stoch.products.energy",
    "mes_stoch.products.imbalance",
)


#: What a class of a process has, and that of a part of a fitted one.
_PROCESS = ("Parameters", "series_names", "draw_day_ahead", "draw_realtime")
_PROCESS_PART = ("Options", "fit", "series_names", "draw", "model_fields")
#: What a class of a layout of market files has.
_MARKET_FILE = ("looks_for", "recognises", "read")


@dataclass(frozen=True)
class Kind:
    """One kind of a group.

    Parameters
    ----------
    group : str
    tag : str
        What an instance writes: the ``type`` of a component, the ``family`` of a product, a ``process``, the
        ``measure`` of a risk; of a policy, what an evaluation is asked for.
    package : str
        Dotted name of the folder with its roles; of a process, a policy or a market file, the module and its class:
        ``module:Class``.
    brought_by : str
        ``mes_stoch``, or name and version of the installed package that brings it.
    """

    group: Group
    tag: str
    package: str
    brought_by: str = OWN

    @property
    def is_built_in(self) -> bool:
        return self.brought_by == OWN

    @property
    def build_rank(self) -> tuple[int, str]:
        """Place among the families of one phase: built-in ones in their order, then the others sorted."""
        return (_BUILD_ORDER.index(self.package), "") if self.is_built_in else (len(_BUILD_ORDER), self.package)

    def module(self, role: Role) -> ModuleType:
        """Module of a role.

        Raises
        ------
        ExtensionError
            If it is missing or cannot be imported; the message names the package that brings the kind.
        """
        return self._import(f"{self.package}.{role}")

    def has(self, role: Role) -> bool:
        """Whether there is a module of a role.

        Raises
        ------
        ExtensionError
            If the package that brings the kind cannot be imported.
        """
        try:
            return find_spec(f"{self.package}.{role}") is not None
        except (Exception, SystemExit) as error:
            what = f"{self.package} does not load ({type(error).__name__}: {error}){self._line(error)}"
            raise ExtensionError(self._cannot_be_used(what)) from error

    def function(self, role: Role, name: str, items: type | None = None) -> Callable[..., Any]:
        """A function of a role; of an installed package, one whose mistakes are told with the package's name.

        Parameters
        ----------
        role : str
        name : str
        items : type, optional
            Of what it returns or yields, where it gives several; that of a package is then gathered and checked.

        Raises
        ------
        ExtensionError
            As :meth:`module`, or if the module has no such function; and from the function, if it fails.
        """
        found = getattr(self.module(role), name, None)
        if not callable(found):
            raise ExtensionError(self._cannot_be_used(f"{self.package}.{role} has no function {name}"))
        function = cast(Callable[..., Any], found)
        return function if self.is_built_in else self.with_errors_named(function, f"{role}.{name}", items)

    def with_errors_named(
        self, function: Callable[..., Any], name: str, items: type | None = None
    ) -> Callable[..., Any]:
        """The same function within :meth:`errors_named`; ``items`` as in :meth:`function`."""

        @wraps(function)
        def call(*arguments: Any, **options: Any) -> Any:
            with self.errors_named(name):
                result = function(*arguments, **options)
                return result if items is None else _list_of(items, result)

        return call

    @contextmanager
    def errors_named(self, name: str, passes: tuple[type[Exception], ...] = ()) -> Iterator[None]:
        """Run code of an installed package: what it raises names the package and the line.

        Errors that this program raises on purpose pass unchanged, but for those of the model under construction, which
        then has been put together wrongly. Nothing changes for built-in kinds.

        Parameters
        ----------
        name : str
            What is run, in words.
        passes : tuple of types, optional
            What the caller knows how to tell.

        Raises
        ------
        ExtensionError
        """
        try:
            yield
        except Exception as error:
            is_told = isinstance(error, MesStochError | MissingEntryError) and not isinstance(error, ModelError)
            if self.is_built_in or is_told or isinstance(error, (MemoryError, *passes)):
                raise
            what = f"{name} fails with {type(error).__name__}: {error}{self._line(error)}"
            raise ExtensionError(self._cannot_be_used(what)) from error

    def _line(self, error: BaseException) -> str:
        """Where in the package it happened, or was asked for; empty where nothing of it was running."""
        top = sys.modules.get(self.package.partition(":")[0].partition(".")[0])
        folders = [*getattr(top, "__path__", ()), getattr(top, "__file__", None) or ""]
        frames = [
            frame
            for frame in extract_tb(error.__traceback__)
            if any(folder and Path(frame.filename).is_relative_to(folder) for folder in folders)
        ]
        return f" ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""

    def process(self) -> Any:
        """The class of a scenario process.

        Raises
        ------
        ExtensionError
            As :meth:`module`.
        """
        found = self._named_object()
        lacking = [part for part in _PROCESS if not hasattr(found, part)]
        if not hasattr(getattr(found, "Parameters", None), "model_fields"):
            lacking.append("Parameters that are a Model")
        return self._class(found, "a process", lacking)

    def process_part(self) -> Any:
        """The class of a part of a fitted process.

        Raises
        ------
        ExtensionError
            As :meth:`module`.
        """
        found = self._named_object()
        return self._class(found, "a part of a process", [one for one in _PROCESS_PART if not hasattr(found, one)])

    def policy(self) -> Any:
        """The class of a policy.

        Raises
        ------
        ExtensionError
            As :meth:`module`.
        """
        found = self._named_object()
        return self._class(found, "a policy", [] if callable(getattr(found, "commit", None)) else ["commit"])

    def market_file(self) -> Any:
        """The class of a layout of market files.

        Raises
        ------
        ExtensionError
            As :meth:`module`.
        """
        found = self._named_object()
        lacking = [part for part in _MARKET_FILE if not hasattr(found, part)]
        return self._class(found, "a layout of market files", lacking)

    def _named_object(self) -> Any:
        module, _, name = self.package.partition(":")
        return getattr(self._import(module), name, None)

    def _class(self, found: Any, of_what: str, lacking: list[str]) -> Any:
        if not isinstance(found, type) or lacking:
            what = f"{self.package} is not a class of {of_what}; it lacks {', '.join(lacking) or 'what a class has'}"
            raise ExtensionError(self._cannot_be_used(what))
        return found

    def _import(self, name: str) -> ModuleType:
        try:
            return import_module(name)
        except (Exception, SystemExit) as error:
            # whatever goes wrong in a package while it is imported is told with the package's name
            what = f"{name} does not load ({type(error).__name__}: {error}){self._line(error)}"
            raise ExtensionError(self._cannot_be_used(what)) from error

    def _cannot_be_used(self, what: str) -> str:
        remedy = "" if self.is_built_in else "; correct the package, or uninstall it"
        return f"{self.tag} of the package {self.brought_by} cannot be used: {what}{remedy}"


def _list_of(items: type, result: Any) -> list[Any]:
    """What a function of a package gives, if it is what it should be."""
    if not isinstance(result, Iterable):
        given = "nothing" if result is None else f"a {type(result).__name__}"
        raise TypeError(f"{given} where several {items.__name__} are returned or yielded, or an empty list")
    found = list(result)
    wrong = next((item for item in found if not isinstance(item, items)), None)
    if wrong is not None:
        raise TypeError(f"a {type(wrong).__name__} where {items.__name__} is expected")
    return found


def kinds(group: Group) -> Mapping[str, Kind]:
    """Kinds of a group by tag: built-in ones in their order, then those of installed packages, sorted."""
    return _found(group)[0]


def refused(group: Group) -> Mapping[str, str]:
    """Tags that installed packages offer and that cannot be had, with the reason in words.

    A tag of ``mes_stoch`` stays what it is; one that two packages bring is neither's.
    """
    return _found(group)[1]


def kind(group: Group, tag: str) -> Kind:
    """The kind of a tag.

    Raises
    ------
    ExtensionError
        If there is none.
    """
    found = kinds(group).get(tag)
    if found is None:
        reason = refused(group).get(tag, "no installed package brings it")
        raise ExtensionError(f"{tag} is not known: {reason}")
    return found


@cache
def _found(group: Group) -> tuple[dict[str, Kind], dict[str, str]]:
    known = {tag: Kind(group, tag, package) for tag, package in _BUILT_IN[group].items()}
    problems: dict[str, str] = {}
    offered = sorted(entry_points(group=group), key=lambda entry: (entry.name, brought_by(entry)))
    for entry in offered:
        first = known.get(entry.name)
        if first is None and entry.name not in problems:
            known[entry.name] = Kind(group, entry.name, entry.value, brought_by(entry))
        elif first is not None and first.is_built_in:
            problems[entry.name] = f"{entry.name} of the package {brought_by(entry)} is left out: {OWN} has one"
        elif first is not None:
            # which of two packages was meant nobody can tell, and a run must not depend on their names
            problems[entry.name] = (
                f"{entry.name} is brought by both {first.brought_by} and {brought_by(entry)}; uninstall one of them"
            )
            del known[entry.name]
    return known, problems


def brought_by(entry: EntryPoint) -> str:
    """Name and version of the package of an entry point."""
    return "of unknown name" if entry.dist is None else f"{entry.dist.name} {entry.dist.version}"
