"""Brackets of a page: two proven ends that hold a number, in words and as a figure."""

from __future__ import annotations

import numpy as np

from mes_stoch.report.brackets import ROUNDING
from mes_stoch.report.html.numbers import bare, plain_list
from mes_stoch.report.html.parts import Figure, plotly_text
from mes_stoch.report.html.style import base_layout
from mes_stoch.report.palette import BLUE, INK
from mes_stoch.schema.evaluation_shared import BracketResult

PROVEN = "Brackets are proven for these scenarios."
#: By what is known: both ends, or one, from which what is held lies to the right or to the left.
_SYMBOLS = {(True, True): "diamond", (True, False): "triangle-right", (False, True): "triangle-left"}


def brackets(key: str, title: str, rows: dict[str, BracketResult], currency: str) -> Figure:
    """Every bracket as a bar between its ends, or as a triangle at the one that is known."""
    names = list(rows)
    middles, halves, texts, symbols = [], [], [], []
    for bracket in rows.values():
        lower, upper = _end(bracket.lower), _end(bracket.upper)
        known = [end for end in (lower, upper) if np.isfinite(end)]
        middles.append(float(np.mean(known)) if known else np.nan)
        halves.append((upper - lower) / 2 if len(known) == 2 else 0.0)
        texts.append(bracket_in_words(bracket, currency))
        symbols.append(_SYMBOLS.get((bool(np.isfinite(lower)), bool(np.isfinite(upper))), "diamond"))
    trace = {
        "type": "scatter",
        "mode": "markers",
        "x": plain_list(np.array(middles)),
        "y": [plotly_text(name) for name in names],
        "error_x": {"type": "data", "array": plain_list(np.array(halves)), "thickness": 3, "width": 6, "color": INK},
        "marker": {"symbol": symbols, "size": 9, "color": BLUE, "line": {"color": INK, "width": 1}},
        "customdata": texts,
        "hovertemplate": "%{y}: %{customdata}<extra></extra>",
    }
    layout = base_layout("", f"{currency} over the horizon")
    layout["yaxis"] |= {"autorange": "reversed", "type": "category"}
    layout["showlegend"] = False
    said = "; ".join(f"{name}: {text}" for name, text in zip(names, texts, strict=True))
    half = (
        " Triangles: one end alone is known, what is held lies where they point." if set(symbols) - {"diamond"} else ""
    )
    return Figure(key, title, f"{said}.{half}", PROVEN, [trace], layout, 130 + 30 * len(names))


def _end(value: float | None) -> float:
    return float("nan") if value is None else value


def bracket_in_words(bracket: BracketResult, currency: str) -> str:
    """Both ends with the currency, or one where they are the same."""
    if bracket.value != "between":
        return bracket.value
    if bracket.lower is None and bracket.upper is None:
        return "unknown"
    if bracket.upper is None:
        return f"at least {bare(bracket.lower)} {currency}"
    if bracket.lower is None:
        return f"at most {bare(bracket.upper)} {currency}"
    if bare(bracket.lower) == bare(bracket.upper):
        return f"{bare(bracket.lower)} {currency}"
    return f"{bare(bracket.lower)} to {bare(bracket.upper)} {currency}"


def difference_in_words(bracket: BracketResult, of: BracketResult, currency: str) -> str:
    """A difference of profits without what their rounding leaves."""
    return bracket_in_words(without_rounding(bracket, of), currency)


def without_rounding(bracket: BracketResult, of: BracketResult) -> BracketResult:
    """A difference of profits, nothing in the place of what rounding leaves; ``of`` is one of the profits."""
    size = max((abs(end) for end in (of.lower, of.upper) if end is not None), default=0.0)
    ends = (bracket.lower, bracket.upper)
    lower, upper = (0.0 if end is not None and abs(end) <= ROUNDING * size else end for end in ends)
    return bracket.model_copy(update={"lower": lower, "upper": upper})
