"""Figures are drawn from a run alone, say what they show, and are never worth failing for."""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from mes_stoch.report.figures import PlotsMissingError, typical_scenario, write_figures
from mes_stoch.report.palette import component_fills, product_fills
from mes_stoch.report.run import Run, read_run
from mes_stoch.schema.errors import UsageError

pytest.importorskip("matplotlib", reason="pip install 'mes_stoch[plots]'")

from mes_stoch.report.bounds_figure import draw_bounds
from mes_stoch.report.dispatch_figure import draw_commitments_dispatch

PNG = b"\x89PNG\r\n\x1a\n"


def test_both_figures_from_the_files_alone(tiny_run: Run, tmp_path: Path) -> None:
    folder = tiny_run.write(tmp_path / "run")
    paths = write_figures(read_run(folder), folder)
    assert [path.name for path in paths] == ["commitments_dispatch.png", "bounds.png"]
    for path in paths:
        assert path.parent == folder / "figures"
        assert path.read_bytes().startswith(PNG)


def test_no_global_state_of_matplotlib_is_touched(tiny_run: Run, tmp_path: Path) -> None:
    pyplot = sys.modules.get("matplotlib.pyplot")
    before = pyplot.get_fignums() if pyplot else None
    write_figures(tiny_run, tiny_run.write(tmp_path / "run"))
    after = sys.modules.get("matplotlib.pyplot")
    assert (after.get_fignums() if after else None) == before


def test_dispatch_has_a_panel_for_commitments_and_each_carrier(tiny_run: Run) -> None:
    figure = draw_commitments_dispatch(tiny_run, "called")
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    for word in ("Committed reserve", "Electricity", "Heat", "Gas"):
        assert any(title.startswith(word) for title in titles), word
    assert "scenario called" in figure.get_suptitle()
    units = [axes.get_ylabel() for axes in figure.axes]
    assert units.count("MW") == 4
    assert "EUR/MWh" in units
    assert "Europe/Paris" in " ".join(axes.get_xlabel() for axes in figure.axes)
    legend = figure.axes[1].get_legend()
    assert {text.get_text() for text in legend.get_texts()} >= {"chp", "grid", "process", "price da"}


def test_down_stands_below_and_symmetric_on_both_sides(tiny_run: Run) -> None:
    start, end = tiny_run.commitments["block_start"][0], tiny_run.commitments["block_end"][0]
    rows = [("fr_fcr", "symmetric", 1.0), ("fr_afrr_down", "down", 2.0), ("fr_rc_up", "up", 0.5)]
    table = pd.DataFrame(
        [{"product": p, "direction": d, "block_start": start, "block_end": end, "volume_mw": v} for p, d, v in rows]
    )
    figure = draw_commitments_dispatch(replace(tiny_run, commitments=table), "low")
    low, high = figure.axes[0].dataLim.y0, figure.axes[0].dataLim.y1
    assert (low, high) == (pytest.approx(-3.0), pytest.approx(1.5))


def test_nothing_committed_says_so(tiny_run: Run) -> None:
    table = tiny_run.commitments.assign(volume_mw=0.0)
    figure = draw_commitments_dispatch(replace(tiny_run, commitments=table), "low")
    assert "nothing is committed" in [text.get_text() for text in figure.axes[0].texts]


def test_bounds_leave_out_what_is_not_proven(tiny_run: Run) -> None:
    trace = pd.DataFrame(
        {
            "time_s": [0.1, 1.0, 2.0],
            "iteration": [0, 1, 2],
            "bound_lower": [-math.inf, -900.0, -690.0],
            "bound_upper": [-600.0, -600.0, -680.0],
        }
    )
    summary = {**tiny_run.summary, "gap_rel": 10 / 690, "wall_time_s": 2.5}
    figure = draw_bounds(replace(tiny_run, trace=trace, summary=summary))
    (axes,) = figure.axes
    assert "gap 1.45 %" in [text.get_text() for text in axes.texts]
    assert axes.get_yscale() == "linear"
    lower, upper = axes.get_ylim()
    assert lower < -690.0 < -680.0 < upper


def test_no_bound_at_all(tiny_run: Run) -> None:
    trace = pd.DataFrame({"time_s": [0.1], "iteration": [0], "bound_lower": [-math.inf], "bound_upper": [math.inf]})
    for empty in (trace, trace.iloc[:0]):
        figure = draw_bounds(replace(tiny_run, trace=empty))
        assert "no bound was proven" in [text.get_text() for text in figure.axes[0].texts]


def test_the_typical_scenario_has_the_median_profit(tiny_run: Run) -> None:
    middle = tiny_run.profit.sort_values().index[1]
    assert typical_scenario(tiny_run) == middle


def test_an_unknown_scenario_is_named(tiny_run: Run, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="low, middle, high, called"):
        write_figures(tiny_run, tmp_path, "nowhere")


def test_without_matplotlib_the_message_says_what_to_install(
    tiny_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.backends.backend_agg", None)
    with pytest.raises(PlotsMissingError, match=r"mes_stoch\[plots\]"):
        write_figures(tiny_run, tmp_path)


def test_no_two_entries_of_a_legend_look_the_same() -> None:
    names = [f"unit{k}" for k in range(20)] + ["unserved", "dumped"]
    assert len(set(component_fills(names, demands={"unit1", "unit2", "unit3", "unit4"}).values())) == len(names)
    assert len(set(product_fills(names).values())) == len(names)
