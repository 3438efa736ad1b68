"""``mes-stoch site``: the lattice as a table, a figure and a graph, of an instance and of a run."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

import mes_stoch as ms
from mes_stoch.report.figures import typical_scenario

Command = Callable[..., Any]


def rows_of(text: str) -> list[list[str]]:
    """Cells of a table's lines; columns stand two blanks apart or more."""
    return [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in text.splitlines()]


def test_an_instance_is_shown_and_drawn_in_a_folder_of_its_own(command: Command, tiny: str, tmp_path: Path) -> None:
    done = command("site", tiny)
    assert done.code == 0
    assert max(map(len, done.out.splitlines())) <= 100
    rows = rows_of(done.out)
    assert ["electricity", "power", "grid, process, chp"] in rows
    assert ["grid", "-> power", "10 MW"] in rows
    assert ["mains", "-> fuel", "without limit"] in rows
    assert ["chp", "fuel ->", "2.5", "5 MW"] in rows
    assert ["-> power", "1 ref.", "2 MW"] in rows
    assert ["-> warmth", "1", "2 MW"] in rows
    assert ["process", "power ->", "process_demand_mw"] in rows
    (folder,) = (tmp_path / "runs").iterdir()
    assert folder.name.startswith("tiny_site-site-20")
    assert [path.name for path in folder.iterdir()] == ["lattice.png"]
    assert str(Path("runs") / folder.name / "lattice.png") in done.err


def test_figure_and_graph_go_where_they_are_asked_for(command: Command, tiny: str, tmp_path: Path) -> None:
    done = command("site", tiny, "--out", "new/figures", "--graphml", "site.graphml")
    assert done.code == 0
    assert (tmp_path / "new" / "figures" / "lattice.png").is_file()
    assert nx.read_graphml(tmp_path / "site.graphml").has_edge("component:chp", "node:power")
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("options", [("--out", "."), ("--no-figures", "--graphml", "site.graphml")])
def test_nothing_is_overwritten_without_force(
    command: Command, tiny: str, tmp_path: Path, options: tuple[str, ...]
) -> None:
    target = tmp_path / ("lattice.png" if "--out" in options else "site.graphml")
    target.write_bytes(b"mine")
    refused = command("site", tiny, *options)
    assert refused.code == 2
    assert f"{target.name} exists" in refused.err
    assert "--force" in refused.err
    assert refused.out == ""
    assert target.read_bytes() == b"mine"
    assert command("site", tiny, *options, "--force").code == 0
    assert target.read_bytes() != b"mine"


def test_without_figures_nothing_is_written(command: Command, tiny: str, tmp_path: Path) -> None:
    done = command("site", tiny, "--no-figures")
    assert (done.code, done.err) == (0, "")
    assert list(tmp_path.iterdir()) == []


def test_a_run_is_drawn_beside_its_figures_with_its_flows(command: Command, tiny: str, tmp_path: Path) -> None:
    command("solve", tiny, "--out", "run", "--no-figures")
    done = command("site", "run", "--scenario", "called")
    assert done.code == 0
    assert "Components and arcs, scenario called" in done.out
    # 2 MW of heat for four hours
    assert ["heating", "warmth ->", "2 MW", "8"] in rows_of(done.out)
    assert (tmp_path / "run" / "figures" / "lattice.png").is_file()
    assert command("settle", "run").code == 0, "the run is still what it was"
    typical = command("site", "run", "--no-figures")
    assert f"scenario {typical_scenario(ms.read_run('run'))}" in typical.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(("--scenario", "called"), "a scenario is that of a run", id="scenario of an instance"),
        pytest.param(("--graphml", "nowhere/site.graphml"), "there is no folder nowhere", id="no folder"),
        pytest.param(("--graphml", "."), "is a directory", id="graph into a folder"),
    ],
)
def test_mistakes_are_told_before_anything_is_done(
    command: Command, tiny: str, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    done = command("site", tiny, *arguments)
    assert done.code == 2
    assert words in done.err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_neither_is_told(command: Command, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = command("site", "empty")
    assert done.code == 2
    assert "empty is neither an instance, which has an instance.yaml, nor a run" in done.err
    assert command("site", "nowhere").code == 2


def test_without_matplotlib_the_table_is_there(command: Command, tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.backends.backend_agg", None)
    done = command("site", tiny)
    assert done.code == 0
    assert "mes_stoch[plots]" in done.err
    assert "-> power" in done.out


def test_help_has_examples(command: Command) -> None:
    done = command("site", "--help")
    assert done.code == 0
    assert "mes-stoch site instances/hospital_fr" in done.out
