"""Figures: values of information and of products as bars, each with the two ends that are proven."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mes_stoch.evaluation.bracket import Bracket
from mes_stoch.evaluation.product_values import ProductValues
from mes_stoch.evaluation.values import Values
from mes_stoch.report.amounts import amount
from mes_stoch.report.axes import dress
from mes_stoch.report.palette import BLUE, GREEN, INK, ORANGE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LEVELS, _DIFFERENCES = ("WS", "RP", "EEV", "EEV_day_ahead", "EV"), ("EVPI", "VSS", "VSS_day_ahead")
_ROW_IN, _HEAD_IN = 0.42, 1.5


def draw_values(values: Values, name: str) -> Figure:
    """What programs with more and less knowledge earn, and beside it the differences, on scales of their own."""
    from matplotlib.figure import Figure

    named = values.named()
    levels = {key: named[key] for key in _LEVELS if key in named}
    differences = {key: named[key] for key in _DIFFERENCES if key in named}
    figure = Figure(figsize=(10.0, _HEAD_IN + _ROW_IN * len(levels)), layout="constrained")
    left, right = figure.subplots(1, 2)
    unit = f"{values.currency} over the horizon".strip()
    what = "expected profit" if values.utility is None else values.utility
    dress(left, f"{name}: {values.scenarios} scenarios", "")
    _dots(left, levels, BLUE)
    left.set_xlabel(f"{what}, {unit}", fontsize=9)
    dress(right, "what is lost without", "")
    _bars(right, {"differences": (differences, GREEN)})
    right.set_xlabel(unit, fontsize=9)
    return figure


def draw_product_values(values: ProductValues, name: str) -> Figure:
    """Each product beside the others and alone, the most valuable first."""
    from matplotlib.figure import Figure

    order = sorted(values.without, key=lambda product: -values.beside(product).upper)
    figure = Figure(figsize=(8.5, _HEAD_IN + 1.6 * _ROW_IN * len(order)), layout="constrained")
    axes = figure.subplots()
    dress(axes, f"{name}: what each product is worth, {values.scenarios} scenarios", "")
    _bars(
        axes,
        {
            "beside the others": ({product: values.beside(product) for product in order}, BLUE),
            "alone": ({product: values.by_itself(product) for product in order}, ORANGE),
        },
    )
    axes.set_xlabel(f"{values.currency} over the horizon, with both proven ends", fontsize=9)
    axes.legend(loc="lower right", frameon=False, fontsize=8)
    return figure


def _dots(axes: Any, named: Mapping[str, Bracket], colour: str) -> None:
    """Levels have no natural zero: a mark from end to end of each bracket, on the scale of their differences."""
    for place, bracket in enumerate(named.values()):
        lower, upper = (end for end in (bracket.lower, bracket.upper))
        finite = [end for end in (lower, upper) if math.isfinite(end)]
        if not finite:
            _tell(axes, place, bracket)
            continue
        axes.plot(finite, [place] * len(finite), "-|", color=colour, linewidth=5, markersize=13, markeredgewidth=2)
        axes.annotate(
            _ends(bracket),
            xy=(sum(finite) / len(finite), place),
            xytext=(0, 9),
            textcoords="offset points",
            ha="center",
            fontsize=8,
            color=INK,
        )
    axes.margins(x=0.25)
    _names(axes, list(named))


def _bars(axes: Any, series: Mapping[str, tuple[Mapping[str, Bracket], str]]) -> None:
    """Bars to the middle of each bracket, with whiskers to its ends."""
    height = 0.7 / len(series)
    names: list[str] = []
    for number, (label, (named, colour)) in enumerate(series.items()):
        names, told = list(named), False
        for place, bracket in enumerate(named.values()):
            at = place + (number - 0.5 * (len(series) - 1)) * height
            finite = [end for end in (bracket.lower, bracket.upper) if math.isfinite(end)]
            if not finite:
                _tell(axes, at, bracket)
                continue
            middle = sum(finite) / len(finite)
            whole = len(finite) == len("ab")
            spread = [[middle - bracket.lower], [bracket.upper - middle]] if whole else None
            axes.barh(
                at,
                middle,
                height=0.9 * height,
                color=colour,
                label=None if told else label,
                xerr=spread,
                error_kw={"ecolor": INK, "capsize": 3, "linewidth": 1.2},
                hatch="" if whole else "///",
            )
            told = True
            axes.annotate(
                _ends(bracket),
                xy=(max(0.0, *finite), at),
                xytext=(6, 0),
                textcoords="offset points",
                va="center",
                fontsize=8,
                color=INK,
            )
    axes.axvline(0.0, color=INK, linewidth=0.8)
    left, right = axes.get_xlim()
    # room for what stands behind the bars
    axes.set_xlim(left, right + 0.4 * (right - left))
    _names(axes, names)


def _tell(axes: Any, at: float, bracket: Bracket) -> None:
    """A bracket without an end that could be drawn."""
    axes.annotate(_ends(bracket), xy=(0.02, at), xycoords=("axes fraction", "data"), va="center", fontsize=8, color=INK)


def _names(axes: Any, names: list[str]) -> None:
    axes.set_yticks(range(len(names)), names, fontsize=9)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.grid(False, axis="y")
    axes.grid(True, axis="x", color="#dddddd", linewidth=0.6)
    axes.ticklabel_format(axis="x", style="plain", useOffset=False)
    axes.locator_params(axis="x", nbins=5)


def _ends(bracket: Bracket) -> str:
    if bracket.upper == -math.inf:
        return "no dispatch"
    if bracket.lower == math.inf:
        return "infinite"
    if not math.isfinite(bracket.lower):
        return "unknown" if not math.isfinite(bracket.upper) else f"at most {amount(bracket.upper)}"
    if not math.isfinite(bracket.upper):
        return f"at least {amount(bracket.lower)}"
    lower, upper = amount(bracket.lower), amount(bracket.upper)
    return lower if lower == upper else f"{lower} to {upper}"
