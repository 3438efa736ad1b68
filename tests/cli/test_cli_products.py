"""``mes-stoch validate --products``: the catalogue and an instance's products as a table."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import mes_stoch as ms
from mes_stoch.io.catalogue.products import product_catalogue

Command = Callable[..., Any]


def rows_of(text: str) -> dict[str, list[str]]:
    """Cells of each product's line, by id, below the headings; columns stand two blanks apart or more."""
    lines = [line for line in text.splitlines()[2:] if line[:1].isalpha() and not line.startswith("full in:")]
    cells = [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in lines]
    return {line[0]: line for line in cells}


def test_the_catalogue_is_a_table_of_a_hundred_columns(command: Command) -> None:
    done = command("validate", "--products")
    assert done.code == 0
    assert max(map(len, done.out.splitlines())) <= 100
    head = done.out.splitlines()[0].split("  ")
    named = [cell.strip() for cell in head if cell.strip()]
    assert named == ["id", "gate", "dir.", "block", "full in", "sustain", "payment", "stage"]
    rows = rows_of(done.out)
    assert list(rows) == list(product_catalogue())
    # the rules of FCR, rapid reserve and the day-ahead auction as their sources give them
    assert rows["fr_fcr"][1:] == ["D-1 08:00", "both", "4 h", "30 s", "15 min", "capacity, energy", "commit"]
    assert rows["fr_mfrr_up"][1:] == ["D-1 10:00", "up", "24 h", "13 min", "2 h", "capacity, energy", "commit"]
    assert rows["fr_rc_up"][4:6] == ["30 min", "1.5 h"]
    assert rows["da"][1:] == ["D-1 12:00", "-", "15 min", "-", "-", "energy", "day_ahead"]
    assert rows["enedis_local_unreserved"][6:] == ["energy", "realtime"]
    assert rows["au_raise6sec"][4] == "6 s"
    # every product's source stands below it
    lines = done.out.splitlines()[2:]
    for name in rows:
        below = lines[next(k for k, line in enumerate(lines) if line.startswith(f"{name} ")) + 1]
        assert below.startswith("  ")
        assert len(below) > 20


def test_placeholders_and_dates_stand_below_a_product(command: Command) -> None:
    """What has no source: the hour of aFRR, ten MW and a day of the rapid reserve; the tender ended with June 2026."""
    table = ms.product_table().set_index("id")
    assert "sustain_h" in table.loc["fr_afrr_down", "placeholders"].split(", ")
    assert {"minimum_bid_mw", "block_h"} <= set(table.loc["fr_rc_up", "placeholders"].split(", "))
    centralised = {"minimum_bid_mw", "bid_step_mw", "critical_hours_per_year", "calendar"}
    assert centralised == set(table.loc["fr_capacity_centralised", "placeholders"].split(", "))
    assert table.loc["fr_aofd", "delivery"] == "until 2026-06-30"
    lines = command("validate", "--products").out.splitlines()
    below = lines[next(k for k, line in enumerate(lines) if line.startswith("fr_afrr_up ")) + 1]
    assert below.split() == ["[user]:", "sustain_h,", "shortfall_penalty_eur_per_mw_h,", "missed_penalty_eur_per_mwh"]


def test_every_placeholder_is_a_rule_and_marked_in_its_source() -> None:
    for name, defaults in product_catalogue().items():
        for key in defaults.get("placeholders", []):
            assert key in defaults, (name, key)
        assert ("[user]" in defaults["source"]) == bool(defaults.get("placeholders")), name


def test_a_rule_that_the_instance_gives_is_no_placeholder(instances: Path) -> None:
    table = ms.product_table(ms.read(instances / "annual_contracts_fr")).set_index("id")
    assert table.loc["fr_mfrr_up", "placeholders"] == "shortfall_penalty_eur_per_mw_h"


def test_sources_are_whole_in_the_long_form(command: Command) -> None:
    done = command("validate", "--products", "--long")
    assert done.code == 0
    flat = " ".join(done.out.split())
    for name, defaults in product_catalogue().items():
        assert f"{name} ({defaults['family']}, from mes_stoch)" in flat
        assert " ".join(defaults["source"].split()) in flat


def test_csv_holds_every_column(command: Command) -> None:
    done = command("validate", "--products", "--csv")
    table = pd.read_csv(io.StringIO(done.out), keep_default_na=False).set_index("id")
    assert table.loc["fr_fcr", "full_activation_time_s"] == "30"
    assert table.loc["fr_fcr", "source"] == " ".join(product_catalogue()["fr_fcr"]["source"].split())
    assert (table["package"] == "mes_stoch").all()


def test_products_of_an_instance_say_what_it_has_changed(command: Command, instances: Path) -> None:
    done = command("validate", "--products", instances / "annual_contracts_fr")
    rows = rows_of(done.out)
    assert rows["fr_mfrr_up"][1:5] == ["Y-1 00:00*", "up", "contract*", "13 min"]
    assert "*" not in " ".join(rows["fr_aofd"])
    assert "a rule of the catalogue that the instance has changed" in done.out
    table = ms.product_table(ms.read(instances / "annual_contracts_fr")).set_index("id")
    assert (
        table.loc["fr_mfrr_up", "overrides"] == "gate, block_h, minimum_bid_mw, bid_step_mw, missed_penalty_eur_per_mwh"
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--long",), "go with --products"),
        (("--csv",), "go with --products"),
        (("--products", "--long", "--csv"), "not both"),
    ],
)
def test_options_that_do_not_go_together(command: Command, arguments: tuple[str, ...], words: str) -> None:
    done = command("validate", *arguments)
    assert done.code == 2
    assert words in done.err
