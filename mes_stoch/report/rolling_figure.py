"""Figure: what was earned without foresight against what was planned with it, scenario by scenario."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mes_stoch.io.artifacts.run_folder import RunFolder
from mes_stoch.report.amounts import amount
from mes_stoch.report.axes import dress
from mes_stoch.report.figures import RESOLUTION_DPI, PlotsMissingError
from mes_stoch.report.palette import BLUE, GREY, ORANGE, VERMILION

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from mes_stoch.evaluation.rolling.foresight import Rolling


def write_rolling_figure(rolling: Rolling, target: Path, name: str) -> Path:
    """Draw the figure as PNG.

    Parameters
    ----------
    name : str
        Of the instance.

    Raises
    ------
    PlotsMissingError
        matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
    except ModuleNotFoundError:
        raise PlotsMissingError from None
    figure: Any = draw_rolling(rolling, name)
    FigureCanvasAgg(figure)
    return RunFolder(target.parent).put(
        target.name, lambda stream: figure.savefig(stream, format="png", dpi=RESOLUTION_DPI)
    )


def draw_rolling(rolling: Rolling, name: str) -> Figure:
    """Left, earned against planned, with the line where they are equal; right, the bias of every scenario, sorted."""
    from matplotlib.figure import Figure

    money = rolling.profits.currency
    found = rolling.table()
    figure = Figure(figsize=(9.5, 4.6), layout="constrained")
    scatter, bars = figure.subplots(1, 2)

    dress(scatter, f"{name}: earned against planned", f"earned without foresight, {money}")
    scatter.set_xlabel(f"planned, {money} over the horizon", fontsize=9)
    earned = found["rolled_eur"].to_numpy()
    planned = {"two stages": ("two_stage_lower_eur", VERMILION, "o"), "three stages": ("three_stage_eur", BLUE, "^")}
    seen = [earned]
    for label, (column, colour, marker) in planned.items():
        if column in found:
            values = found[column].to_numpy()
            seen.append(values)
            scatter.plot(values, earned, marker, color=colour, markersize=5, alpha=0.8, label=label)
    low, high = float(np.min(np.concatenate(seen))), float(np.max(np.concatenate(seen)))
    pad = 0.04 * max(high - low, 1e-9 * max(abs(low), abs(high)))
    scatter.plot([low - pad, high + pad], [low - pad, high + pad], color=GREY, linewidth=1.0, label="nothing lost")
    scatter.legend(loc="upper left", frameon=False, fontsize=8)

    bias = np.sort(found["bias_lower_eur"].to_numpy())[::-1]
    mean = rolling.biases[0].bias.lower
    dress(bars, "foresight bias by scenario, two stages", f"planned less earned, {money}")
    bars.bar(np.arange(len(bias)) + 1, bias, color=ORANGE, width=0.9)
    bars.axhline(mean, color=VERMILION, linestyle="--", linewidth=1.4, label=f"expected {amount(mean)}")
    bars.xaxis.get_major_locator().set_params(integer=True)
    bars.set_xlabel("scenarios, the largest bias first", fontsize=9)
    bars.legend(loc="upper right", frameon=False, fontsize=8)
    for axes in (scatter, bars):
        axes.ticklabel_format(axis="y", style="plain", useOffset=False)
    return figure
