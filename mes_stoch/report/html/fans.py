"""Section: the scenarios, as fans of prices and calls over time."""

from __future__ import annotations

from typing import Any

import numpy as np

from mes_stoch.io.artifacts.cf_attributes import series_unit
from mes_stoch.report.html.numbers import plain_list
from mes_stoch.report.html.parts import Figure, Note, Part, Section, plotly_text
from mes_stoch.report.html.series import Array, over_scenarios, varies, weighted_quantiles
from mes_stoch.report.html.source import ReportSource
from mes_stoch.report.html.style import base_layout
from mes_stoch.report.palette import BLUE, INK, VERMILION
from mes_stoch.schema.flexibility import as_called
from mes_stoch.schema.units import in_currency

#: Fans of prices, and of called shares.
_MOST_PRICES, _MOST_SHARES = 8, 6
_BANDS = ((0.0, 1.0, 0.12), (0.05, 0.95, 0.22), (0.25, 0.75, 0.38))


def fans(source: ReportSource) -> Section:
    """A fan for each price and called share that varies over the scenarios, those in use first."""
    tree = source.run.tree
    prices, shares = _used(source)
    names = [name for name in tree.series_names if varies(over_scenarios(tree, name))]
    of_prices = _ordered(names, prices, [name for name in names if "price" in name and name not in shares])
    of_shares = _ordered(names, shares, [name for name in names if "activation" in name and name not in prices])
    chosen = of_prices[:_MOST_PRICES] + of_shares[:_MOST_SHARES]
    left_out = of_prices[_MOST_PRICES:] + of_shares[_MOST_SHARES:]
    parts: list[Part] = [
        Note(
            f"{len(tree.scenario_names)} scenarios; {len(names)} of {len(tree.series_names)} series differ between "
            f"them. {_weights(source)}"
        )
    ]
    if not chosen:
        parts.append(Note("No price and no call differs between the scenarios."))
    parts += [_fan(source, place, name, name in of_shares) for place, name in enumerate(chosen)]
    if left_out:
        left = ", ".join(in_currency(name, source.currency) for name in left_out)
        parts.append(Note(f"Not drawn, to be found in tree.nc: {left}."))
    return Section("scenarios", "Scenarios", parts)


def _ordered(names: list[str], first: list[str], then: list[str]) -> list[str]:
    """Names that vary, each once."""
    return [name for name in dict.fromkeys([*first, *then]) if name in names]


def _weights(source: ReportSource) -> str:
    weighting = source.run.tree.weighting
    if weighting is not None:
        return f"They were {weighting}."
    return "They are a sample of equal weights." if source.run.tree.is_sample else "They are given with their weights."


def _used(source: ReportSource) -> tuple[list[str], list[str]]:
    """Series of prices, then of called shares: of energy markets first, then of products that have a volume."""
    prices: list[str] = []
    shares: list[str] = []
    instance, table = source.instance, source.run.commitments
    if instance is None:
        return prices, shares
    prices += [str(market.price_eur_per_mwh) for market in instance.markets().values()]
    committed = set(table.loc[table["volume_mw"] > 0, "product"])
    chosen = [product for name, product in instance.products.items() if name in committed]
    for product in chosen:
        called = as_called(product)
        if called is not None:
            prices.append(str(called.capacity_price))
            shares += [str(called.activation(direction)) for direction in called.directions]
    prices += [str(price.price) for product in chosen for price in product.prices()]
    return prices, shares


def _fan(source: ReportSource, place: int, name: str, is_share: bool) -> Figure:
    tree, time = source.run.tree, source.time
    values = over_scenarios(tree, name)
    drawn = np.array([time.mean(row) for row in values])
    weights = tree.probabilities
    levels = tuple(sorted({0.5, *(level for low, high, _ in _BANDS for level in (low, high))}))
    of_level = dict(zip(levels, weighted_quantiles(drawn, weights, levels), strict=True))
    traces: list[dict[str, Any]] = []
    for low, high, strength in _BANDS:
        word = "least to most" if low == 0.0 else f"{100 * low:.0f} to {100 * high:.0f} %"
        traces += [
            _edge(time.steps_h, of_level[low], name=word, showlegend=False),
            _edge(time.steps_h, of_level[high], name=word, fill="tonexty", fillcolor=f"rgba(0,114,178,{strength})"),
        ]
    labels = [*time.labels, time.labels[-1]]
    lines = [("median", of_level[0.5], INK, "solid"), ("mean", weights @ drawn, BLUE, "dash")]
    if source.scenario is not None:
        lines.append((f"scenario {plotly_text(source.scenario)}", drawn[source.tree_place], VERMILION, "dot"))
    for word, line, colour, dash in lines:
        traces.append(
            {
                **_edge(time.steps_h, line, name=word),
                "line": {"shape": "hv", "color": colour, "dash": dash, "width": 1.6},
                "hoverinfo": None,
                "customdata": labels,
                "hovertemplate": "%{fullData.name}<br>%{customdata}: %{y:.4~g}<extra></extra>",
            }
        )
    shown = in_currency(name, source.currency)
    unit = series_unit(name, source.currency)
    what = "called share of the volume" if is_share else "value"
    return Figure(
        f"fan-{place}",
        shown,
        f"Spread over the scenarios in each period: all, the middle 90 % and the middle half, by their weights. "
        f"{time.note}".strip(),
        "These are data of the run, drawn or given; the optimum is that of these scenarios.",
        traces,
        {**base_layout(f"{what}, {unit}"), "xaxis": time.layout_axis()},
        320,
    )


def _edge(x: list[float | None], values: Array, **more: Any) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": plain_list(np.append(values, values[-1])),
        "line": {"shape": "hv", "width": 0, "color": BLUE},
        "hoverinfo": "skip",
        **more,
    }
