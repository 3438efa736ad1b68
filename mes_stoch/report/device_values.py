"""What day-ahead information and a MW of each device are worth, as tables."""

from __future__ import annotations

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mes_stoch.evaluation.bracket import Bracket
from mes_stoch.evaluation.day_ahead_information import DayAheadInformation
from mes_stoch.evaluation.device_values import DeviceValue, DeviceValues
from mes_stoch.report.brackets import bracket_ends

#: What is known when day-ahead positions are decided, by the names of results and documents.
DAY_AHEAD_ROWS = {
    "nothing_known": "one for all nodes (nothing known)",
    "node_known": "one for each node (RP)",
    "leaf_known": "one for each leaf (two stages)",
    "value": "value of the day-ahead information",
    "foresight": "foresight of two stages",
}


def render_day_ahead(found: DayAheadInformation) -> RenderableType:
    """Three programs that know more and more, and what lies between them."""
    title = (
        f"Day-ahead information over {found.nodes} nodes of {found.scenarios} scenarios, {found.currency} over the "
        "horizon"
    )
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left")
    table.add_column("day-ahead positions")
    table.add_column("at least", justify="right")
    table.add_column("at most", justify="right")
    for name, words in DAY_AHEAD_ROWS.items():
        table.add_row(words, *bracket_ends(getattr(found, name), found.node_known))
    if found.nodes < found.scenarios:
        return table
    return Group(table, Text("  A node has one leaf each, so that its information is that of the whole day."))


def render_devices(found: DeviceValues) -> RenderableType:
    """Limits by what a unit of them is worth, the most valuable first."""
    title = f"Devices over {found.scenarios} scenarios, {found.currency} over the horizon"
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left")
    table.add_column("limit")
    for heading in ("is", "shadow price", "step", "at least", "at most"):
        table.add_column(heading, justify="right")
    for name in sorted(found.devices, key=lambda name: -_rank(found.devices[name])):
        value = found.devices[name]
        price = "unknown" if value.shadow_price is None else _money(value.shadow_price, found.recourse)
        table.add_row(
            name.removeprefix("components."),
            f"{value.limit:g} {value.unit}",
            price,
            f"+{value.step:g} {value.unit}",
            *bracket_ends(value.step_value, found.recourse),
        )
    lines = (
        "  Shadow price: profit per MW (MWh) more, with the same commitment and the same starts; not proven.\n"
        "  At least and at most: of the whole step, proven; the cost of the device is not in it."
    )
    return Group(table, Text(lines))


def _money(value: float, of: Bracket) -> str:
    """An amount; what the difference of two profits leaves by rounding is nothing."""
    return bracket_ends(Bracket(value, value), of)[0]


def _rank(value: DeviceValue) -> float:
    return value.step_value.upper / value.step if value.shadow_price is None else value.shadow_price
