"""Pages opened in a real browser: no error, no request, every figure drawn, nothing wider than a telephone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import xarray as xr
from helpers.browser import Browser, chromium, headless

from mes_stoch import api
from mes_stoch.report.html.comparison.page import write_comparison
from mes_stoch.report.html.run_report import write_report
from mes_stoch.report.run import Run

pytestmark = pytest.mark.browser
pytest.importorskip("jinja2", reason="pip install 'mes_stoch[report]'")
pytest.importorskip("plotly", reason="pip install 'mes_stoch[report]'")

SCRIPT = "<script>alert(1)</script>"
_DRAWN = """
Array.from(document.querySelectorAll("[data-figure]")).filter((one) => {
  const svg = one.querySelector("svg.main-svg");
  return one.classList.contains("js-plotly-plot") && svg && svg.getBoundingClientRect().height > 100;
}).length
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    program = chromium()
    if program is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium (`.ci/run full` does)")
    with headless(program, tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture(scope="module")
def pages(tiny_run: Run, instances: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    site = api.read(instances / "hospital_fr")
    run = api.solve(site, site.tree(2), "decomposition", gap_rel=0.05)
    api.evaluate(tiny_run, policies=["energy_only"]).write(tiny_run.write(folder / "tiny") / "evaluation.json")
    return {
        "tiny": write_report(tiny_run, folder / "tiny", "called"),
        "hospital": write_report(run, run.write(folder / "hospital")),
        "comparison": write_comparison(
            [(folder / "tiny", tiny_run), (folder / "again", tiny_run)], folder / "two.html"
        ),
    }


@pytest.mark.parametrize("width_px", [1280, 400])
@pytest.mark.parametrize("name", ["tiny", "hospital", "comparison"])
def test_everything_is_drawn_without_an_error(
    browser: Browser, pages: dict[str, Path], name: str, width_px: int
) -> None:
    browser.open(pages[name], width_px)
    assert browser.problems() == []
    figures = browser.value('document.querySelectorAll("[data-figure]").length')
    assert figures >= {"tiny": 12, "hospital": 15, "comparison": 4}[name]
    assert browser.value(_DRAWN) == figures
    assert browser.value("document.documentElement.scrollWidth") <= width_px
    # the page itself, and what it holds
    asked = [one for one in browser.requests() if not one.startswith(("data:", "blob:"))]
    assert asked == [pages[name].resolve().as_uri()]


def test_axes_name_units_and_local_times(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["tiny"], 1280)
    titles = browser.value(
        'Array.from(document.querySelectorAll(".xtitle, .ytitle, .y2title")).map((t) => t.textContent)'
    )
    assert "15 Jan 2025, local time (Europe/Paris)" in titles
    assert "committed, MW (up above 0)" in titles
    assert "EUR over the horizon, expected" in titles


def test_a_name_like_a_script_is_shown_and_not_run(browser: Browser, tiny_run: Run, tmp_path: Path) -> None:
    def renamed(dataset: xr.Dataset) -> xr.Dataset:
        names = [SCRIPT if str(name) == "called" else str(name) for name in dataset["scenario"].values]
        return dataset.assign_coords(scenario=names)

    run = replace(
        tiny_run,
        solution=renamed(tiny_run.solution),
        flow_data=renamed(tiny_run.flow_data),
        tree=replace(tiny_run.tree, dataset=renamed(tiny_run.tree.dataset)),
    )
    page = write_report(run, run.write(tmp_path / "run"), SCRIPT)
    browser.open(page, 1280)
    assert browser.problems() == []
    assert browser.value('document.querySelectorAll("script").length') == 3
    legends = browser.value('Array.from(document.querySelectorAll(".legendtext")).map((one) => one.textContent)')
    assert f"scenario {SCRIPT}" in legends


def test_a_script_that_is_not_the_pages_own_does_not_run(
    browser: Browser, pages: dict[str, Path], tmp_path: Path
) -> None:
    """The policy stops what the escaping would have let through."""
    text = pages["comparison"].read_text(encoding="utf-8")
    smuggled = tmp_path / "smuggled.html"
    foreign = '<script>document.title = "run"</script><img src="https://example.org/x.png" onerror="document.title=1">'
    smuggled.write_text(text.replace("<main>", f"<main>{foreign}"), encoding="utf-8")
    browser.open(smuggled, 1280)
    assert browser.value("document.title") == "Comparison of 2 runs"
    refused = [text for text in browser.problems() if "Content Security Policy" in text]
    assert len(refused) >= 2
