"""What is printed and drawn says the instance's currency."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers.dollars import tiny_site_in_dollars

from mes_stoch import api
from mes_stoch.report.bounds_figure import draw_bounds
from mes_stoch.report.dispatch_figure import draw_commitments_dispatch

Command = Callable[..., Any]


@pytest.fixture
def dollars(instances: Path, tmp_path: Path) -> str:
    return str(tiny_site_in_dollars(instances / "tiny_site", tmp_path / "dollars"))


def test_solve_and_report_print_the_currency(command: Command, dollars: str, tmp_path: Path) -> None:
    """-687.50 by hand in instances/tiny_site; four hours are 1/6 of a day, so 365 x 6 horizons a year."""
    done = command("solve", dollars, "--out", "run", "--no-figures")
    assert done.code == 0
    assert "expected profit  -687.50 AUD over the horizon (-1,505,625 AUD a year)" in " ".join(done.out.splitlines())
    assert "AUD over the horizon" in done.out
    assert "AUD a year" in done.out
    assert "lower bound AUD" in done.err
    assert "upper bound AUD" in done.err
    assert "EUR" not in done.out + done.err
    assert json.loads((tmp_path / "run" / "summary.json").read_text(encoding="utf-8"))["currency"] == "AUD"
    again = command("report", "run", "--no-figures")
    assert again.code == 0
    assert "-687.50 AUD" in again.out
    assert "EUR" not in again.out


def test_an_instance_without_a_currency_is_in_euros(command: Command, tiny: str, tmp_path: Path) -> None:
    done = command("solve", tiny, "--out", "run", "--no-figures")
    assert "-687.50 EUR" in done.out
    assert "lower bound EUR" in done.err
    assert json.loads((tmp_path / "run" / "summary.json").read_text(encoding="utf-8"))["currency"] == "EUR"


def test_figures_label_their_axes_in_the_currency(dollars: str) -> None:
    site = api.read(dollars)
    run = api.solve(site, site.tree(), method="ef")
    dispatch, bounds = draw_commitments_dispatch(run, "called"), draw_bounds(run)
    assert "AUD/MWh" in [axes.get_ylabel() for axes in dispatch.axes]
    assert dispatch.get_suptitle().count("AUD") == 2
    assert bounds.axes[0].get_ylabel() == "expected profit, AUD over the horizon"


def test_numerics_are_in_the_currency(command: Command, dollars: str) -> None:
    path = Path(dollars) / "instance.yaml"
    text = path.read_text(encoding="utf-8")
    assert text.count("import_price_aud_per_mwh: 30") == 1
    path.write_text(text.replace("import_price_aud_per_mwh: 30", "import_price_aud_per_mwh: 1.0e+9"), encoding="utf-8")
    done = command("validate", "--numerics", dollars)
    assert done.code == 0
    flat = " ".join(done.out.split())
    assert "costs, AUD per unit" in flat
    assert "(1 AUD/kWh = 1,000 AUD/MWh)" in flat
    assert "EUR" not in flat


def test_the_schema_of_a_currency(command: Command) -> None:
    done = command("validate", "--schema", "--currency", "AUD")
    assert done.code == 0
    assert json.loads(done.out)["properties"]["currency"]["const"] == "AUD"
    assert "import_price_aud_per_mwh" in done.out
    assert "import_price_eur_per_mwh" not in done.out


def test_the_option_for_the_schema_alone(command: Command, tiny: str) -> None:
    refused = command("validate", tiny, "--currency", "AUD")
    assert refused.code == 2
    assert "--currency goes with --schema" in refused.err
    misspelt = command("validate", "--schema", "--currency", "aud")
    assert misspelt.code == 2
    assert "three capital letters" in misspelt.err
