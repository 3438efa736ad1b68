"""Runs side by side: what is proven of their order, what differs, and what forbids to compare them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from helpers.dollars import tiny_site_in_dollars
from helpers.report_page import ReadPage

from mes_stoch import api
from mes_stoch.report.comparison_table import render_comparison_of_runs
from mes_stoch.report.html.comparison.compared import ABSENT, ComparedRuns
from mes_stoch.report.html.comparison.page import comparison_page, write_comparison
from mes_stoch.report.run import Run
from mes_stoch.report.tables import plain_console

pytest.importorskip("jinja2", reason="pip install 'mes_stoch[report]'")
plotly = pytest.importorskip("plotly.graph_objects", reason="pip install 'mes_stoch[report]'")


@pytest.fixture(scope="module")
def without_reserve(tiny_site: api.Site) -> Run:
    """The site that may commit nothing: README of the site says what it earns, -770."""
    site = tiny_site.replace({"products.fr_afrr_up.volume_max_mw": 0.0})
    return api.solve(site, site.tree(), "ef")


def read(runs: Sequence[tuple[Path, Run]]) -> ReadPage:
    page = ReadPage(comparison_page(runs).html())
    for figure in page.figures.values():
        plotly.Figure(figure)
    return page


def test_on_the_same_scenarios_the_order_is_proven(tiny_run: Run, without_reserve: Run) -> None:
    page = read([(Path("with"), tiny_run), (Path("without"), without_reserve)])
    # -770 - (-687.5)
    assert "the best of without less the best of with is proven to lie in [-82.50, -82.50] EUR: worse" in page.text
    assert "Total -687.50 -770.00 -82.50" in page.text
    assert "fr_afrr_up up 2025-01-15 00-04 3 0 MW" in page.text
    assert set(page.figures) == {"intervals", "streams", "profits", "commitments"}
    assert page.figures["commitments"]["data"][0]["x"] == [3.0]
    # that figures need JavaScript, and no other
    assert len([one for one in page.all_of("p") if one.get("class") == "note warning"]) == 1


def test_what_was_changed_is_listed_by_key(tiny_run: Run, without_reserve: Run) -> None:
    compared = ComparedRuns.of([(Path("a"), tiny_run), (Path("b"), without_reserve)])
    assert ("products.fr_afrr_up.volume_max_mw", ["4", "0.0"]) in compared.instance_differences()
    inputs = {**tiny_run.settings.inputs, "scenarios.csv": b"other", "notes.csv": b"new"}
    other = replace(tiny_run, settings=replace(tiny_run.settings, inputs=inputs, method="ph"))
    compared = ComparedRuns.of([(Path("a"), tiny_run), (Path("a"), other)])
    assert compared.names == ["a", "a (2)"]
    # the first twelve digits of `printf other | sha256sum`
    assert dict(compared.instance_differences())["file scenarios.csv"][1] == "SHA-256 d9298a10d1b0..."
    assert dict(compared.instance_differences())["file notes.csv"][0] == ABSENT
    assert dict(compared.option_differences()) == {"method": ["ef", "ph"]}


def test_other_scenarios_are_warned_of_and_prove_nothing(tiny_run: Run) -> None:
    dataset = tiny_run.tree.dataset.copy()
    dataset["da_price_eur_per_mwh"] = dataset["da_price_eur_per_mwh"] + 1.0
    other = replace(tiny_run, tree=replace(tiny_run.tree, dataset=dataset))
    page = read([(Path("a"), tiny_run), (Path("b"), other)])
    assert "b has other scenarios than a" in page.text
    assert "no order of theirs is proven" in page.text
    assert "proven to lie" not in page.text


def test_utilities_of_two_weights_have_no_proven_order(tiny_run: Run) -> None:
    risk = {"measure": "cvar", "alpha": 0.5, "beta": 0.25, "of_single_days": False, "value": -845.0}
    runs = [
        (Path(name), replace(tiny_run, summary={**tiny_run.summary, "risk": {**risk, "beta": beta, "value": value}}))
        for name, beta, value in (("a", 0.25, -845.0), ("b", 0.5, -845.0), ("c", 0.25, -840.0))
    ]
    page = read(runs[:2])
    assert "b maximises the utility of measure cvar, alpha 0.5, beta 0.5, of_single_days False" in page.text
    assert "proven to lie" not in page.text
    # what comes out of the same weights is no difference of what is maximised
    assert "proven to lie" in read([runs[0], runs[2]]).text


def test_reactive_power_keeps_its_unit(tiny_run: Run) -> None:
    rows = tiny_run.commitments.assign(volume_mw=float("nan"), volume_mvar=2.0)
    page = read(
        [(Path("a"), replace(tiny_run, commitments=rows)), (Path("b"), replace(tiny_run, commitments=rows.iloc[:0]))]
    )
    assert "00-04 2 - Mvar" in page.text


def test_values_are_shown_as_the_instance_reads_them(tiny_run: Run) -> None:
    def run(text: str) -> Run:
        inputs = {**tiny_run.settings.inputs, "instance.yaml": text.encode()}
        return replace(tiny_run, settings=replace(tiny_run.settings, inputs=inputs))

    # YAML 1.1 would take them for 750 and True
    compared = ComparedRuns.of([(Path("a"), run("at: 12:30\nnode: on")), (Path("b"), run("at: 12:31\nnode: off"))])
    assert compared.instance_differences() == [("at", ["12:30", "12:31"]), ("node", ["on", "off"])]
    # files that were changed since may hold anything
    for text in ("all: &all [*all, [1]]", "a: [", "- [" * 3000, ""):
        changed = ComparedRuns.of([(Path("a"), run("at: 1")), (Path("b"), run(text))])
        assert ("at", ["1", ABSENT]) in changed.instance_differences()


def test_money_of_two_currencies_is_not_compared(tiny_run: Run, instances: Path, tmp_path: Path) -> None:
    site = api.read(tiny_site_in_dollars(instances / "tiny_site", tmp_path / "site"))
    page = read([(Path("euros"), tiny_run), (Path("dollars"), api.solve(site, site.tree(), "ef"))])
    assert "in several currencies (EUR, AUD)" in page.text
    assert set(page.figures) == {"commitments"}


def test_a_run_without_a_commitment_can_be_compared(tiny_run: Run) -> None:
    summary = {**tiny_run.summary, "objective": None, "bound_lower": None, "gap_rel": None, "status": "limit"}
    empty = replace(tiny_run, summary=summary, commitments=tiny_run.commitments.iloc[:0])
    page = read([(Path("a"), tiny_run), (Path("b"), empty)])
    assert "a bound is not known, so no order is proven" in page.text


def test_the_terminal_shows_the_same(tiny_run: Run, without_reserve: Run, tmp_path: Path) -> None:
    runs = [(Path("with"), tiny_run), (Path("without"), without_reserve)]
    with (tmp_path / "text").open("w", encoding="utf-8") as stream:
        plain_console(stream).print(render_comparison_of_runs(runs))
    text = (tmp_path / "text").read_text(encoding="utf-8")
    assert "-687.50" in text
    assert "products.fr_afrr_up.volume_max_mw: 4 | 0.0" in text
    out = tmp_path / "both.html"
    assert write_comparison(runs, out) == out
    assert out.read_text(encoding="utf-8").startswith("<!doctype html>")
