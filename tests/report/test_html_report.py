"""The HTML report of a run: one file with every section, whose numbers are those of the hand-computed site."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.dollars import tiny_site_in_dollars
from helpers.report_page import ReadPage, trace_called

from mes_stoch import api
from mes_stoch.report.html.page import ReportMissingError
from mes_stoch.report.html.run_report import report_page, write_report
from mes_stoch.report.html.style import component_markers
from mes_stoch.report.html.time_axis import TimeAxis
from mes_stoch.report.run import Run
from mes_stoch.schema.errors import UsageError

pytest.importorskip("jinja2", reason="pip install 'mes_stoch[report]'")
plotly = pytest.importorskip("plotly.graph_objects", reason="pip install 'mes_stoch[report]'")

SECTIONS = [
    "overview",
    "commitments",
    "streams",
    "profits",
    "dispatch",
    "calls",
    "scenarios",
    "evaluation",
    "convergence",
    "site",
    "ledger",
    "manifest",
]
SCRIPT = "<script>alert(1)</script>"


def read(run: Run, folder: Path, scenario: str | None = None) -> ReadPage:
    return ReadPage(report_page(run, folder, scenario).html())


@pytest.fixture(scope="module")
def folder(tiny_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_run.write(tmp_path_factory.mktemp("html") / "run")


@pytest.fixture(scope="module")
def page(tiny_run: Run, folder: Path) -> ReadPage:
    return read(tiny_run, folder, "called")


def require_sound(page: ReadPage) -> None:
    """Every figure is one that plotly knows, and has a unit on every axis of numbers."""
    for key, figure in page.figures.items():
        plotly.Figure(figure)
        for name, axis in figure["layout"].items():
            if re.match(r"[xy]axis", name) and axis.get("type") != "category":
                assert axis["title"]["text"], f"{key}: {name} has no title"
    assert [one["data-figure"] for one in page.all_of("div") if "data-figure" in one] == list(page.figures)


def test_every_section_and_figure_is_there(page: ReadPage) -> None:
    assert [one["id"].removeprefix("section-") for one in page.all_of("section")] == SECTIONS
    require_sound(page)
    expected = {"commitments", "waterfall", "profits", "dispatch-0", "dispatch-2", "exchange", "called", "answers"}
    assert set(page.figures) >= expected | {"fan-0", "convergence"}
    assert len(page.all_of("img")) == 1


def test_captions_say_what_is_seen_and_how_sure_it_is(page: ReadPage, tiny_run: Run, folder: Path) -> None:
    report = report_page(tiny_run, folder, "called")
    figures = [part for section in report.sections for part in section.parts if part.kind == "figure"]
    assert len(figures) == len(page.figures)
    assert all(part.caption and part.proof for part in figures)


def test_the_page_asks_for_nothing_and_runs_its_own_scripts_alone(page: ReadPage) -> None:
    addresses = [
        value
        for _, attributes in page.elements
        for name, value in attributes.items()
        if name in ("src", "href", "srcset", "action", "data", "poster")
    ]
    assert [one for one in addresses if not one.startswith(("#", "data:image/svg+xml;base64,"))] == []
    policy = next(one["content"] for one in page.all_of("meta") if "http-equiv" in one)
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    allowed = set(re.findall(r"'sha256-([^']+)'", policy))
    # the first holds data, which no browser runs
    digests = {base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in page.scripts[1:]}
    assert digests == allowed
    assert len(page.scripts) == 3


def test_the_waterfall_is_the_sum_worked_out_by_hand(page: ReadPage) -> None:
    # README of the site, with the energy of the CHP apart: gas of the boiler in low, -240 / 4, and of the CHP in the
    # others, 3 x 4 h x 2 MW x 2.5 x -30 / 4 = -450; together -510. Capacity: 4 h (0.25 + 0.5 + 0.75 + 0.75) x 10 = 90;
    # calls (200 - 0) x 3 / 4 = 150; shedding -150 x 3 / 4; shortfall 4 h (2 + 1) x -15 / 4 = -45; the rest is energy
    trace = page.figures["waterfall"]["data"][0]
    found = dict(zip((name.partition("<br>")[0] for name in trace["y"]), trace["x"], strict=True))
    assert found == {
        "Activation energy": 150.0,
        "Capacity": 90.0,
        "Fuel and other supply": -510.0,
        "Energy markets": -260.0,
        "Operation and wear": -112.5,
        "Penalties": -45.0,
        "Expected profit": None,
    }
    assert trace["y"][-1] == "Expected profit<br>-687.50"
    assert 150 + 90 - 510 - 260 - 112.5 - 45 == -687.5


def test_the_distribution_and_its_tail_are_those_worked_out_by_hand(page: ReadPage) -> None:
    # energy, heat, CHP and reserve of each scenario: low -160 - 240 + 0 - 80, middle -400 - 240 + 40 + 20,
    # high -720 - 240 + 120 + 120, called -1280 - 240 + 280 + 270
    figure = page.figures["profits"]
    steps = trace_called(figure, "scenarios of the run")
    assert steps["x"] == [-970.0, -970.0, -720.0, -580.0, -480.0]
    assert steps["y"] == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert trace_called(figure, "expected")["x"] == [-687.5]
    assert trace_called(figure, "CVaR, mean of the worst 5 %")["x"] == [-970.0]
    bounds = [shape["x0"] for shape in figure["layout"]["shapes"]]
    assert bounds == pytest.approx([-687.5, -687.5])


def test_base_and_called_operation_differ_by_the_call(page: ReadPage) -> None:
    # demand 4 MW, of which the CHP makes 2: 2 MW are bought; 3 MW are shed in the third of four hours
    scheduled = trace_called(page.figures["exchange"], "grid, scheduled")
    called = trace_called(page.figures["exchange"], "grid, with calls")
    assert scheduled["y"] == [-2.0, -2.0, -2.0, -2.0, -2.0]
    assert called["y"] == [-2.0, -2.0, 1.0, -2.0, -2.0]
    assert trace_called(page.figures["called"], "fr_afrr_up")["y"] == [0.0, 0.0, 3.0, 0.0]
    assert trace_called(page.figures["answers"], "process")["y"] == [0.0, 0.0, 3.0, 0.0]


def test_lines_of_several_connections_are_told_apart_without_colour(tiny_run: Run, folder: Path) -> None:
    scheduled = tiny_run.solution["grid.scheduled_mw"]
    more = {f"{name}.scheduled_mw": scheduled for name in ("feeder", "cable")}
    figure = read(replace(tiny_run, solution=tiny_run.solution.assign(more)), folder).figures["exchange"]
    assert len(figure["data"]) == 6
    assert len({trace["line"]["dash"] for trace in figure["data"]}) == 6


def test_where_dashes_run_out_lines_have_marks(tiny_run: Run, folder: Path) -> None:
    level = tiny_run.solution["grid.scheduled_mw"]
    many = {f"tank_{place}.level_mwh": level for place in range(8)}
    figure = read(replace(tiny_run, solution=tiny_run.solution.assign(many)), folder).figures["levels"]
    assert all("markers" in trace["mode"] and trace["marker"]["maxdisplayed"] > 0 for trace in figure["data"])
    assert len({(trace["line"]["dash"], trace["marker"]["symbol"]) for trace in figure["data"]}) == 8


def test_commitments_stand_over_their_price(page: ReadPage) -> None:
    figure = page.figures["commitments"]
    bars, price = trace_called(figure, "fr_afrr_up"), trace_called(figure, "price of fr_afrr_up")
    assert (bars["x"], bars["width"], bars["y"]) == ([0.0], [4.0], [3.0])
    assert price["y"] == [10.0] * 5
    assert figure["layout"]["yaxis2"]["title"]["text"] == "price, EUR/MW/h"
    assert "fr_afrr_up up 00-04 3 MW 10.00" in page.text


def test_fans_are_weighted_quantiles_of_the_scenarios(page: ReadPage) -> None:
    # prices 40, 50, 60, 80 of equal weight: the smallest of which half of the weight is not above is 50
    fan = page.figures["fan-0"]
    assert fan["layout"]["yaxis"]["title"]["text"] == "value, EUR/MWh"
    assert trace_called(fan, "median")["y"] == [50.0] * 5
    assert trace_called(fan, "mean")["y"] == [57.5] * 5
    assert trace_called(fan, "scenario called")["y"] == [80.0] * 5


def test_bars_and_lines_are_told_apart_without_colour(page: ReadPage) -> None:
    for figure in page.figures.values():
        bars = [one for one in figure["data"] if one["type"] == "bar" and one.get("showlegend") is not False]
        shapes = [one["marker"].get("pattern", {}).get("shape", "") for one in bars]
        assert len(set(shapes)) == len(shapes)
        lines = [one["line"].get("dash") for one in figure["data"] if one["type"] == "scatter" and "line" in one]
        told = [dash for dash in lines if dash is not None]
        assert len(set(told)) == len(told)


def test_fifteen_components_have_patterns_of_their_own() -> None:
    markers = component_markers(
        [f"unit_{number}" for number in range(12)] + ["demand", "unserved", "dumped"], ["demand"]
    )
    told = [(one.get("pattern", {}).get("shape"), one.get("pattern", {}).get("size")) for one in markers.values()]
    assert len(set(told)) == len(told) == 15


def test_the_ledger_and_the_manifest_are_shown(page: ReadPage, tiny_run: Run, folder: Path) -> None:
    assert "agrees with the optimiser in every stream of every scenario" in page.text
    assert "mes-stoch solve tiny_site" in page.text
    assert "highspy" in page.text
    assert "ledger.csv" not in [one["href"] for one in page.all_of("a")]
    api.settle(tiny_run).ledger.write(folder / "ledger.csv")
    try:
        assert "ledger.csv" in [one["href"] for one in read(tiny_run, folder).all_of("a")]
    finally:
        (folder / "ledger.csv").unlink()


def test_an_evaluation_is_shown_where_there_is_one(tiny_site: api.Site, tiny_run: Run, tmp_path: Path) -> None:
    folder = tiny_run.write(tmp_path / "run")
    found = api.evaluate(tiny_run, stress=True, policies=["energy_only"])
    found.write(folder / "evaluation.json")
    page = read(tiny_run, folder)
    require_sound(page)
    # README of the site: without the reserve -770
    assert "energy_only -770.00 EUR 82.50 EUR" in page.text
    assert "Stress test" in page.text
    assert page.figures["policies"]["data"][0]["x"] == [-687.5, -770.0]
    (folder / "evaluation.json").write_text("{", encoding="utf-8")
    assert "evaluation.json cannot be read" in read(tiny_run, folder).text


def hostile_site(instances: Path, target: Path) -> api.Site:
    """The site with a scenario and a series that are called like a script."""
    shutil.copytree(instances / "tiny_site", target)
    data = target / "scenarios.csv"
    text = data.read_text(encoding="utf-8").replace("called,", f"{SCRIPT},")
    lines = text.splitlines()
    rows = [f"{lines[0]},seen<img src=x onerror=alert(2)>_price_eur_per_mwh"]
    rows += [f"{line},{number}" for number, line in enumerate(lines[1:])]
    data.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return api.read(target)


def test_names_of_a_user_are_never_markup(instances: Path, tmp_path: Path) -> None:
    site = hostile_site(instances, tmp_path / "site")
    run = api.solve(site, site.tree(), "ef", command=f"solve '{SCRIPT}'")
    assert SCRIPT in run.profit.index
    content = write_report(run, run.write(tmp_path / "run"), SCRIPT).read_text(encoding="utf-8")
    assert "<script>alert" not in content
    assert "<img src=x" not in content
    page = ReadPage(content)
    require_sound(page)
    assert len(page.scripts) == 3
    assert len(page.all_of("img")) == 1
    # a reader sees the name as it is, and plotly, which takes tags for markup, gets it escaped
    assert f"Scenario {SCRIPT}" in page.text
    names = [trace["name"] for figure in page.figures.values() for trace in figure["data"] if "name" in trace]
    assert "scenario &lt;script&gt;alert(1)&lt;/script&gt;" in names
    assert not [name for name in names if re.search(r"<(?!br>)", name)]


def test_amounts_are_in_the_currency_of_the_instance(instances: Path, tmp_path: Path) -> None:
    site = api.read(tiny_site_in_dollars(instances / "tiny_site", tmp_path / "site"))
    run = api.solve(site, site.tree(), "ef")
    page = read(run, run.write(tmp_path / "run"), "called")
    require_sound(page)
    assert "-687.50 AUD" in page.text
    shown = page.text + " ".join(
        str(axis["title"]["text"])
        for figure in page.figures.values()
        for name, axis in figure["layout"].items()
        if re.match(r"[xy]axis", name)
    )
    assert re.findall(r"\b(?:EUR|eur)\b", shown) == []


@pytest.mark.parametrize("status", ["limit", "interrupted"])
def test_a_run_without_a_commitment_says_so(tiny_run: Run, folder: Path, status: str) -> None:
    summary = {**tiny_run.summary, "objective": None, "bound_lower": None, "gap_rel": None, "status": status}
    trace = tiny_run.trace.assign(bound_lower=-np.inf)
    found = replace(tiny_run, summary=summary, trace=trace)
    page = read(found, folder)
    require_sound(page)
    assert "no commitment was found in time" in page.text
    assert {"limit": "stopped at a limit", "interrupted": "interrupted"}[status] in page.text
    assert set(page.figures) >= {"convergence", "fan-0"}


def test_a_plan_that_leans_on_slack_warns_first(tiny_run: Run, folder: Path) -> None:
    page = read(replace(tiny_run, summary={**tiny_run.summary, "status": "slack"}), folder)
    warnings = [one for one in page.all_of("p") if one.get("class") == "note warning"]
    # that it leans on slack, what of the reserve is not held, and that figures need JavaScript
    assert len(warnings) == 3
    assert "leans on slack" in page.text


def test_what_cannot_be_read_of_the_instance_is_said_and_the_rest_is_shown(tiny_run: Run, folder: Path) -> None:
    settings = replace(tiny_run.settings, inputs={**tiny_run.settings.inputs, "instance.yaml": b"format: 1\n"})
    page = read(replace(tiny_run, settings=settings), folder)
    require_sound(page)
    assert "cannot be read here" in page.text
    assert "waterfall" in page.figures


def test_one_period_and_nothing_to_sell(tmp_path: Path) -> None:
    target = tmp_path / "site"
    target.mkdir()
    (target / "instance.yaml").write_text(
        "format: 1\nname: lamp\nhorizon: {start: 2025-03-30T00:00, timezone: Europe/Paris, period_h: 1, periods: 1}\n"
        "carriers: [electricity]\nnodes: {power: {carrier: electricity}}\n"
        "components:\n"
        "  grid: {type: grid_connection, node: power, import_max_mw: 2, export_max_mw: 0, "
        "import_price_eur_per_mwh: 50}\n"
        "  lamp: {type: demand, node: power, demand_mw: lamp_mw}\n"
        "products: {}\nuncertainty: {kind: explicit, file: scenarios.csv}\n",
        encoding="utf-8",
    )
    rows = ["scenario,time,lamp_mw", "dark,2025-03-30T00:00+01:00,1", "bright,2025-03-30T00:00+01:00,0"]
    (target / "scenarios.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    site = api.read(target)
    run = api.solve(site, site.tree(), "ef")
    page = read(run, run.write(tmp_path / "run"))
    require_sound(page)
    # a MW for an hour at 50, in one of two cases
    assert "-25.00 EUR" in page.text
    assert "nothing to commit" in page.text


def test_three_stages_with_risk(instances: Path, tmp_path: Path) -> None:
    site = api.read(instances / "enedis_local").with_risk("cvar", alpha=0.5, beta=0.3, of_single_days=True)
    run = api.solve(site, site.tree(2, leaves_per_day_ahead_node=2), "auto", gap_rel=0.05)
    page = read(run, run.write(tmp_path / "run"))
    require_sound(page)
    assert "below 1 day-ahead nodes" in page.text
    assert page.figures["profits"]["layout"].get("shapes") is None
    assert trace_called(page.figures["profits"], "CVaR, mean of the worst 50 %")
    assert "levels" in page.figures


def test_long_horizons_are_thinned_by_means_and_it_is_said() -> None:
    edges = pd.date_range("2025-01-01", periods=8761, freq="h", tz="Europe/Paris")
    axis = TimeAxis(pd.DatetimeIndex(edges))
    # 8,760 periods over 480 bars: 19 each, and the last of 8,760 - 461 x 19 = 1
    assert axis.every == 19
    assert len(axis.starts_h) == 462
    means = axis.mean(np.arange(8760.0))
    assert (means[0], means[1], means[-1]) == (9.0, 28.0, 8759.0)
    assert axis.last(np.arange(8760.0))[[0, -1]].tolist() == [18.0, 8759.0]
    assert "8,760 periods as 462" in axis.note


@pytest.mark.parametrize(
    ("day", "hours", "labels"),
    [
        ("2025-03-30", 23, ["00:00", "03:00", "06:00", "09:00", "12:00", "15:00", "18:00", "21:00", "00:00"]),
        ("2025-10-26", 25, ["00:00", "06:00", "12:00", "18:00", "00:00"]),
    ],
)
def test_days_of_23_and_25_hours_keep_their_length(day: str, hours: int, labels: list[str]) -> None:
    edges = pd.date_range(day, periods=hours + 1, freq="h", tz="Europe/Paris")
    layout = TimeAxis(pd.DatetimeIndex(edges)).layout_axis()
    assert layout["range"] == [0.0, float(hours)]
    assert layout["ticktext"] == labels
    # three in the morning is the second hour of the day on which clocks leave one out, the fourth of the other
    place = dict(zip(layout["ticktext"], layout["tickvals"], strict=True))["06:00"]
    assert place == {23: 5.0, 25: 7.0}[hours]


def test_without_plotly_it_says_how_to_get_it(tiny_run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "plotly.offline", None)
    with pytest.raises(ReportMissingError, match=re.escape("pip install 'mes_stoch[report]'")):
        report_page(tiny_run, folder).html()


def test_a_scenario_that_is_not_there_is_a_mistake(tiny_run: Run, folder: Path) -> None:
    with pytest.raises(UsageError, match="no scenario 'nobody'"):
        report_page(tiny_run, folder, "nobody")
