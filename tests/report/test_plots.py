"""Plots draw into the axes they are given and return them, with units, and stay readable in grey."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import mes_stoch as ms
from mes_stoch.report import palette
from mes_stoch.report.run import Run
from mes_stoch.schema.errors import UsageError

pytest.importorskip("matplotlib", reason="pip install 'mes_stoch[plots]'")

from matplotlib.figure import Figure


def stored(run: Run) -> Run:
    """The run with a tank of 1 MWh in every scenario but the last, which has 5."""
    level = np.array([[1.0] * 4, [1.0] * 4, [1.0] * 4, [5.0] * 4])
    flows = run.flow_data.assign_coords(
        component=("flow", np.where(run.flow_data["component"] == "boiler", "tank", run.flow_data["component"]))
    )
    return replace(
        run, solution=run.solution.assign({"tank.level_mwh": (("scenario", "time"), level)}), flow_data=flows
    )


def test_all_draw_into_axes_that_are_given(tiny_run: Run) -> None:
    run = stored(tiny_run)
    for name in ("dispatch", "commitments", "levels", "fan", "profit"):
        given = Figure().subplots()
        assert getattr(ms.plot, name)(run, ax=given) is given
        other = Figure().subplots()
        assert getattr(run.plot, name)(ax=other) is other
        assert [text.get_text() for text in other.get_children() if hasattr(text, "get_text")] == [
            text.get_text() for text in given.get_children() if hasattr(text, "get_text")
        ]
    assert "dispatch" in repr(run.plot)


def test_units_and_local_time_stand_on_the_axes(tiny_run: Run) -> None:
    run = stored(tiny_run)
    labels = {
        name: getattr(run.plot, name)(ax=Figure().subplots()) for name in ("dispatch", "commitments", "levels", "fan")
    }
    assert {name: axes.get_ylabel() for name, axes in labels.items()} == {
        "dispatch": "MW",
        "commitments": "MW",
        "levels": "MWh",
        "fan": "EUR/MWh",
    }
    assert all("local time (Europe/Paris)" in axes.get_xlabel() for axes in labels.values())
    assert run.plot.profit(ax=Figure().subplots()).get_xlabel() == "profit, EUR over the horizon"


def test_dispatch_of_a_carrier(tiny_run: Run) -> None:
    axes = ms.plot.dispatch(tiny_run, "called", carrier="heat", ax=Figure().subplots())
    assert axes.get_title(loc="left").startswith("Heat")
    assert "scenario called" in axes.get_title(loc="left")
    # the CHP makes the 2 MW that are needed; the boiler stands still and has no entry
    assert {text.get_text() for text in axes.get_legend().get_texts()} == {"chp", "heating"}
    with pytest.raises(UsageError, match="no carrier 'steam'; it has electricity, heat, gas"):
        ms.plot.dispatch(tiny_run, carrier="steam")
    with pytest.raises(UsageError, match="no scenario 'nobody'"):
        ms.plot.dispatch(tiny_run, "nobody")


def test_levels_stand_at_the_ends_of_periods(tiny_run: Run) -> None:
    axes = ms.plot.levels(stored(tiny_run), ax=Figure().subplots())
    (line,) = [line for line in axes.get_lines() if line.get_label() == "tank"]
    # three of four equally likely scenarios have 1 MWh
    assert line.get_ydata().tolist() == [1.0] * 4
    assert [moment.hour for moment in line.get_xdata()] == [1, 2, 3, 4]
    one = ms.plot.levels(stored(tiny_run), "called", ax=Figure().subplots())
    assert one.get_lines()[0].get_ydata().tolist() == [5.0] * 4
    with pytest.raises(UsageError, match="nothing is stored of any carrier"):
        ms.plot.levels(tiny_run)


def test_lines_of_many_stores_are_told_apart_without_colour(tiny_run: Run) -> None:
    run = stored(tiny_run)
    names = [f"tank_{place}" for place in range(8)]
    level = run.solution["tank.level_mwh"]
    places = np.flatnonzero(run.flow_data["component"].values == "tank")[:1].repeat(8)
    flows = run.flow_data.isel(flow=places).assign_coords(component=("flow", names))
    many = replace(
        run,
        solution=run.solution.drop_vars("tank.level_mwh").assign({f"{name}.level_mwh": level for name in names}),
        flow_data=flows,
    )
    lines = ms.plot.levels(many, ax=Figure().subplots()).get_lines()
    # a pattern of dashes of matplotlib is its own; two of one name are the same line in grey
    looks = {(str(line._unscaled_dash_pattern), line.get_marker()) for line in lines}  # type: ignore[attr-defined]
    assert len(looks) == 8


def test_names_with_dollars_are_no_formula(tiny_run: Run) -> None:
    name = r"$\frac$"
    names = [name if one == "called" else one for one in tiny_run.profit.index]
    run = replace(
        stored(tiny_run),
        solution=stored(tiny_run).solution.assign_coords(scenario=names),
        flow_data=stored(tiny_run).flow_data.assign_coords(scenario=names),
    )
    for draw in (ms.plot.dispatch, ms.plot.levels):
        figure = Figure()
        axes = draw(run, name, ax=figure.subplots())
        assert name in axes.get_title(loc="left")
        # letters are laid out when they are drawn
        figure.draw_without_rendering()


def test_a_fan_is_of_the_series_asked_for(tiny_site: ms.Site, tiny_run: Run) -> None:
    tree = tiny_site.tree()
    axes = ms.plot.fan(tree, "process_demand_mw", ax=Figure().subplots())
    assert axes.get_title(loc="left") == "process_demand_mw, 4 scenarios"
    assert axes.get_ylabel() == "MW"
    # a price of energy where none is asked for
    assert ms.plot.fan(tiny_run, ax=Figure().subplots()).get_title(loc="left").startswith("da_price_eur_per_mwh")
    with pytest.raises(UsageError, match="no series 'wind'; it has"):
        ms.plot.fan(tree, "wind")


def test_profit_compares_runs_by_name(tiny_run: Run) -> None:
    axes = ms.plot.profit({"one": tiny_run, "other": tiny_run}, alpha=0.75, ax=Figure().subplots())
    words = [text.get_text() for text in axes.get_legend().get_texts()]
    # -687.5 is the mean, and -970 what the worst quarter loses: instances/tiny_site/README.md
    assert words[0] == "one: mean -687.50, worst 25% -970.00"
    assert words[1].startswith("other: mean -687.50")
    found = ms.evaluate(tiny_run, commitments=tiny_run.commitments)
    assert ms.plot.profit(found, ax=Figure().subplots()).get_legend().get_texts()[0].get_text().startswith("this comm")
    with pytest.raises(UsageError, match="no profit by scenario"):
        ms.plot.profit(replace(tiny_run, solution=xr.Dataset()))


def test_without_axes_pyplot_is_left_alone_where_nobody_uses_it(tiny_run: Run, tmp_path: Path) -> None:
    folder = tiny_run.write(tmp_path / "run")
    program = (
        "import sys, mes_stoch as ms\n"
        f"run = ms.read_run({str(folder)!r})\n"
        "axes = run.plot.dispatch()\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
        "from matplotlib import pyplot\n"
        "axes = run.plot.dispatch()\n"
        "assert pyplot.get_fignums() == [axes.figure.number]\n"
    )
    environment = {"MPLBACKEND": "Agg"}
    subprocess.run([sys.executable, "-c", program], check=True, env={**os.environ, **environment})


def lightness(colour: str) -> float:
    """CIE 1976 L* of a colour of sRGB (IEC 61966-2-1), 0 black to 100 white."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return 116 * luminance ** (1 / 3) - 16 if luminance > (6 / 29) ** 3 else luminance * (29 / 3) ** 3


def alike_in_grey(fills: Sequence[palette.Fill]) -> list[tuple[palette.Fill, palette.Fill]]:
    return [
        (one, other)
        for one, other in combinations(fills, 2)
        if one.hatch == other.hatch and abs(lightness(one.colour) - lightness(other.colour)) < 9
    ]


def test_fills_differ_in_grey_by_lightness_or_hatch() -> None:
    assert lightness("#ffffff") == pytest.approx(100.0)
    # sky blue and orange, of one lightness, are what hatches are for
    assert alike_in_grey([palette.Fill(palette.SKY), palette.Fill(palette.ORANGE)])
    names = [f"n{place}" for place in range(10)]
    assert alike_in_grey(list(palette.component_fills(names, demands=names[7:]).values())) == []
    assert alike_in_grey(list(palette.product_fills(names[:9]).values())) == []
