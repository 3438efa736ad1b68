"""The table says what a person asks of a run."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pandas as pd
import pytest

from mes_stoch.report.block_label import block_label
from mes_stoch.report.run import Run
from mes_stoch.report.tables import report_text, stream_label


def commitments(rows: list[tuple[str, str, str, str, float]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["product", "direction", "block_start", "block_end", "volume_mw"])
    for column in ("block_start", "block_end"):
        table[column] = pd.to_datetime(table[column], utc=True).dt.tz_convert("Europe/Paris")
    return table


def lines_of(run: Run) -> list[str]:
    return report_text(run).splitlines()


def row(lines: list[str], start: str) -> list[str]:
    (found,) = [line for line in lines if line.strip().startswith(start)]
    return found.split()


def test_what_stands_in_it(tiny_run: Run) -> None:
    text = report_text(tiny_run)
    assert "-687.50 EUR over the horizon" in text
    assert "[-687.50, -687.50] EUR, gap 0 %" in text
    assert "extensive form" in text
    lines = text.splitlines()
    assert row(lines, "all blocks")[-1] == "3.0"
    assert row(lines, "Capacity")[1] == "90.00"
    assert row(lines, "Fuel and other supply")[4] == "-510.00"
    assert row(lines, "Penalties")[1] == "-45.00"
    assert row(lines, "Expected profit by") == ["Expected", "profit", "by", "stream"]
    assert "capacity committed to fr_afrr_up (up) but not held" in text
    assert "upper estimate" in " ".join(text.split())


def test_plain_text_fits_100_columns_without_control_codes(tiny_run: Run) -> None:
    text = report_text(tiny_run)
    assert "\x1b" not in text
    assert max(len(line) for line in text.splitlines()) <= 100


def test_equal_blocks_are_merged_and_constant_products_stand_once(tiny_run: Run) -> None:
    day = "2025-01-15T"
    ends = [f"{day}{h:02d}:00+01:00" for h in range(0, 24, 4)] + ["2025-01-16T00:00+01:00"]
    volumes = [1.0, 1.0, 0.5, 0.5, 0.5, 0.0]
    rows = [("fr_fcr", "symmetric", a, b, v) for a, b, v in zip(ends, ends[1:], volumes, strict=False)]
    rows += [("fr_rc_up", "up", ends[0], ends[-1], 2.0)]
    lines = lines_of(replace(tiny_run, commitments=commitments(rows)))
    assert "fr_fcr ±" in " ".join(lines)
    assert row(lines, "all blocks") == ["all", "blocks", "2.0"]
    assert row(lines, "00-08") == ["00-08", "1.0"]
    assert row(lines, "08-20") == ["08-20", "0.5"]
    assert row(lines, "20-24") == ["20-24", "-"]


def test_several_days_carry_their_date(tiny_run: Run) -> None:
    rows = [
        ("fr_rc_up", "up", "2025-01-15T00:00+01:00", "2025-01-16T00:00+01:00", 1.0),
        ("fr_rc_up", "up", "2025-01-16T00:00+01:00", "2025-01-17T00:00+01:00", 2.25),
    ]
    lines = lines_of(replace(tiny_run, commitments=commitments(rows)))
    assert row(lines, "Wed 15 Jan 00-24")[-1] == "1.00"
    assert row(lines, "Thu 16 Jan 00-24")[-1] == "2.25"


@pytest.mark.parametrize(
    ("start", "end", "with_day", "label"),
    [
        ("2025-01-15T04:00", "2025-01-15T08:00", False, "04-08"),
        ("2025-01-15T20:00", "2025-01-16T00:00", False, "20-24"),
        ("2025-01-15T04:30", "2025-01-15T08:00", False, "04:30-08"),
        # the night the clocks go back: the block is five hours long and keeps its clock hours
        ("2025-10-26T00:00", "2025-10-26T04:00", True, "Sun 26 Oct 00-04"),
        ("2025-01-15T00:00", "2025-01-17T00:00", True, "Wed 15 Jan 00 - Thu 16 Jan 24"),
    ],
)
def test_block_label(start: str, end: str, with_day: bool, label: str) -> None:
    zone = "Europe/Paris"
    assert block_label(pd.Timestamp(start, tz=zone), pd.Timestamp(end, tz=zone), with_day=with_day) == label


def test_a_site_without_reserve_products(tiny_run: Run) -> None:
    assert "nothing to commit" in report_text(replace(tiny_run, commitments=commitments([])))


def test_no_commitment_in_time(tiny_run: Run) -> None:
    summary = {**tiny_run.summary, "objective": None, "bound_lower": None, "gap_rel": None, "status": "limit"}
    text = report_text(replace(tiny_run, summary=summary))
    assert "no commitment was found in time" in text
    assert "[none, -687.50] EUR, gap unknown" in text
    assert "limit" in text


def test_switched_off_bid_rules_are_said(tiny_run: Run) -> None:
    summary = {**tiny_run.summary, "bid_rules": {"minimum_bids": False, "bid_steps": True}}
    assert "minimum bids were switched off" in report_text(replace(tiny_run, summary=summary))


def test_many_blocks_are_cut_short(tiny_run: Run) -> None:
    times = pd.date_range("2025-01-15", periods=101, freq="4h", tz="Europe/Paris")
    rows = [
        ("fr_fcr", "symmetric", a.isoformat(), b.isoformat(), float(k % 2)) for k, (a, b) in enumerate(pairwise(times))
    ]
    text = report_text(replace(tiny_run, commitments=commitments(rows)))
    assert "52 more in commitments.csv" in text


def test_two_charges_of_one_connection_are_told_apart() -> None:
    assert stream_label("demand_charge.grid") == "grid, on the peak"
    assert stream_label("excess_charge.grid") == "grid, above the subscribed power"
    assert stream_label("tariff.grid") == "grid"
