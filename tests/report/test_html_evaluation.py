"""What ``evaluation.json`` holds of samples, day-ahead information, risk and flexibility, on the page of a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from helpers.decided_site import write_decided_site
from helpers.report_page import ReadPage, trace_called
from rich.text import Text

import mes_stoch as ms
from mes_stoch.evaluation.flexibility.region import FlexibilityRegion
from mes_stoch.report.frontier import render_frontier
from mes_stoch.report.html.run_report import report_page
from mes_stoch.report.run import Run
from mes_stoch.schema.evaluation_flexibility import FlexibilityResult

pytest.importorskip("jinja2", reason="pip install 'mes_stoch[report]'")
plotly = pytest.importorskip("plotly.graph_objects", reason="pip install 'mes_stoch[report]'")


def page_with(run: Run, folder: Path, **parts: Any) -> ReadPage:
    """The page of a run whose evaluation holds some parts."""
    written = run.write(folder / "run")
    document = {"instance": "tiny_site", "mes_stoch_version": "0", **parts}
    (written / "evaluation.json").write_text(json.dumps(document), encoding="utf-8")
    page = ReadPage(report_page(run, written).html())
    for figure in page.figures.values():
        plotly.Figure(figure)
    return page


def between(lower: float | None, upper: float | None) -> dict[str, Any]:
    return {"value": "between", "lower": lower, "upper": upper}


def looks(*, is_reached: bool) -> dict[str, Any]:
    """Two looks, whose gaps are at most 4 + 3 + 2 and 1 + 1 + 1."""
    steps = [
        {"scenarios": 20, "gap_mean": 4, "sampling_error": 3, "inflation": 2, "gap_upper": 9},
        {"scenarios": 40, "gap_mean": 1, "sampling_error": 1, "inflation": 1, "gap_upper": 3},
    ]
    return {
        "rule": "fixed width",
        "currency": "EUR",
        "wanted_gap": 5.0,
        "is_reached": is_reached,
        "candidate": "given",
        "confidence": 0.95,
        "profit_mean": -700.0,
        "steps": steps,
    }


def test_samples_that_grow_are_drawn_against_the_gap_that_is_wanted(tiny_run: Run, tmp_path: Path) -> None:
    page = page_with(tiny_run, tmp_path, sequential=looks(is_reached=True))
    figure = page.figures["sequential"]
    assert trace_called(figure, "gap at most")["x"] == [20.0, 40.0]
    assert trace_called(figure, "gap at most")["y"] == [9.0, 3.0]
    assert trace_called(figure, "mean gap")["y"] == [4.0, 1.0]
    assert trace_called(figure, "gap that is wanted")["y"] == [5.0, 5.0]
    assert figure["layout"]["yaxis"]["title"]["text"] == "gap, EUR over the horizon"
    claim = "no other commitment earns 5.00 EUR more"
    assert claim in page.text
    assert claim not in page_with(tiny_run, tmp_path / "not", sequential=looks(is_reached=False)).text


def test_day_ahead_information_says_which_end_is_known(tiny_run: Run, tmp_path: Path) -> None:
    found = {
        "day_ahead_nodes": 2,
        "scenarios": 4,
        "seed": None,
        "currency": "EUR",
        "nothing_known": between(-6000.0, -5000.0),
        "node_known": between(-3000.0, -3000.0),
        "leaf_known": between(-3000.0, None),
        # what rounding leaves of -3000 + 3000
        "value": between(2e-8, 2e-8),
        "foresight": between(None, 0.5),
    }
    page = page_with(tiny_run, tmp_path, day_ahead_information=found)
    trace = page.figures["day-ahead"]["data"][0]
    assert trace["x"] == [-5500.0, -3000.0, -3000.0, 0.0, 0.5]
    assert trace["error_x"]["array"] == [500.0, 0.0, 0.0, 0.0, 0.0]
    # the value lies to the right of the one end that is known, or to the left of it
    assert trace["marker"]["symbol"] == ["diamond", "diamond", "triangle-right", "diamond", "triangle-left"]
    assert "one for each leaf (two stages): at least -3,000.00 EUR" in page.text
    assert "foresight of two stages: at most 0.50 EUR" in page.text
    assert "to - EUR" not in page.text


def point(hour: int, direction: str, duration_h: float, deviation_mw: float | None, committed_mw: float) -> Any:
    return {
        "start": f"2025-01-15T0{hour}:00:00+01:00",
        "duration_h": duration_h,
        "direction": direction,
        "deviation_mw": deviation_mw,
        "delivered_mw": deviation_mw,
        "fixed_mw": 0.0,
        "cost_eur_per_mwh": None,
        "fixed_cost_eur_per_mwh": None,
        "limited_by": "chp, grid",
        "limit": "power",
        "limit_per_mw": None,
        "committed_mw": committed_mw,
    }


def offered(**more: Any) -> dict[str, Any]:
    points = [
        point(hour, direction, duration_h, size / duration_h, 1.5 if direction == "up" else 0.0)
        for hour, size in ((0, 4.0), (1, 2.0))
        for direction in ("up", "down")
        for duration_h in (1.0, 2.0)
    ]
    points[0] |= more
    return {"scenario": "high", "connection": "grid", "currency": "EUR", "has_states": True, "points": points}


def test_what_can_be_offered_is_drawn_both_ways(tiny_run: Run, tmp_path: Path) -> None:
    page = page_with(tiny_run, tmp_path, flexibility=offered())
    figure = page.figures["offers"]
    lines = {(trace["name"], trace["showlegend"]): trace["y"] for trace in figure["data"] if trace["type"] == "scatter"}
    # 4 MWh and 2 MWh over an hour or two; up above zero, and each holds to the end of its span
    assert lines["can be offered for 1 h", True] == [4.0, 2.0, 2.0]
    assert lines["can be offered for 1 h", False] == [-4.0, -2.0, -2.0]
    assert lines["can be offered for 2 h", True] == [2.0, 1.0, 1.0]
    # most is committed for two hours, 1.5 MW from either start
    bars = trace_called(figure, "committed, callable for 2 h")
    assert (bars["x"], bars["width"], bars["y"]) == ([0.0, 1.0], [1.0, 1.0], [1.5, 1.5])
    assert len({trace["line"]["dash"] for trace in figure["data"] if trace["type"] == "scatter"}) == 2
    assert figure["layout"]["yaxis"]["title"]["text"] == "deviation, MW (up above 0)"
    assert "15 Jan 00:00 up 2 0 1.5 - chp, power; 1 more" in page.text


def test_where_nothing_can_be_known_there_is_a_gap(tiny_run: Run, tmp_path: Path) -> None:
    page = page_with(tiny_run, tmp_path, flexibility=offered(deviation_mw=None, limited_by=None, limit=None))
    assert trace_called(page.figures["offers"], "can be offered for 1 h")["y"] == [None, 2.0, 2.0]
    damaged = page_with(tiny_run, tmp_path / "damaged", flexibility=offered(start="noon"))
    assert "cannot be read from evaluation.json" in damaged.text
    assert "offers" not in damaged.figures
    nothing = page_with(tiny_run, tmp_path / "nothing", flexibility={**offered(), "points": []})
    assert "there was no time for any start" in nothing.text


def test_a_region_is_the_same_from_its_document(tiny_run: Run) -> None:
    region = ms.evaluate(tiny_run, flexibility=True).flexibility
    assert region is not None
    again = FlexibilityRegion.of_result(region.instance, "Europe/Paris", region.result())
    assert again.result() == region.result()
    assert isinstance(again.result(), FlexibilityResult)
    assert (again.durations_h, again.main_duration_h) == (region.durations_h, region.main_duration_h)
    assert list(again.points["start"]) == list(region.points["start"])


def test_plans_of_a_frontier_say_what_they_decide_of_the_site(tmp_path: Path) -> None:
    site = ms.read(write_decided_site(tmp_path / "site"))
    found = ms.evaluate(site, frontier=True, risk_weights=[0.0, 0.5, 1.0], cvar_alpha=0.5, gap_rel=1e-9)
    frontier = found.frontier
    assert frontier is not None
    # 1 MWh at the start holds 1 MW each way; 100 on the mean, and 90 in the scenario that pays 40: 40 + 50
    for one in frontier.result().points:
        assert (one.profit_mean, one.risk_value) == (pytest.approx(100.0), pytest.approx(90.0))
        assert [(told.component, told.quantity, told.unit) for told in one.site_decisions or []] == [
            ("battery", "initial_mwh", "MWh")
        ]
        assert one.site_decisions is not None
        assert one.site_decisions[0].value == pytest.approx(1.0)
    told = [str(part) for part in render_frontier(frontier).renderables if isinstance(part, Text)]
    assert "  decided of the site at weight 0 to 1: battery.initial_mwh 1 MWh" in told
    run = ms.solve(site, method="ef", gap_rel=1e-9)
    folder = run.write(tmp_path / "run")
    found.write(folder / "evaluation.json")
    text = ReadPage(report_page(run, folder).html()).text
    assert "weight expected profit CVaR (worst 50 %) utility utility at most decided of the site" in text
    assert "0 100.00 90.00 100.00 100.00 battery.initial_mwh 1 MWh" in text
    assert "1 100.00 90.00 90.00 90.00 battery.initial_mwh 1 MWh" in text
