"""``mes-stoch report``: page, figures and tables of a run, and runs side by side."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]

pytest.importorskip("jinja2", reason="pip install 'mes_stoch[report]'")
pytest.importorskip("plotly", reason="pip install 'mes_stoch[report]'")


@pytest.fixture
def run(command: Command, tiny: str, tmp_path: Path) -> Path:
    assert command("solve", tiny, "--out", "run", "--no-figures", "--quiet").code == 0
    return tmp_path / "run"


def test_a_run_gets_its_page_beside_table_and_figures(command: Command, run: Path) -> None:
    done = command("report", "run")
    assert done.code == 0
    assert "-687.50 EUR" in done.out
    assert f"report: {Path('run') / 'report.html'}" in done.err
    assert (run / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert (run / "figures" / "bounds.png").is_file()


def test_the_page_belongs_to_the_run_and_goes_with_it(command: Command, run: Path, tiny: str) -> None:
    assert command("report", "run", "--tables").code == 0
    assert (run / "tables" / "streams.tex").is_file()
    assert command("solve", tiny, "--out", "run", "--no-figures", "--quiet", "--force").code == 0
    assert not (run / "report.html").exists()
    assert not (run / "tables").exists()


def test_what_is_not_wanted_is_not_made(command: Command, run: Path) -> None:
    assert command("report", "run", "--no-html", "--no-figures").code == 0
    assert not (run / "report.html").exists()
    assert not (run / "figures").exists()


def test_figures_for_print(command: Command, run: Path) -> None:
    done = command("report", "run", "--format", "pdf", "--format", "svg", "--no-html")
    assert done.code == 0
    names = {path.name for path in (run / "figures").iterdir()}
    assert names == {
        f"{name}.{s}" for name in ("commitments_dispatch", "bounds", "profits", "lattice") for s in ("pdf", "svg")
    }


def test_without_plotly_table_and_figures_are_there(
    command: Command, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "plotly.offline", None)
    done = command("report", "run")
    assert done.code == 0
    assert "pip install 'mes_stoch[report]'" in done.err
    assert (run / "figures" / "bounds.png").is_file()
    # who names the page wants it
    assert command("report", "run", "--out", "page.html").code == 2


def test_runs_side_by_side(command: Command, run: Path, tiny: str, tmp_path: Path) -> None:
    given = command("solve", tiny, "--out", "other", "--no-bid-steps", "--no-figures", "--quiet")
    assert given.code == 0
    done = command("report", "run", "other")
    assert done.code == 0
    assert "bids.steps" in done.out
    assert (tmp_path / "comparison.html").is_file()
    again = command("report", "run", "other")
    assert again.code == 2
    assert "--force" in again.err
    assert command("report", "run", "other", "--force").code == 0
    assert command("report", "run", "other", "--out", "two.html").code == 0


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["run", "run", "--tables"], "--tables: of one run, and 2 were given"),
        (["run", "run", "--format", "pdf", "--scenario", "low"], "--scenario, --format: of one run"),
        (["run", "--out", "nowhere/page.html"], "there is no folder nowhere"),
        (["run", "--out", "page.html", "--no-html"], "leave one of them out"),
        (["run", "missing"], "missing is not a folder"),
        (["run", "--scenario", "nobody", "--no-figures"], "no scenario 'nobody'"),
    ],
)
def test_mistakes_are_told_in_a_line(command: Command, run: Path, arguments: list[str], word: str) -> None:
    done = command("report", *arguments)
    assert done.code == 2
    assert word in done.err
    assert "Traceback" not in done.err
