"""Figures and tables of a run for a paper."""

from __future__ import annotations

import csv
import io
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from mes_stoch import api
from mes_stoch.report.html.source import ReportSource
from mes_stoch.report.paper.latex import escaped, latex_table
from mes_stoch.report.paper.tables import write_tables
from mes_stoch.report.run import Run

pytest.importorskip("matplotlib", reason="pip install 'mes_stoch[plots]'")

from mes_stoch.report.paper.figures import write_paper_figures

FIGURES = ["commitments_dispatch", "bounds", "profits", "lattice"]


def test_figures_in_every_format_are_whole_and_the_same_again(tiny_run: Run, tmp_path: Path) -> None:
    folder = tiny_run.write(tmp_path / "run")
    paths = write_paper_figures(tiny_run, folder, ["pdf", "svg", "png"], "called")
    assert [path.name for path in paths] == [f"{name}.{suffix}" for name in FIGURES for suffix in ("pdf", "svg", "png")]
    content = {path: path.read_bytes() for path in paths}
    for path, own in content.items():
        if path.suffix == ".pdf":
            assert own.startswith(b"%PDF-")
            # fonts are embedded, as TrueType
            assert b"/FontFile2" in own
        elif path.suffix == ".svg":
            assert ET.fromstring(own).tag == "{http://www.w3.org/2000/svg}svg"
            # letters are outlines: no reader needs the font
            assert b"<text" not in own
        else:
            assert own.startswith(b"\x89PNG")
    write_paper_figures(tiny_run, folder, ["pdf", "svg"], "called")
    assert {path: path.read_bytes() for path in paths} == content


def test_a_name_with_dollars_is_no_formula(tiny_run: Run, tmp_path: Path) -> None:
    name = r"$\frac$"
    renamed = [name if one == "called" else one for one in tiny_run.profit.index]
    run = replace(
        tiny_run,
        solution=tiny_run.solution.assign_coords(scenario=renamed),
        flow_data=tiny_run.flow_data.assign_coords(scenario=renamed),
    )
    assert write_paper_figures(run, run.write(tmp_path / "run"), ["svg"], name)


def test_tables_hold_the_hand_computed_site(tiny_run: Run, tmp_path: Path) -> None:
    folder = tiny_run.write(tmp_path / "run")
    api.evaluate(tiny_run, policies=["energy_only"]).write(folder / "evaluation.json")
    paths = write_tables(ReportSource.of(tiny_run, folder))
    names = [f"{name}.{suffix}" for name in ("commitments", "streams", "policies") for suffix in ("csv", "tex")]
    assert [path.name for path in paths] == names
    tables = {path.stem: list(csv.DictReader(io.StringIO(path.read_text("utf-8")))) for path in paths[::2]}
    committed = {"product": "fr_afrr_up", "direction": "up", "volume, MW": "3.0"}
    committed |= {"block start": "2025-01-15 00:00", "block end": "2025-01-15 04:00"}
    assert tables["commitments"] == [committed]
    money = {row["group"]: float(row["EUR over the horizon"]) for row in tables["streams"]}
    # README of the site: the sum; 4 h (1 + 1 + 3 / 4 x ... ) as in the test of the page
    assert money == {
        "Capacity": 90.0,
        "Energy markets": -260.0,
        "Activation energy": 150.0,
        "Fuel and other supply": -510.0,
        "Operation and wear": -112.5,
        "Penalties": -45.0,
        "Expected profit": -687.5,
    }
    policy = tables["policies"][1]
    assert (policy["policy"], policy["profit at least, EUR"], policy["loss at most, EUR"]) == (
        "energy_only",
        "-770.0",
        "82.5",
    )
    text = (folder / "tables" / "streams.tex").read_text(encoding="utf-8")
    assert r"Fuel and other supply & mains & $-$510 & $-$1{,}116{,}900 \\" in text
    assert r"fr\_afrr\_up" in text


def test_a_year_is_not_a_multiple_of_rounded_cents(tiny_run: Run, tmp_path: Path) -> None:
    # 90 EUR of capacity and 0.004 more: 365 horizons of 4 h are 365 / (1 / 6) = 2,190 a year, of 90.004 EUR 197,108.76
    streams = {**tiny_run.summary["streams"], "capacity.fr_afrr_up": 90.004}
    run = replace(tiny_run, summary={**tiny_run.summary, "streams": streams})
    write_tables(ReportSource.of(run, run.write(tmp_path / "run")))
    rows = list(csv.DictReader((tmp_path / "run" / "tables" / "streams.csv").read_text("utf-8").splitlines()))
    capacity = next(row for row in rows if row["group"] == "Capacity")
    assert (capacity["EUR over the horizon"], capacity["EUR a year"]) == ("90.0", "197109.0")


def test_latex_is_escaped_and_rows_are_whole() -> None:
    frame = pd.DataFrame({"a_b": [r"50 % of \x{y} & $z$ #1 ~ ^", "plain"], "MW": [0.1 + 0.2, float("nan")]})
    text = latex_table(frame, "100 % of it", "one")
    assert r"50 \% of \textbackslash{}x\{y\} \& \$z\$ \#1 \textasciitilde{} \textasciicircum{} & 0.3 \\" in text
    assert r"plain &  \\" in text
    assert r"a\_b & MW \\" in text
    assert r"\caption{100 \% of it}" in text
    assert escaped("two\nlines") == "two lines"


def test_a_run_without_a_commitment_has_no_tables(tiny_run: Run, tmp_path: Path) -> None:
    summary = {**tiny_run.summary, "objective": None}
    empty = replace(tiny_run, summary=summary)
    assert write_tables(ReportSource.of(empty, tmp_path)) == []
