"""The contract for components, products, processes, measures of risk, policies and market files of other packages.

A package brings a kind by an entry point whose name is the tag and whose value is a folder of its own::

    [project.entry-points."mes_stoch.components"]
    electrolyser = "my_package.electrolyser"

    [project.entry-points."mes_stoch.product_families"]
    availability = "my_package.availability"

    [project.entry-points."mes_stoch.processes"]
    my_day = "my_package.my_day:MyDay"

    [project.entry-points."mes_stoch.process_parts"]
    hourly_mean = "my_package.hourly_mean:HourlyMean"

    [project.entry-points."mes_stoch.risk_measures"]
    below_target = "my_package.below_target"

    [project.entry-points."mes_stoch.policies"]
    my_rule = "my_package.my_rule:MyRule"

    [project.entry-points."mes_stoch.market_files"]
    my_exchange = "my_package.my_exchange:MyExchange"

The folder has the modules ``format``, ``checks``, ``equations`` and ``settlement`` (and for a component ``stress`` if
it can hold reserve, ``hub`` for energy hubs); that of a measure of risk has ``format``, ``measure`` and
``settlement``. ``docs/extending`` shows a complete example of each. Everything they need of this project they import
from here, and only what a module asks for is loaded: a ``settlement`` that imports from here loads no Pyomo.

What is listed in ``__all__`` keeps its meaning as long as :data:`VERSION` keeps its number; additions do not change it.
A module ``format`` states the version that it was written for (``EXTENDS = 1``).

>>> from mes_stoch import extend
>>> extend.VERSION
1
>>> extend.ReserveProvider.__name__
'ReserveProvider'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mes_stoch.registry import CONTRACT_VERSION as VERSION

if TYPE_CHECKING:
    from mes_stoch.components.shared.context import (
        Availability,
        Buffer,
        CallEffect,
        DirectedProduct,
        HeldReserve,
        LinkFlow,
        ModelContext,
        Network,
        OfPeriod,
        StorePower,
    )
    from mes_stoch.components.shared.equations_on_off import OnOff, build_on_off
    from mes_stoch.components.shared.equations_ramp import limit_energy_ramp
    from mes_stoch.components.shared.equations_shared_period import share_period
    from mes_stoch.components.shared.hub_context import HubContext, HubRows
    from mes_stoch.components.shared.hub_on_off import HubOnOff, build_hub_on_off
    from mes_stoch.components.shared.hub_ramp import limit_hub_ramp
    from mes_stoch.io.market_data.pairing import DonorGroup, day_values, pair_days
    from mes_stoch.io.market_data.source import DataSource, index_from_local, index_from_utc, read_table
    from mes_stoch.io.market_files.assembly import MarketColumn, MarketRows, assemble
    from mes_stoch.io.market_files.cells import NumberStyle, read_numbers
    from mes_stoch.io.market_files.grid import TextGrid, read_grid, separator_of
    from mes_stoch.io.market_files.layout import MarketLayout, areas_of, table_of_columns
    from mes_stoch.io.market_files.local_clock import RowMoments, to_moments
    from mes_stoch.io.market_files.market_file import FileHead, MarketFile
    from mes_stoch.io.market_files.market_series import MarketSeries
    from mes_stoch.io.market_files.market_table import MarketTable
    from mes_stoch.io.market_files.stamps import StampForm, read_stamps
    from mes_stoch.io.market_files.unit_words import SeriesUnit, plain_name, split_unit, unit_of_text
    from mes_stoch.io.readers.locate import did_you_mean, listed, show
    from mes_stoch.io.validation.check_context import CheckContext
    from mes_stoch.io.validation.penalties import amount
    from mes_stoch.io.validation.product_rules import (
        bid_issues,
        block_issues,
        calendar_issues,
        called_issues,
        share_issues,
    )
    from mes_stoch.model.risk.measure import AddedColumns, ProfitSurvey, RiskMeasure, RiskTerms
    from mes_stoch.policies.policy import Policy, PolicyDecision, PolicyForesight, PolicyProblem
    from mes_stoch.products.shared.context import MarketContext
    from mes_stoch.products.shared.equations_bids import build_volume
    from mes_stoch.products.shared.equations_windows import make_window
    from mes_stoch.rules.calendar import in_windows, obliged
    from mes_stoch.schema.arc import Arc, LinearQuantity
    from mes_stoch.schema.base import (
        AUTO,
        Derived,
        Efficiency,
        Identifier,
        Model,
        NonNegative,
        Positive,
        Quantity,
    )
    from mes_stoch.schema.calculated import calculated
    from mes_stoch.schema.calendar import CalendarWindow, DateText
    from mes_stoch.schema.component import Component, OperatingRange, Port, ReserveProvider, SlackPenalty, providers
    from mes_stoch.schema.connection import Connection, ReserveLink
    from mes_stoch.schema.conversion import Conversion, ConversionPort
    from mes_stoch.schema.data_rules import DataRule, LimitRule, NodeRule, NumberRule, OrderRule, PriceOfEnergy
    from mes_stoch.schema.emission import Emission
    from mes_stoch.schema.errors import InfeasibleError, Issue
    from mes_stoch.schema.flexibility import Direction, EnergyPayment, Flexibility
    from mes_stoch.schema.on_off import OnOffUnit
    from mes_stoch.schema.power_by_level import PowerLine, lines_through
    from mes_stoch.schema.product import BidRules, Market, MarketProduct, Phase, Stage, TradedProduct
    from mes_stoch.schema.risk import Risk
    from mes_stoch.schema.site_decision import SiteDecision
    from mes_stoch.schema.store import Store
    from mes_stoch.settlement.calls import CallPayment, calls, net_delivery, payments
    from mes_stoch.settlement.data import Array, SettlementData
    from mes_stoch.settlement.ledger import CashFlow, cash_flow
    from mes_stoch.settlement.positions import has_market, nominated_at
    from mes_stoch.uncertainty.fitted.history import History
    from mes_stoch.uncertainty.fitted.part import Part, PartOptions
    from mes_stoch.uncertainty.fitted.resolution import native_context, to_native, to_periods
    from mes_stoch.uncertainty.process import (
        DrawContext,
        Drawn,
        ScenarioProcess,
        Series,
        autoregressive,
        correlated,
        daily_shape,
    )

#: Module of each name: what is asked for is imported then, and nothing else.
_HOMES = {
    "mes_stoch.components.shared.context": (
        "Availability",
        "Buffer",
        "CallEffect",
        "DirectedProduct",
        "HeldReserve",
        "LinkFlow",
        "ModelContext",
        "Network",
        "OfPeriod",
        "StorePower",
    ),
    "mes_stoch.components.shared.equations_on_off": ("OnOff", "build_on_off"),
    "mes_stoch.components.shared.equations_ramp": ("limit_energy_ramp",),
    "mes_stoch.components.shared.hub_context": ("HubContext", "HubRows"),
    "mes_stoch.components.shared.hub_on_off": ("HubOnOff", "build_hub_on_off"),
    "mes_stoch.components.shared.hub_ramp": ("limit_hub_ramp",),
    "mes_stoch.io.market_data.pairing": ("DonorGroup", "day_values", "pair_days"),
    "mes_stoch.io.market_data.source": ("DataSource", "index_from_local", "index_from_utc", "read_table"),
    "mes_stoch.io.market_files.assembly": ("MarketColumn", "MarketRows", "assemble"),
    "mes_stoch.io.market_files.cells": ("NumberStyle", "read_numbers"),
    "mes_stoch.io.market_files.grid": ("TextGrid", "read_grid", "separator_of"),
    "mes_stoch.io.market_files.layout": ("MarketLayout", "areas_of", "table_of_columns"),
    "mes_stoch.io.market_files.local_clock": ("RowMoments", "to_moments"),
    "mes_stoch.io.market_files.market_file": ("FileHead", "MarketFile"),
    "mes_stoch.io.market_files.market_series": ("MarketSeries",),
    "mes_stoch.io.market_files.market_table": ("MarketTable",),
    "mes_stoch.io.market_files.stamps": ("StampForm", "read_stamps"),
    "mes_stoch.io.market_files.unit_words": ("SeriesUnit", "plain_name", "split_unit", "unit_of_text"),
    "mes_stoch.io.readers.locate": ("did_you_mean", "listed", "show"),
    "mes_stoch.io.validation.check_context": ("CheckContext",),
    "mes_stoch.io.validation.penalties": ("amount",),
    "mes_stoch.io.validation.product_rules": (
        "bid_issues",
        "block_issues",
        "calendar_issues",
        "called_issues",
        "share_issues",
    ),
    "mes_stoch.model.risk.measure": ("AddedColumns", "ProfitSurvey", "RiskMeasure", "RiskTerms"),
    "mes_stoch.policies.policy": ("Policy", "PolicyDecision", "PolicyForesight", "PolicyProblem"),
    "mes_stoch.products.shared.context": ("MarketContext",),
    "mes_stoch.products.shared.equations_bids": ("build_volume",),
    "mes_stoch.products.shared.equations_windows": ("make_window",),
    "mes_stoch.rules.calendar": ("in_windows", "obliged"),
    "mes_stoch.schema.arc": ("Arc", "LinearQuantity"),
    "mes_stoch.schema.base": (
        "AUTO",
        "Derived",
        "Efficiency",
        "Identifier",
        "Model",
        "NonNegative",
        "Positive",
        "Quantity",
    ),
    "mes_stoch.schema.calendar": ("CalendarWindow", "DateText"),
    "mes_stoch.schema.component": (
        "Component",
        "OperatingRange",
        "Port",
        "ReserveProvider",
        "SlackPenalty",
        "providers",
    ),
    "mes_stoch.schema.connection": ("Connection", "ReserveLink"),
    "mes_stoch.schema.conversion": ("Conversion", "ConversionPort"),
    "mes_stoch.schema.data_rules": (
        "DataRule",
        "LimitRule",
        "NodeRule",
        "NumberRule",
        "OrderRule",
        "PriceOfEnergy",
    ),
    "mes_stoch.schema.errors": ("InfeasibleError", "Issue"),
    "mes_stoch.schema.flexibility": ("Direction", "EnergyPayment", "Flexibility"),
    "mes_stoch.schema.on_off": ("OnOffUnit",),
    "mes_stoch.schema.product": ("BidRules", "Market", "MarketProduct", "Phase", "Stage", "TradedProduct"),
    "mes_stoch.schema.risk": ("Risk",),
    "mes_stoch.schema.site_decision": ("SiteDecision",),
    "mes_stoch.schema.store": ("Store",),
    "mes_stoch.settlement.calls": ("CallPayment", "calls", "net_delivery", "payments"),
    "mes_stoch.settlement.data": ("Array", "SettlementData"),
    "mes_stoch.settlement.ledger": ("CashFlow", "cash_flow"),
    "mes_stoch.settlement.positions": ("has_market", "nominated_at"),
    "mes_stoch.uncertainty.fitted.history": ("History",),
    "mes_stoch.uncertainty.fitted.part": ("Part", "PartOptions"),
    "mes_stoch.uncertainty.fitted.resolution": ("native_context", "to_native", "to_periods"),
    "mes_stoch.uncertainty.process": (
        "DrawContext",
        "Drawn",
        "ScenarioProcess",
        "Series",
        "autoregressive",
        "correlated",
        "daily_shape",
    ),
    "mes_stoch.components.shared.equations_shared_period": ("share_period",),
    "mes_stoch.schema.calculated": ("calculated",),
    "mes_stoch.schema.emission": ("Emission",),
    "mes_stoch.schema.power_by_level": ("PowerLine", "lines_through"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "AUTO",
    "AddedColumns",
    "Arc",
    "Array",
    "Availability",
    "BidRules",
    "Buffer",
    "CalendarWindow",
    "CallEffect",
    "CallPayment",
    "CashFlow",
    "CheckContext",
    "Component",
    "Connection",
    "Conversion",
    "ConversionPort",
    "DataRule",
    "DataSource",
    "DateText",
    "Derived",
    "DirectedProduct",
    "Direction",
    "DonorGroup",
    "DrawContext",
    "Drawn",
    "Efficiency",
    "Emission",
    "EnergyPayment",
    "FileHead",
    "Flexibility",
    "HeldReserve",
    "History",
    "HubContext",
    "HubOnOff",
    "HubRows",
    "Identifier",
    "InfeasibleError",
    "Issue",
    "LimitRule",
    "LinearQuantity",
    "LinkFlow",
    "Market",
    "MarketColumn",
    "MarketContext",
    "MarketFile",
    "MarketLayout",
    "MarketProduct",
    "MarketRows",
    "MarketSeries",
    "MarketTable",
    "Model",
    "ModelContext",
    "Network",
    "NodeRule",
    "NonNegative",
    "NumberRule",
    "NumberStyle",
    "OfPeriod",
    "OnOff",
    "OnOffUnit",
    "OperatingRange",
    "OrderRule",
    "Part",
    "PartOptions",
    "Phase",
    "Policy",
    "PolicyDecision",
    "PolicyForesight",
    "PolicyProblem",
    "Port",
    "Positive",
    "PowerLine",
    "PriceOfEnergy",
    "ProfitSurvey",
    "Quantity",
    "ReserveLink",
    "ReserveProvider",
    "Risk",
    "RiskMeasure",
    "RiskTerms",
    "RowMoments",
    "ScenarioProcess",
    "Series",
    "SeriesUnit",
    "SettlementData",
    "SiteDecision",
    "SlackPenalty",
    "Stage",
    "StampForm",
    "Store",
    "StorePower",
    "TextGrid",
    "TradedProduct",
    "VERSION",
    "amount",
    "areas_of",
    "assemble",
    "autoregressive",
    "bid_issues",
    "block_issues",
    "build_hub_on_off",
    "build_on_off",
    "build_volume",
    "calculated",
    "calendar_issues",
    "called_issues",
    "calls",
    "cash_flow",
    "correlated",
    "daily_shape",
    "day_values",
    "did_you_mean",
    "has_market",
    "in_windows",
    "index_from_local",
    "index_from_utc",
    "limit_energy_ramp",
    "limit_hub_ramp",
    "lines_through",
    "listed",
    "make_window",
    "native_context",
    "net_delivery",
    "nominated_at",
    "obliged",
    "pair_days",
    "payments",
    "plain_name",
    "providers",
    "read_grid",
    "read_numbers",
    "read_stamps",
    "read_table",
    "separator_of",
    "share_issues",
    "share_period",
    "show",
    "split_unit",
    "table_of_columns",
    "to_moments",
    "unit_of_text",
    "to_native",
    "to_periods",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
