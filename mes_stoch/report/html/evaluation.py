"""Section: what was found out about the commitment beside the optimiser's account, as far as the folder holds it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mes_stoch.report.html.numbers import bare, money, plain_list, share
from mes_stoch.report.html.parts import Facts, Figure, Note, Part, Section, Table, plotly_text
from mes_stoch.report.html.source import ReportSource
from mes_stoch.report.html.style import base_layout, line_looks
from mes_stoch.report.palette import BLUE, INK
from mes_stoch.schema.evaluation import (
    CommitmentResult,
    EvaluationDocument,
    FrontierResult,
    PoliciesResult,
    ProductValuesResult,
    RollingResult,
    StressResult,
)
from mes_stoch.schema.evaluation_shared import BracketResult

_PROVEN = "Brackets are proven for these scenarios."
#: Share of two profits that is rounding where one is taken from the other.
_ROUNDING = 1e-10
_ESTIMATE = "An estimate: it is about days not drawn."


def evaluation(source: ReportSource) -> Section:
    """A part for everything that ``evaluation.json`` holds."""
    document = source.evaluation
    title = "Evaluation"
    if document is None:
        unread = source.missing.get("evaluation")
        if unread is not None:
            return Section("evaluation", title, [Note(unread, "warning")])
        text = (
            f"Nothing was evaluated. `mes-stoch evaluate {source.folder.name} ...` answers what a commitment is worth."
        )
        return Section("evaluation", title, [Note(text)])
    parts = list(_parts(document, source.currency))
    return Section("evaluation", title, parts or [Note("The evaluation holds nothing that this report shows.")])


def _parts(document: EvaluationDocument, currency: str) -> Iterator[Part]:
    if document.stress is not None:
        yield _stress(document.stress)
    if document.commitment is not None:
        yield _commitment("The commitment on the scenarios evaluated", document.commitment)
    if document.comparison is not None:
        yield from _comparison(document)
    if document.optimality_gap is not None:
        yield from _gap(document)
    if document.values is not None:
        title = "Values of information and of the stochastic model"
        yield _brackets("values", title, document.values.values, currency)
    if document.product_values is not None:
        yield _products(document.product_values)
    if document.policies is not None:
        yield from _policies(document.policies)
    if document.rolling is not None:
        yield from _rolling(document.rolling)
    if document.frontier is not None:
        yield _frontier(document.frontier)
    if document.device_values is not None:
        yield _devices(document)
    if document.stability is not None:
        yield _stability(document)
    others = [name for name in ("sequential", "day_ahead_information", "flexibility") if getattr(document, name)]
    if others:
        yield Note(f"evaluation.json also holds: {', '.join(name.replace('_', ' ') for name in others)}.")


def _stress(stress: StressResult) -> Note:
    calls = f"{stress.calls_tested:,} full calls in {stress.leaves_tested} scenarios"
    if stress.passed:
        return Note(f"Stress test passed: all that is held can be delivered, whatever is called ({calls}).")
    missing = f"{stress.largest_miss_mw:.3g} MW, {stress.largest_miss_mwh:.3g} MWh"
    where = f"in {stress.leaves_with_a_miss} scenarios something is missing, at most {missing} ({calls})"
    return Note(f"Stress test not passed: {where}.", "warning")


def _commitment(title: str, found: CommitmentResult) -> Facts:
    currency = found.currency
    rows = [
        (title, f"{found.scenarios} scenarios" + ("" if found.seed is None else f", seed {found.seed}")),
        ("expected profit", money(found.profit_mean, currency)),
        ("upper bound", f"{money(found.bound_upper, currency)} (proven, {found.bound_kind})"),
    ]
    if found.confidence is not None:
        level = found.confidence
        ends = f"{bare(level.lower)} to {bare(level.upper)} {currency}"
        rows.append((f"{100 * level.level:.3g} % interval of the mean", f"{ends} (estimate for days not drawn)"))
    rows += [(f"CVaR {alpha}", money(value, currency)) for alpha, value in found.profit_cvar.items()]
    for missed in found.shortfalls:
        text = f"{missed.expected_mwh:.3g} MWh expected, probability {share(missed.probability)}"
        rows.append((f"not served: {missed.name}", text))
    return Facts(rows)


def _comparison(document: EvaluationDocument) -> Iterator[Part]:
    found = document.comparison
    if found is None:
        return
    yield Facts(
        [
            ("compared with", found.against),
            ("earned more", money(found.difference, found.currency)),
            ("proven in these scenarios", _in_words(found.bracket, found.currency)),
            ("standard error", money(found.standard_error, found.currency)),
        ]
    )


def _gap(document: EvaluationDocument) -> Iterator[Part]:
    found = document.optimality_gap
    if found is None:
        return
    text = f"at most {money(found.gap_upper, found.currency)} with {share(found.confidence)} confidence"
    samples = f"{found.replications} samples of {found.scenarios} scenarios, {found.method}"
    yield Facts([("gap over all days", f"{text} ({samples}). {_ESTIMATE}")])


def _brackets(key: str, title: str, rows: dict[str, BracketResult], currency: str) -> Figure:
    """Every bracket as a bar between its ends, with its ends beside it."""
    names = list(rows)
    middles, halves, texts = [], [], []
    for bracket in rows.values():
        lower, upper = _end(bracket.lower), _end(bracket.upper)
        known = [end for end in (lower, upper) if np.isfinite(end)]
        middles.append(float(np.mean(known)) if known else np.nan)
        halves.append((upper - lower) / 2 if len(known) == 2 else 0.0)
        texts.append(_in_words(bracket, currency))
    trace = {
        "type": "scatter",
        "mode": "markers",
        "x": plain_list(np.array(middles)),
        "y": [plotly_text(name) for name in names],
        "error_x": {"type": "data", "array": plain_list(np.array(halves)), "thickness": 3, "width": 6, "color": INK},
        "marker": {"symbol": "diamond", "size": 9, "color": BLUE, "line": {"color": INK, "width": 1}},
        "customdata": texts,
        "hovertemplate": "%{y}: %{customdata}<extra></extra>",
    }
    layout = base_layout("", f"{currency} over the horizon")
    layout["yaxis"] |= {"autorange": "reversed", "type": "category"}
    layout["showlegend"] = False
    said = "; ".join(f"{name}: {text}" for name, text in zip(names, texts, strict=True))
    return Figure(key, title, f"{said}.", _PROVEN, [trace], layout, 130 + 30 * len(names))


def _end(value: float | None) -> float:
    return float("nan") if value is None else value


def _in_words(bracket: BracketResult, currency: str) -> str:
    if bracket.value != "between":
        return bracket.value
    if bracket.lower is not None and bracket.upper is not None and bare(bracket.lower) == bare(bracket.upper):
        return f"{bare(bracket.lower)} {currency}"
    return f"{bare(bracket.lower)} to {bare(bracket.upper)} {currency}"


def _difference(bracket: BracketResult, of: BracketResult, currency: str) -> str:
    """A difference of profits without what their rounding leaves."""
    size = max((abs(end) for end in (of.lower, of.upper) if end is not None), default=0.0)
    ends = (bracket.lower, bracket.upper)
    lower, upper = (0.0 if end is not None and abs(end) <= _ROUNDING * size else end for end in ends)
    return _in_words(bracket.model_copy(update={"lower": lower, "upper": upper}), currency)


def _products(found: ProductValuesResult) -> Table:
    rows = [
        [name, *(_difference(one, found.recourse, found.currency) for one in (value.beside_others, value.alone))]
        for name, value in found.products.items()
    ]
    rows.append(["all together", _in_words(found.together, found.currency), ""])
    columns = ["product", "lost without it, the others being offered", "earned with it alone"]
    return Table("What each product is worth", columns, rows, frozenset({1, 2}), _PROVEN)


def _policies(found: PoliciesResult) -> Iterator[Part]:
    rows = {"stochastic program": found.recourse} | {name: one.profit for name, one in found.policies.items()}
    yield _brackets("policies", "Profit by policy", rows, found.currency)
    table = []
    for name, one in found.policies.items():
        cvar = "" if one.evaluated is None else ", ".join(bare(v) for v in one.evaluated.profit_cvar.values())
        table.append(
            [
                name,
                _in_words(one.profit, found.currency),
                _difference(one.loss, found.recourse, found.currency),
                cvar,
                one.note,
            ]
        )
    columns = ["policy", "profit", "loss against the stochastic program", f"CVaR, {found.currency}", "note"]
    title = f"Policies over the same {found.scenarios} scenarios"
    yield Table(title, columns, table, frozenset({1, 2, 3}), _PROVEN)
    if found.value_of_coordination is not None:
        text = _difference(found.value_of_coordination, found.recourse, found.currency)
        yield Note(f"Value of coordination (stochastic program less two loops): {text}.")


def _rolling(found: RollingResult) -> Iterator[Part]:
    yield _commitment("Operated period by period, without foresight", found.operated)
    currency = found.operated.currency
    for bias in found.foresight_bias:
        text = f"{_in_words(bias.bias, currency)} of {_in_words(bias.planned, currency)} planned"
        yield Note(f"Foresight of a model of {bias.stages} stages is worth {text}.")


def _frontier(found: FrontierResult) -> Figure:
    measure = found.measure if found.alpha is None else f"{found.measure} of the worst {share(1 - found.alpha)}"
    points = [point for point in found.points if point.is_solved] or found.points
    looks = line_looks(["frontier"])["frontier"]
    trace = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": plain_list(np.array([point.risk_value for point in points])),
        "y": plain_list(np.array([point.profit_mean for point in points])),
        "customdata": [f"weight {point.weight:.3g}" for point in points],
        "line": {"color": looks["colour"], "dash": "dot"},
        "marker": {"size": 8, "symbol": "circle"},
        "hovertemplate": "%{customdata}: expected %{y:,.2f}, risk %{x:,.2f}<extra></extra>",
    }
    layout = base_layout(f"expected profit, {found.currency}", f"{measure}, {found.currency}")
    layout["showlegend"] = False
    return Figure(
        "frontier",
        "Expected profit against risk",
        "A point for each weight of risk that was solved for.",
        "Each point is a plan that is reached; that no plan lies beyond is proven by the utility bounds in "
        "evaluation.json.",
        [trace],
        layout,
    )


def _devices(document: EvaluationDocument) -> Table:
    found = document.device_values
    rows = []
    if found is not None:
        for path, one in found.devices.items():
            shadow = "-" if one.shadow_price is None else f"{bare(one.shadow_price)} {found.currency}/{one.unit}"
            step = f"{one.step:.4g} {one.unit}"
            rows.append([path, f"{one.limit:.4g} {one.unit}", step, _in_words(one.step_value, found.currency), shadow])
    columns = ["limit", "now", "step", "value of the step (proven)", "shadow price (estimate)"]
    return Table("What more of each device is worth", columns, rows, frozenset({1, 2, 3, 4}))


def _stability(document: EvaluationDocument) -> Table:
    found = document.stability
    rows = []
    if found is not None:
        for size in found.sizes:
            inside = f"{bare(size.in_sample_lower)} to {bare(size.in_sample_upper)}"
            rows.append([str(size.scenarios), inside, bare(size.out_of_sample), bare(size.gap)])
    columns = ["scenarios", "optimum of the sample", "earned elsewhere", "gap"]
    return Table("How results settle with the number of scenarios", columns, rows, frozenset({0, 1, 2, 3}), _ESTIMATE)
