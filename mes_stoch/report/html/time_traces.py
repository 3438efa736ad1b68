"""Traces over the time axis of a page: bars of means over periods, and lines of steps."""

from __future__ import annotations

from typing import Any

from mes_stoch.report.html.numbers import plain_list
from mes_stoch.report.html.parts import plotly_text
from mes_stoch.report.html.time_axis import Array, TimeAxis


def bars(time: TimeAxis, name: str, values: Array, marker: dict[str, Any]) -> dict[str, Any]:
    """Power over each period as a bar, MW, to be stacked."""
    return {
        "type": "bar",
        "name": plotly_text(name),
        "x": time.starts_h,
        "width": time.lengths_h,
        "offset": 0,
        "y": plain_list(time.mean(values)),
        "customdata": time.labels,
        "hovertemplate": _hover(" MW"),
        "marker": marker,
    }


def steps(
    time: TimeAxis, name: str, values: Array, look: tuple[str, str], unit: str = "", width: float = 1.9
) -> dict[str, Any]:
    """A line of steps, one a period, in a colour and a dash."""
    colour, dash = look
    return {
        "type": "scatter",
        "mode": "lines",
        "name": plotly_text(name),
        "x": time.steps_h,
        "y": time.stepped(values),
        "customdata": [*time.labels, time.labels[-1]],
        "hovertemplate": _hover(f" {unit}" if unit else ""),
        "line": {"shape": "hv", "color": colour, "dash": dash, "width": width},
    }


def _hover(unit: str) -> str:
    return "%{fullData.name}<br>%{customdata}: %{y:.4~g}" + unit + "<extra></extra>"
