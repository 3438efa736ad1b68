"""Section: what was found out about the commitment beside the optimiser's account, as far as the folder holds it."""

from __future__ import annotations

from collections.abc import Iterator

from mes_stoch.report.device_values import DAY_AHEAD_ROWS
from mes_stoch.report.html.brackets import PROVEN, bracket_in_words, brackets, difference_in_words, without_rounding
from mes_stoch.report.html.frontier import frontier
from mes_stoch.report.html.numbers import bare, money, share
from mes_stoch.report.html.offers import offers
from mes_stoch.report.html.parts import Facts, Figure, Note, Part, Section, Table
from mes_stoch.report.html.sampling import ESTIMATE, sequential, stability
from mes_stoch.report.html.source import ReportSource
from mes_stoch.report.html.time_axis import TimeAxis
from mes_stoch.schema.evaluation import (
    CommitmentResult,
    EvaluationDocument,
    PoliciesResult,
    ProductValuesResult,
    RollingResult,
    StressResult,
)
from mes_stoch.schema.evaluation_sampling import DayAheadInformationResult


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
    parts = list(_parts(document, source.currency, source.time))
    return Section("evaluation", title, parts or [Note("The evaluation holds nothing that this report shows.")])


def _parts(document: EvaluationDocument, currency: str, time: TimeAxis) -> Iterator[Part]:
    if document.stress is not None:
        yield _stress(document.stress)
    if document.commitment is not None:
        yield _commitment("The commitment on the scenarios evaluated", document.commitment)
    if document.comparison is not None:
        yield from _comparison(document)
    if document.optimality_gap is not None:
        yield from _gap(document)
    if document.values is not None:
        whose = "" if document.values.utility is None else f", of the utility: {document.values.utility}"
        title = f"Values of information and of the stochastic model{whose}"
        yield brackets("values", title, document.values.values, currency)
    if document.product_values is not None:
        yield _products(document.product_values)
    if document.policies is not None:
        yield from _policies(document.policies)
    if document.rolling is not None:
        yield from _rolling(document.rolling)
    if document.frontier is not None:
        yield from frontier(document.frontier)
    if document.device_values is not None:
        yield _devices(document)
    if document.stability is not None:
        yield stability(document.stability)
    if document.sequential is not None:
        yield sequential(document.sequential)
    if document.day_ahead_information is not None:
        yield _day_ahead(document.day_ahead_information)
    if document.flexibility is not None:
        yield from offers(document.flexibility, document.instance, time)


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
            ("proven in these scenarios", bracket_in_words(found.bracket, found.currency)),
            ("standard error", money(found.standard_error, found.currency)),
        ]
    )


def _gap(document: EvaluationDocument) -> Iterator[Part]:
    found = document.optimality_gap
    if found is None:
        return
    text = f"at most {money(found.gap_upper, found.currency)} with {share(found.confidence)} confidence"
    samples = f"{found.replications} samples of {found.scenarios} scenarios, {found.method}"
    yield Facts([("gap over all days", f"{text} ({samples}). {ESTIMATE}")])


def _products(found: ProductValuesResult) -> Table:
    rows = [
        [
            name,
            *(difference_in_words(one, found.recourse, found.currency) for one in (value.beside_others, value.alone)),
        ]
        for name, value in found.products.items()
    ]
    rows.append(["all together", bracket_in_words(found.together, found.currency), ""])
    columns = ["product", "lost without it, the others being offered", "earned with it alone"]
    return Table("What each product is worth", columns, rows, frozenset({1, 2}), PROVEN)


def _policies(found: PoliciesResult) -> Iterator[Part]:
    rows = {"stochastic program": found.recourse} | {name: one.profit for name, one in found.policies.items()}
    yield brackets("policies", "Profit by policy", rows, found.currency)
    table = []
    for name, one in found.policies.items():
        cvar = "" if one.evaluated is None else ", ".join(bare(v) for v in one.evaluated.profit_cvar.values())
        table.append(
            [
                name,
                bracket_in_words(one.profit, found.currency),
                difference_in_words(one.loss, found.recourse, found.currency),
                cvar,
                one.note,
            ]
        )
    columns = ["policy", "profit", "loss against the stochastic program", f"CVaR, {found.currency}", "note"]
    title = f"Policies over the same {found.scenarios} scenarios"
    yield Table(title, columns, table, frozenset({1, 2, 3}), PROVEN)
    if found.value_of_coordination is not None:
        text = difference_in_words(found.value_of_coordination, found.recourse, found.currency)
        yield Note(f"Value of coordination (stochastic program less two loops): {text}.")


def _rolling(found: RollingResult) -> Iterator[Part]:
    yield _commitment("Operated period by period, without foresight", found.operated)
    currency = found.operated.currency
    for bias in found.foresight_bias:
        text = f"{bracket_in_words(bias.bias, currency)} of {bracket_in_words(bias.planned, currency)} planned"
        yield Note(f"Foresight of a model of {bias.stages} stages is worth {text}.")


def _devices(document: EvaluationDocument) -> Table:
    found = document.device_values
    rows = []
    if found is not None:
        for path, one in found.devices.items():
            shadow = "-" if one.shadow_price is None else f"{bare(one.shadow_price)} {found.currency}/{one.unit}"
            step = f"{one.step:.4g} {one.unit}"
            rows.append(
                [path, f"{one.limit:.4g} {one.unit}", step, bracket_in_words(one.step_value, found.currency), shadow]
            )
    columns = ["limit", "now", "step", "value of the step (proven)", "shadow price (estimate)"]
    return Table("What more of each device is worth", columns, rows, frozenset({1, 2, 3, 4}))


def _day_ahead(found: DayAheadInformationResult) -> Figure:
    rows = {words: without_rounding(getattr(found, name), found.node_known) for name, words in DAY_AHEAD_ROWS.items()}
    title = f"What day-ahead information is worth, {found.day_ahead_nodes} nodes of {found.scenarios} scenarios"
    return brackets("day-ahead", title, rows, found.currency)
