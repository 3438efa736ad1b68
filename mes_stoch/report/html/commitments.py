"""Section: committed volumes by product and block, over the price of each."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from mes_stoch.report.bid_curves import BidCurve, bid_curves, plain_commitments, unit_in_words
from mes_stoch.report.block_label import block_label
from mes_stoch.report.html.numbers import plain_list, volume
from mes_stoch.report.html.parts import Figure, Note, Part, Section, Table, plotly_text, table_of
from mes_stoch.report.html.series import over_scenarios, weighted_quantiles
from mes_stoch.report.html.source import ReportSource
from mes_stoch.report.html.style import MOST_MARKS, axis, base_layout, line_looks, product_markers
from mes_stoch.report.run import volume_between
from mes_stoch.schema.flexibility import as_called

_CALLABLE = ("up", "down", "symmetric")
_SIGNS = {"up": (1,), "down": (-1,)}
_MOST_ROWS = 60
_SMALL = 5e-7


class _Price(NamedTuple):
    """Expected price of capacity over periods, with where the middle 90 % of scenarios lies."""

    low: np.ndarray[Any, np.dtype[np.float64]]
    mean: np.ndarray[Any, np.dtype[np.float64]]
    high: np.ndarray[Any, np.dtype[np.float64]]


def commitments(source: ReportSource) -> Section:
    """Bars of volumes with prices below, bid curves where there are any, and the table."""
    run = source.run
    parts: list[Part] = []
    if run.objective is None:
        parts.append(Note("No commitment was found in time.", "warning"))
    elif run.commitments.empty:
        parts.append(Note("There are no products of reserve in this instance: nothing to commit."))
    else:
        figure = _volumes(source)
        parts += [figure] if figure is not None else [Note("Nothing is committed that can be called.")]
        parts += [_bid_curve(source, place, curve) for place, curve in enumerate(bid_curves(run))]
        parts.append(_table(source))
    if not run.site_decisions.empty:
        parts.append(_decisions(source))
    return Section("commitments", "Commitments", parts)


def _volumes(source: ReportSource) -> Figure | None:
    run, time = source.run, source.time
    table = run.commitments[run.commitments["direction"].isin(_CALLABLE)]
    used = [
        p for p in dict.fromkeys(table["product"]) if (table.loc[table["product"] == p, "volume_mw"] > _SMALL).any()
    ]
    if not used:
        return None
    cuts = pd.DatetimeIndex(sorted({*table["block_start"], *table["block_end"]}))
    starts = np.array([time.hour(moment) for moment in cuts])
    with_day = cuts[-1] - cuts[0] > pd.Timedelta(hours=25)
    spans = [block_label(a, b, with_day=with_day) for a, b in pairwise(cuts)]
    looks = product_markers(used)
    traces = []
    for product in used:
        rows = table[table["product"] == product]
        signs = _SIGNS.get(str(rows["direction"].iloc[0]), (1, -1))
        volumes = np.nan_to_num(volume_between(rows, cuts))
        for sign in signs:
            traces.append(
                {
                    "type": "bar",
                    "name": plotly_text(product),
                    "legendgroup": product,
                    "showlegend": sign == signs[0],
                    "x": plain_list(starts[:-1]),
                    "width": plain_list(np.diff(starts)),
                    "offset": 0,
                    "y": plain_list(sign * volumes),
                    "customdata": spans,
                    "hovertemplate": "%{fullData.name}<br>%{customdata}: %{y:.4~g} MW<extra></extra>",
                    "marker": looks[product],
                }
            )
    prices = {product: price for product in used if (price := _price(source, product)) is not None}
    layout = {**base_layout(), "barmode": "relative", "bargap": 0, "xaxis": time.layout_axis()}
    layout["yaxis"] = axis("committed, MW (up above 0)", domain=[0.44, 1.0] if prices else [0.0, 1.0])
    if prices:
        layout["yaxis2"] = axis(f"price, {source.currency}/MW/h", domain=[0.0, 0.36], rangemode="tozero")
        layout["xaxis"]["anchor"] = "y2"
        traces += _price_lines(source, prices)
    return Figure(
        "commitments",
        "Volumes by product and block, over the price of capacity",
        "Upper panel: volume committed in each block, stacked; symmetric products count both ways. Lower panel: "
        "expected price of capacity of each product; hover shows where 90 % of the scenarios lie."
        + (f" {time.note}" if prices and time.note else ""),
        "Volumes are decided before any scenario is known. That no other commitment earns more than the upper bound "
        "is proven for these scenarios; prices are those of the scenarios.",
        traces,
        layout,
        520 if prices else 360,
    )


def _price(source: ReportSource, product_id: str) -> _Price | None:
    """Price per MW and hour; nothing where it is paid otherwise, or not at all."""
    instance, tree = source.instance, source.run.tree
    product = None if instance is None else instance.products.get(product_id)
    called = None if product is None else as_called(product)
    if called is None or called.capacity_price == 0:
        return None
    values = over_scenarios(tree, called.capacity_price)
    low, high = weighted_quantiles(values, tree.probabilities, (0.05, 0.95))
    return _Price(low, tree.probabilities @ values, high)


def _price_lines(source: ReportSource, prices: dict[str, _Price]) -> list[dict[str, Any]]:
    time, looks, traces = source.time, line_looks(prices), []
    for product, price in prices.items():
        look = looks[product]
        bands = [time.mean(price.low), time.mean(price.high)]
        said = [
            f"{when}, 90 % within {low:.4g} to {high:.4g}" for when, low, high in zip(time.labels, *bands, strict=True)
        ]
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": f"price of {plotly_text(product)}",
                "legendgroup": product,
                "x": time.steps_h,
                "y": time.stepped(price.mean),
                "customdata": [*said, said[-1]],
                "hovertemplate": "%{fullData.name}<br>%{customdata}<br>%{y:.4~g}<extra></extra>",
                "line": {"shape": "hv", "color": look["colour"], "dash": look["dash"], "width": 1.8},
                "marker": {"symbol": look["marker"], "size": 5, "maxdisplayed": MOST_MARKS},
                "yaxis": "y2",
            }
        )
    return traces


def _bid_curve(source: ReportSource, place: int, curve: BidCurve) -> Figure:
    """Cumulated volume over its price, a line for each block."""
    with_day = curve.ends[-1] - curve.starts[0] > pd.Timedelta(hours=25)
    names = [block_label(a, b, with_day=with_day) for a, b in zip(curve.starts, curve.ends, strict=True)]
    kept = [k for k in range(len(names)) if np.nansum(curve.offered_mw[k]) > _SMALL]
    shown = kept[:12]
    looks, traces = line_looks(names[k] for k in shown), []
    for k in shown:
        look = looks[names[k]]
        offered = np.nan_to_num(curve.offered_mw[k])
        # who buys takes more the cheaper it is
        reached = np.cumsum(offered[::-1])[::-1] if curve.direction == "buy" else np.cumsum(offered)
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": plotly_text(names[k]),
                "x": plain_list(reached),
                "y": plain_list(curve.prices),
                "line": {"shape": "vh", "color": look["colour"], "dash": look["dash"]},
                "marker": {"symbol": look["marker"], "size": 7},
                "hovertemplate": "%{fullData.name}: %{x:.4~g} MW at %{y:.4~g}<extra></extra>",
            }
        )
    unit = unit_in_words(curve.unit)
    left = f" {len(kept) - len(shown)} more blocks are in the table." if len(kept) > len(shown) else ""
    return Figure(
        f"bid-curve-{place}",
        f"Offered by {curve.title}",
        f"Volume offered at a price or better, a line for each block.{left}",
        "Offers are decided before any price is known; which are accepted is the scenario's.",
        traces,
        {**base_layout(f"price, {unit}", "offered, MW")},
        360,
    )


def _table(source: ReportSource) -> Table:
    """Every row of commitments that has a volume, with what it is paid where that is known."""
    rows, run = [], source.run
    table = run.commitments
    prices = {p: price for p in dict.fromkeys(plain_commitments(table)["product"]) if (price := _price(source, p))}
    many_days = bool((table["block_end"].max() - table["block_start"].min()) > pd.Timedelta(hours=25))
    kept = table[table[[c for c in table.columns if c.startswith("volume_")]].abs().max(axis=1) > _SMALL]
    for row in kept.head(_MOST_ROWS).to_dict("records"):
        is_reactive = not pd.isna(row.get("volume_mvar", np.nan))
        offered = [f"{value:g}" for name, value in row.items() if str(name).startswith("price_") and not pd.isna(value)]
        cells = {
            "product": str(row["product"]),
            "direction": str(row["direction"]),
            "block": block_label(row["block_start"], row["block_end"], with_day=many_days),
            "volume": f"{volume(row['volume_mvar'])} Mvar" if is_reactive else f"{volume(row['volume_mw'])} MW",
        }
        if prices:
            mean = _mean_price(source, prices.get(row["product"]), row["block_start"], row["block_end"])
            cells[f"expected price, {source.currency}/MW/h"] = "-" if mean is None else f"{mean:,.2f}"
        if any(str(name).startswith("price_") for name in row):
            cells["offered at"] = offered[0] if offered else ""
        rows.append(cells)
    if not rows:
        return Table("Committed", ["product"], [["nothing has a volume"]])
    said = f"{len(kept) - len(rows)} more rows are in commitments.csv. " if len(kept) > len(rows) else ""
    note = f"{said}Blocks without a volume are left out. Local time ({run.summary['timezone']})."
    numbers = ["volume", f"expected price, {source.currency}/MW/h", "offered at"]
    return table_of("Committed", rows, numbers, note, is_folded=len(rows) > 12)


def _mean_price(source: ReportSource, price: _Price | None, start: pd.Timestamp, end: pd.Timestamp) -> float | None:
    if price is None:
        return None
    time = source.run.tree.time
    inside = np.asarray((time >= start) & (time < end))
    return float(price.mean[inside].mean()) if inside.any() else None


def _decisions(source: ReportSource) -> Table:
    rows = [
        {
            "component": str(row["component"]),
            "decided": str(row["quantity"]),
            "value": volume(row["value"]),
            "unit": str(row["unit"]),
        }
        for row in source.run.site_decisions.to_dict("records")
    ]
    return table_of("Decided of the site with the commitments", rows, ["value"])
