"""Figure: the commitments by block, and below them how one scenario is operated, carrier by carrier."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mes_stoch.report.axes import dress, legend_beside, local_time_axis, period_edges
from mes_stoch.report.bid_curves import price_columns
from mes_stoch.report.datasets import PRICE_PREFIX
from mes_stoch.report.palette import GREY, INK, Fill, component_fills, product_fills
from mes_stoch.report.run import Run, volume_between

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_FLOW_TOLERANCE_MW = 1e-6
_MOST_BANDS = 12


def draw_commitments_dispatch(run: Run, scenario: str) -> Figure:
    """Committed volumes (up above zero, down below) over the stacked flows of one scenario."""
    from matplotlib.figure import Figure

    flows = run.flows(scenario)
    carriers = carriers_with_flow(flows)
    panels = 1 + len(carriers)
    figure = Figure(figsize=(10.5, 1.4 + 2.3 * panels), layout="constrained")
    heights = [1.0, *(1.35 if carrier == "electricity" else 1.0 for carrier in carriers)]
    axes = figure.subplots(panels, 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    edges = period_edges(run.tree)

    commitments_on(axes[0], run)
    looks = looks_of(flows)
    for panel, carrier in zip(axes[1:], carriers, strict=True):
        carrier_on(
            panel,
            run,
            scenario,
            carrier,
            flows.loc[:, flows.columns.get_level_values("carrier") == carrier],
            edges,
            looks,
        )
    local_time_axis(axes[-1], edges)
    figure.align_ylabels(axes)
    profit = float(run.profit[scenario])
    probability = float(run.solution["probability"].sel(scenario=scenario))
    figure.suptitle(
        f"{run.summary['instance']}: commitments, and operation in scenario {scenario}\n"
        f"(probability {probability:.3g}, profit {profit:,.0f} {run.currency}; expected over "
        f"{run.summary['scenarios']} scenarios {run.expected_profit:,.0f} {run.currency})",
        fontsize=11,
        x=0.01,
        ha="left",
        # a name with two dollars in it is no formula
        parse_math=False,
    )
    return figure


def carriers_with_flow(flows: pd.DataFrame) -> list[str]:
    """Carriers with any flow, electricity first."""
    present = [
        str(carrier)
        for carrier in dict.fromkeys(flows.columns.get_level_values("carrier"))
        if flows[carrier].abs().to_numpy().max(initial=0.0) > _FLOW_TOLERANCE_MW
    ]
    return sorted(present, key=lambda carrier: carrier != "electricity")


def looks_of(flows: pd.DataFrame) -> dict[str, Fill]:
    """How each component is filled, the same for all carriers."""
    return component_fills(by_size(flows), demands(flows))


def by_size(flows: pd.DataFrame) -> list[str]:
    """Components by what they move, so that the largest get the plainest colours."""
    moved = flows.abs().sum().groupby(level="component", sort=False).sum()
    return [str(name) for name in moved.sort_values(ascending=False, kind="stable").index]


def demands(flows: pd.DataFrame) -> set[str]:
    """Components that only ever take, and from one carrier alone."""
    taking = set()
    for component in dict.fromkeys(flows.columns.get_level_values("component")):
        own = flows.xs(component, axis=1, level="component")
        if own.shape[1] == 1 and own.to_numpy().max(initial=0.0) <= _FLOW_TOLERANCE_MW:
            taking.add(str(component))
    return taking


def commitments_on(axes: Any, run: Run) -> None:
    """Committed volumes, up above zero and down below."""
    # certified levels and reactive power take no part: they may be held with the same MW
    table = run.commitments[run.commitments["direction"].isin(("up", "down", "symmetric"))]
    offered = "; at prices: all that is offered" if price_columns(table) else ""
    dress(axes, f"Committed reserve (up above zero, down below, symmetric both{offered})", "MW")
    axes.axhline(0.0, color=INK, linewidth=0.8)
    used = [p for p in dict.fromkeys(table["product"]) if (table.loc[table["product"] == p, "volume_mw"] > 0).any()]
    if not used:
        axes.text(0.5, 0.5, "nothing is committed", transform=axes.transAxes, ha="center", va="center", color=GREY)
        axes.set_yticks([0.0])
        return
    cuts = pd.DatetimeIndex(sorted({*table["block_start"], *table["block_end"]}))
    looks = product_fills(used)
    stack = {1: np.zeros(len(cuts) - 1), -1: np.zeros(len(cuts) - 1)}
    handles = []
    for product in used:
        rows = table[table["product"] == product]
        direction = str(rows["direction"].iloc[0])
        volume = np.nan_to_num(volume_between(rows, cuts))
        for sign in {"up": (1,), "down": (-1,)}.get(direction, (1, -1)):
            top = stack[sign] + sign * volume
            handle = _band(axes, cuts, stack[sign], top, looks[product], edge="white")
            stack[sign] = top
        handles.append(handle)
    legend_beside(axes, handles, used)
    axes.margins(y=0.08)


def carrier_on(
    axes: Any,
    run: Run,
    scenario: str,
    carrier: str,
    flows: pd.DataFrame,
    edges: pd.DatetimeIndex,
    looks: dict[str, Fill],
) -> None:
    """Flows of one carrier, stacked, with the price where it is electricity."""
    by_component = flows.T.groupby(level="component", sort=False).sum().T
    moved = by_component.abs().sum().sort_values(ascending=False, kind="stable")
    names = [str(name) for name in moved.index if by_component[name].abs().max() > _FLOW_TOLERANCE_MW]
    shown, rest = names[:_MOST_BANDS], names[_MOST_BANDS:]
    dress(axes, f"{carrier.replace('_', ' ').capitalize()} (into the node above zero, out of it below)", "MW")
    up, down = np.zeros(len(by_component)), np.zeros(len(by_component))
    handles, labels = [], []
    series = {name: by_component[name].to_numpy() for name in shown}
    if rest:
        series["other"] = by_component[rest].to_numpy().sum(axis=1)
    for name, values in series.items():
        look = looks.get(name, Fill(GREY))
        into, out = np.maximum(values, 0.0), np.minimum(values, 0.0)
        handle = _band(axes, edges, up, up + into, look)
        _band(axes, edges, down, down + out, look)
        up, down = up + into, down + out
        handles.append(handle)
        labels.append(name)
    axes.axhline(0.0, color=INK, linewidth=0.8)
    axes.margins(y=0.05)
    if carrier == "electricity":
        _price(axes, run, scenario, edges, handles, labels)
    legend_beside(axes, handles, labels)


def _price(axes: Any, run: Run, scenario: str, edges: pd.DatetimeIndex, handles: list[Any], labels: list[str]) -> None:
    """The first energy market's price, on an axis of its own at the right."""
    names = [str(name) for name in run.flow_data.data_vars if str(name).startswith(PRICE_PREFIX)]
    if not names:
        return
    name = PRICE_PREFIX + "da" if PRICE_PREFIX + "da" in names else names[0]
    price = run.flow_data[name].sel(scenario=scenario).values
    right = axes.twinx()
    (line,) = right.step(edges, np.append(price, price[-1]), where="post", color=INK, linewidth=1.3, linestyle="--")
    right.set_ylabel(f"{run.currency}/MWh", fontsize=9)
    right.tick_params(labelsize=8)
    for side in ("top", "left", "bottom"):
        right.spines[side].set_visible(False)
    right.spines["right"].set_color(GREY)
    low, high = float(min(price.min(), 0.0)), float(max(price.max(), 0.0))
    pad = 0.08 * max(high - low, 1.0)
    right.set_ylim(low - pad if low < 0 else 0.0, high + pad)
    handles.append(line)
    labels.append(f"price {name.removeprefix(PRICE_PREFIX)}")


def _band(
    axes: Any, edges: pd.DatetimeIndex, low: NDArray[np.float64], high: NDArray[np.float64], look: Fill, edge: str = ""
) -> Any:
    """A stretch between two step functions."""
    return axes.fill_between(
        edges,
        np.append(low, low[-1]),
        np.append(high, high[-1]),
        step="post",
        facecolor=look.colour,
        hatch=look.hatch or None,
        edgecolor=edge or ("white" if look.hatch else "none"),
        linewidth=0.6 if edge else 0.0,
    )
