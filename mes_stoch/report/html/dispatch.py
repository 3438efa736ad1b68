"""Section: how one scenario is operated, carrier by carrier, with the levels of stores."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mes_stoch.report.datasets import PRICE_PREFIX
from mes_stoch.report.dispatch_figure import by_size, carriers_with_flow, demands
from mes_stoch.report.html.numbers import plain_list
from mes_stoch.report.html.parts import Figure, Note, Part, Section, plotly_text
from mes_stoch.report.html.source import ReportSource
from mes_stoch.report.html.style import MOST_MARKS, axis, base_layout, component_markers, filled, line_looks
from mes_stoch.report.html.time_traces import bars, steps
from mes_stoch.report.palette import GREY, INK

_MOST_BANDS = 14
_SMALL_MW = 1e-6
_LEVEL = ".level_mwh"


def dispatch(source: ReportSource) -> Section:
    """A stack a carrier, and the levels below them."""
    run = source.run
    if source.scenario is None:
        return Section("dispatch", "Operation", [Note("There is no operation: no commitment was found in time.")])
    scenario = source.scenario
    flows = run.flows(scenario)
    probability = float(run.solution["probability"].sel(scenario=scenario))
    parts: list[Part] = [
        Note(
            f"Scenario {scenario}: probability {probability:.3g}, profit {run.profit[scenario]:,.2f} {run.currency}. "
            "It is the one whose profit is the median unless another was asked for (--scenario)."
        )
    ]
    looks = component_markers(by_size(flows), demands(flows))
    parts += [_carrier(source, place, name, flows, looks) for place, name in enumerate(carriers_with_flow(flows))]
    levels = _levels(source)
    if levels is not None:
        parts.append(levels)
    return Section("dispatch", "Operation", parts)


def _carrier(
    source: ReportSource, place: int, carrier: str, flows: pd.DataFrame, looks: dict[str, dict[str, Any]]
) -> Figure:
    """What components bring to the nodes of a carrier above zero, and what they take below."""
    time = source.time
    own = flows.loc[:, flows.columns.get_level_values("carrier") == carrier]
    by_component = own.T.groupby(level="component", sort=False).sum().T
    moved = by_component.abs().sum().sort_values(ascending=False, kind="stable")
    names = [str(name) for name in moved.index if by_component[name].abs().max() > _SMALL_MW]
    series = {name: by_component[name].to_numpy(dtype=float) for name in names[:_MOST_BANDS]}
    if names[_MOST_BANDS:]:
        series["other"] = by_component[names[_MOST_BANDS:]].to_numpy(dtype=float).sum(axis=1)
    traces = [bars(time, name, values, looks.get(name, filled(GREY))) for name, values in series.items()]
    layout = {**base_layout("MW into the node (out of it below 0)"), "barmode": "relative", "bargap": 0}
    layout["xaxis"] = time.layout_axis()
    words = f"{carrier.replace('_', ' ').capitalize()}"
    price = _price(source) if carrier == "electricity" else None
    if price is not None:
        traces.append(price)
        layout["yaxis2"] = axis(
            f"price, {source.currency}/MWh", overlaying="y", side="right", showgrid=False, zeroline=False
        )
    return Figure(
        f"dispatch-{place}",
        f"{words}: called operation",
        "Power of each component, stacked: what flows into the nodes of the carrier above zero, what flows out below. "
        + ("The dashed line is the price of the first energy market. " if price is not None else "")
        + time.note,
        "Operation is decided with the whole scenario known; with the volumes committed, it is optimal for the "
        "scenario within the solver's tolerances.",
        traces,
        layout,
        430,
    )


def _price(source: ReportSource) -> dict[str, Any] | None:
    """The first energy market's price as steps at the right."""
    flows, time = source.run.flow_data, source.time
    names = [str(name) for name in flows.data_vars if str(name).startswith(PRICE_PREFIX)]
    if not names:
        return None
    name = PRICE_PREFIX + "da" if PRICE_PREFIX + "da" in names else names[0]
    values = np.asarray(flows[name].sel(scenario=source.scenario).values, dtype=float)
    price = steps(time, f"price {name.removeprefix(PRICE_PREFIX)}", values, (INK, "dash"), width=1.5)
    return {**price, "yaxis": "y2"}


def _levels(source: ReportSource) -> Figure | None:
    """Energy held by each store at the end of each period."""
    solution, time = source.run.solution, source.time
    names = [
        str(name)
        for name, array in solution.data_vars.items()
        if str(name).endswith(_LEVEL) and array.dims[-1] == "time"
    ]
    if not names:
        return None
    looks, traces = line_looks(names), []
    for name in names:
        chosen = (
            solution[name] if "scenario" not in solution[name].dims else solution[name].sel(scenario=source.scenario)
        )
        look = looks[name]
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": plotly_text(name.removesuffix(_LEVEL)),
                "x": time.ends_h,
                "y": plain_list(time.last(np.asarray(chosen.values, dtype=float))),
                "customdata": time.end_labels,
                "hovertemplate": "%{fullData.name}<br>%{customdata}: %{y:.4~g} MWh<extra></extra>",
                "line": {"color": look["colour"], "dash": look["dash"], "width": 1.8},
                "marker": {"symbol": look["marker"], "size": 5, "maxdisplayed": MOST_MARKS},
            }
        )
    layout = {**base_layout("level, MWh"), "xaxis": time.layout_axis()}
    layout["yaxis"]["rangemode"] = "tozero"
    return Figure(
        "levels",
        "Levels of stores",
        f"Energy held at the end of each period, calls included. {time.note}".strip(),
        "Levels follow from the operation above.",
        traces,
        layout,
        340,
    )
