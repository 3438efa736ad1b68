"""Section: what is scheduled against what is done once calls come."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mes_stoch.report.html.parts import Figure, Note, Part, Section
from mes_stoch.report.html.source import ReportSource
from mes_stoch.report.html.style import base_layout, component_markers, line_looks, product_markers
from mes_stoch.report.html.time_traces import bars, steps
from mes_stoch.schema.errors import MissingEntryError
from mes_stoch.settlement.calls import calls, net_delivery
from mes_stoch.settlement.data import SettlementData

Array = NDArray[np.float64]

_SCHEDULED = ".scheduled_mw"
_SMALL_MW = 1e-6


def base_and_called(source: ReportSource) -> Section:
    """Exchange with and without calls, what products call, and which component answers."""
    title = "Base schedule against called operation"
    if source.scenario is None:
        return Section("calls", title, [Note("There is no operation: no commitment was found in time.")])
    parts: list[Part] = []
    exchange = _exchange(source)
    if exchange is None:
        parts.append(Note("No connection of this site keeps a schedule that calls could change."))
    else:
        parts.append(exchange)
    data = None if source.settlement is None else source.settlement.ledger.data
    if data is None:
        parts.append(Note(source.missing.get("settlement", source.missing.get("instance", "There are no accounts."))))
        return Section("calls", title, parts)
    try:
        figures = [_ordered(source, data), _answers(source, data)]
    except MissingEntryError as error:
        parts.append(Note(f"What is called cannot be told: {error}"))
        return Section("calls", title, parts)
    found = [figure for figure in figures if figure is not None]
    parts += found or [Note(f"Nothing is called in scenario {source.scenario}.")]
    return Section("calls", title, parts)


def _exchange(source: ReportSource) -> Figure | None:
    """Scheduled and metered exchange of every connection that keeps a schedule."""
    run, time = source.run, source.time
    solution = run.solution
    names = [str(name).removesuffix(_SCHEDULED) for name in solution.data_vars if str(name).endswith(_SCHEDULED)]
    if not names:
        return None
    flows = run.flows(str(source.scenario))
    traces: list[dict[str, Any]] = []
    looks = line_looks(f"{name}, {word}" for name in names for word in ("scheduled", "with calls"))
    for name in names:
        scheduled = np.asarray(solution[name + _SCHEDULED].sel(scenario=source.scenario).values, dtype=float)
        own = flows.loc[:, flows.columns.get_level_values("component") == name]
        called = -own.to_numpy(dtype=float).sum(axis=1)
        for word, values in (("scheduled", scheduled), ("with calls", called)):
            look = looks[f"{name}, {word}"]
            traces.append(steps(time, f"{name}, {word}", values, (look["colour"], look["dash"]), "MW"))
    layout = {**base_layout("exchange, MW (export above 0)"), "xaxis": time.layout_axis()}
    return Figure(
        "exchange",
        "Exchange with the grid: scheduled, and with calls",
        "Scheduled: the base schedule, which is sold and bought on the energy markets. With calls: what the meter "
        f"reads once calls are answered. {time.note}".strip(),
        "Both are of the scenario shown; the difference is calls answered and what is not kept of the schedule.",
        traces,
        layout,
        380,
    )


def _ordered(source: ReportSource, data: SettlementData) -> Figure | None:
    """Power that is called of each product, up above zero."""
    row, found = source.scenario_place, {}
    missed = np.zeros(len(data.time))
    for product_id, product in data.instance.called_products().items():
        total = np.zeros(len(data.time))
        for call in calls(data, product_id, product):
            total = total + call.sign * call.ordered[row]
            missed = missed + call.missed[row]
        if np.abs(total).max(initial=0.0) > _SMALL_MW:
            found[product_id] = total
    if not found:
        return None
    looks = product_markers(found)
    hours = float(missed @ data.lengths_h)
    return _bars(
        source,
        "called",
        "Power called of each product",
        "Called share times volume, up above zero; of a symmetric product upward less downward calls. "
        + (f"{hours:.3g} MWh of it are not delivered. " if hours > _SMALL_MW else "All of it is delivered. "),
        "Calls are the scenario's: data, not decisions.",
        "called, MW (up above 0)",
        {name: (values, looks[name]) for name, values in found.items()},
    )


def _answers(source: ReportSource, data: SettlementData) -> Figure | None:
    """What calls add to the injection of each component."""
    row, found = source.scenario_place, {}
    for name, spec in data.instance.components.items():
        if spec.provided:
            change = net_delivery(data, name)[row]
            if np.abs(change).max(initial=0.0) > _SMALL_MW:
                found[name] = change
    if not found:
        return None
    looks = component_markers(found)
    return _bars(
        source,
        "answers",
        "Which component answers the calls",
        "Called less base operation of each component that holds reserve: more injection or less withdrawal above "
        "zero. Base operation is the one of the sections above less this.",
        "Which component answers is decided with the scenario known.",
        "change by calls, MW",
        {name: (values, looks[name]) for name, values in found.items()},
    )


def _bars(
    source: ReportSource,
    key: str,
    title: str,
    caption: str,
    proof: str,
    unit: str,
    series: dict[str, tuple[Array, dict[str, Any]]],
) -> Figure:
    time = source.time
    traces = [bars(time, name, values, marker) for name, (values, marker) in series.items()]
    layout = {**base_layout(unit), "barmode": "relative", "bargap": 0, "xaxis": time.layout_axis()}
    return Figure(key, title, f"{caption.strip()} {time.note}".strip(), proof, traces, layout, 340)
