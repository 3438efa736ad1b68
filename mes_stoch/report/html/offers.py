"""What a site can offer, as the evaluation section of a page shows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from mes_stoch.evaluation.flexibility.region import FlexibilityRegion
from mes_stoch.report.flexibility import chosen_durations, duration_in_words, limiting_in_words, start_edges
from mes_stoch.report.html.numbers import bare, plain_list, volume
from mes_stoch.report.html.parts import Figure, Note, Part, Table
from mes_stoch.report.html.style import base_layout, filled, line_looks
from mes_stoch.report.html.time_axis import TimeAxis
from mes_stoch.report.palette import GREY
from mes_stoch.schema.evaluation_flexibility import FlexibilityResult

_SIGNS = {"up": 1.0, "down": -1.0}
_MOST_ROWS = 96


def offers(found: FlexibilityResult, instance: str, time: TimeAxis) -> Iterator[Part]:
    """Largest deviations over the day by duration, with what is committed in them, and what limits them."""
    try:
        region = FlexibilityRegion.of_result(instance, time.zone, found)
    except ValueError as error:
        yield Note(f"What the site can offer cannot be read from evaluation.json: {error}", "warning")
        return
    if region.points.empty:
        yield Note("What the site can offer was asked for, and there was no time for any start.")
        return
    yield _figure(region, time)
    yield _table(region)


def _figure(region: FlexibilityRegion, time: TimeAxis) -> Figure:
    edges = [time.hour(moment) for moment in start_edges(region.points)]
    durations, shown = chosen_durations(region), region.main_duration_h
    labels = [f"{moment:%a %d %b %H:%M %Z}" for moment in start_edges(region.points)]
    traces = [_committed(region, shown, direction, edges, labels) for direction in _SIGNS]
    looks = line_looks(duration_in_words(hours) for hours in durations)
    for hours in durations:
        look = looks[duration_in_words(hours)]
        for direction, sign in _SIGNS.items():
            values = sign * _of(region, direction, hours)["deviation_mw"].to_numpy(dtype=float)
            traces.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "name": f"can be offered for {duration_in_words(hours)}",
                    "legendgroup": duration_in_words(hours),
                    "showlegend": direction == "up",
                    "x": plain_list(np.array(edges)),
                    "y": plain_list(np.append(values, values[-1:])),
                    "customdata": labels,
                    "hovertemplate": "%{fullData.name}<br>from %{customdata}: %{y:.4~g} MW<extra></extra>",
                    "line": {"shape": "hv", "color": look["colour"], "dash": look["dash"], "width": 1.9},
                }
            )
    layout = {**base_layout("deviation, MW (up above 0)"), "barmode": "overlay", "xaxis": time.layout_axis()}
    return Figure(
        "offers",
        "What the site can offer, and what is committed",
        f"Lines: by how much the exchange of {region.connection} can leave its schedule in scenario {region.scenario}, "
        "from each time on for as long as they say, all nodes served and the schedule returned to. Bars: what calls "
        f"may still ask for from then on, for {duration_in_words(shown)}. Up is more export, or less import.",
        "Each point is the optimum of a program of its own, with the scenario known, within the solver's tolerances; "
        "of other scenarios it says nothing."
        + (" Units are on or off, so a smaller deviation need not be possible." if region.has_states else ""),
        traces,
        layout,
        420,
    )


def _committed(
    region: FlexibilityRegion, hours: float, direction: str, edges: list[float], labels: list[str]
) -> dict[str, Any]:
    values = _SIGNS[direction] * _of(region, direction, hours)["committed_mw"].to_numpy(dtype=float)
    return {
        "type": "bar",
        "name": f"committed, callable for {duration_in_words(hours)}",
        "legendgroup": "committed",
        "showlegend": direction == "up",
        "x": plain_list(np.array(edges[:-1])),
        "width": plain_list(np.diff(edges)),
        "offset": 0,
        "y": plain_list(values),
        "customdata": labels[:-1],
        "hovertemplate": "%{fullData.name}<br>from %{customdata}: %{y:.4~g} MW<extra></extra>",
        "marker": filled(GREY, "/"),
    }


def _table(region: FlexibilityRegion) -> Table:
    shown = region.main_duration_h
    own = region.points[region.points["duration_h"] == shown]
    rows = [
        [
            f"{pd.Timestamp(row['start']):%d %b %H:%M}",
            str(row["direction"]),
            volume(row["deviation_mw"]),
            volume(row["fixed_mw"]),
            volume(row["committed_mw"]),
            bare(row["cost_eur_per_mwh"]),
            limiting_in_words(row["limited_by"], row["limit"]),
        ]
        for row in own.head(_MOST_ROWS).to_dict("records")
    ]
    cost = f"cost, {region.currency}/MWh"
    columns = ["from", "direction", "MW", "MW without re-dispatch", "MW committed", cost, "limited by"]
    left = f" {len(own) - len(rows)} more rows are in evaluation.json." if len(own) > len(rows) else ""
    note = f"-: not even the schedule can be kept, or a deviation of zero has no cost.{left}"
    return Table(
        f"What limits the site, for {duration_in_words(shown)}", columns, rows, frozenset(range(2, 6)), note, True
    )


def _of(region: FlexibilityRegion, direction: str, hours: float) -> pd.DataFrame:
    points = region.points
    return points[(points["direction"] == direction) & (points["duration_h"] == hours)]
