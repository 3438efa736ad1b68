"""Gates as moments, and stages that fit their order."""

from __future__ import annotations

import pandas as pd
import pytest
from site_folder import SiteFolder

from mes_stoch.io.catalogue.products import product_catalogue
from mes_stoch.rules.gates import closes_before, closing_times, parse_gate

#: Earliest first; the products of the French day in the order of their gates.
IN_ORDER = [
    "Y-2 00:00",
    "Y-1 00:00",
    "Q-1 00:00",
    "M-1 00:00",
    "D-8 09:00",
    "D-1 08:00",
    "D-1 09:00",
    "D-1 12:00",
    "H-60min",
    "H-5min",
]
DAY = pd.date_range("2025-07-15", periods=24, freq="h", tz="Europe/Paris")


@pytest.mark.parametrize(
    ("gate", "hour", "closes"),
    [
        ("Y-1 00:00", 5, "2024-01-01 00:00"),
        ("Q-1 10:30", 5, "2025-04-01 10:30"),
        ("M-1 00:00", 5, "2025-06-01 00:00"),
        ("D-8 09:00", 5, "2025-07-07 09:00"),
        ("D-1 24:00", 5, "2025-07-15 00:00"),
        ("D 10:00", 5, "2025-07-15 10:00"),
        ("H-60min", 0, "2025-07-14 23:00"),
        ("H-5min", 5, "2025-07-15 04:55"),
    ],
)
def test_a_gate_is_a_moment_before_delivery(gate: str, hour: int, closes: str) -> None:
    assert closing_times(gate, DAY)[hour] == pd.Timestamp(closes)


def test_gates_are_ordered() -> None:
    for place, first in enumerate(IN_ORDER):
        for later, second in enumerate(IN_ORDER):
            assert closes_before(first, second, DAY) == (place < later), (first, second)


def test_gates_that_cross_within_the_day_have_no_order() -> None:
    """10:00 on the day comes after delivery at 05:00 less 5 minutes, and before that of 15:00."""
    assert not closes_before("D 10:00", "H-5min", DAY)
    assert not closes_before("H-5min", "D 10:00", DAY)
    afternoon = DAY[12:]
    assert closes_before("D 10:00", "H-5min", afternoon)


def test_every_gate_of_the_catalogue_can_be_read() -> None:
    gates = [entry["gate"] for entry in product_catalogue().values() if entry.get("gate")]
    assert len(gates) > 10
    for gate in gates:
        assert parse_gate(gate).unit in {"Y", "Q", "M", "D", "H"}


# --- stages --------------------------------------------------------------------------------------------------------


def test_a_product_is_not_decided_after_one_whose_gate_closes_later(site: SiteFolder) -> None:
    """FCR closes at 08:00: decided in real time it would know the day-ahead market of 12:00."""
    site.edit("    volume_max_mw: 2\n", "    volume_max_mw: 2\n    stage: realtime\n")
    issue = site.only_issue("products.fr_fcr.stage", site.line("stage: realtime"), "D-1 08:00", "D-1 12:00", "da")
    assert issue.expected == "day_ahead, or an earlier stage"
    assert "override `gate`" in issue.hint


def test_the_earliest_stage_is_the_one_to_keep(site: SiteFolder) -> None:
    """With day-ahead positions at the root too, FCR has to be decided there."""
    site.edit("    volume_max_mw: 2\n", "    volume_max_mw: 2\n    stage: day_ahead\n")
    site.edit("  da:\n", "  da:\n    stage: commit\n")
    site.only_issue("products.fr_fcr.stage", site.line("stage: day_ahead"), "decided at commit", "commit")


@pytest.mark.parametrize(
    "fields",
    [
        # the stage of the day-ahead market itself
        "    stage: day_ahead\n",
        # a contract of one's own that is settled later
        "    stage: realtime\n    gate: H-5min\n",
        "    stage: commit\n",
        # no gate said, nothing to compare
        "    stage: realtime\n    gate: null\n",
    ],
)
def test_stages_that_fit_their_gates(site: SiteFolder, fields: str) -> None:
    site.edit("    volume_max_mw: 2\n", "    volume_max_mw: 2\n" + fields)
    assert site.read().instance.products["fr_fcr"].gate in {"D-1 08:00", "H-5min", None}


# --- products that exclude each other --------------------------------------------------------------------------------

RESERVE = """\
  fr_mfrr_up:
    block_h: 8
    volume_max_mw: 10
    capacity_price_eur_per_mw_h: 1
    activation_up_per_unit: 0
    exclusive_with: [{names}]
series: series.csv
"""


def with_reserve(site: SiteFolder, names: str) -> SiteFolder:
    return site.edit("series: series.csv\n", RESERVE.format(names=names))


def test_names_of_other_products_are_fine(site: SiteFolder) -> None:
    """Also of products that the instance does not sell."""
    loaded = with_reserve(site, "fr_fcr, fr_rc_up").read()
    assert loaded.instance.products["fr_mfrr_up"].exclusive_with == ["fr_fcr", "fr_rc_up"]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("names", "place", "words"),
    [
        ("fr_fcrr", 0, ("'fr_fcrr'", "did you mean fr_fcr?")),
        ("fr_fcr, fr_mfrr_up", 1, ("itself", "another product")),
        ("da", 0, ("'da'", "a product of which a volume is committed")),
        ("imbalance", 0, ("'imbalance'", "a position on a market")),
    ],
)
def test_names_that_cannot_be_meant(site: SiteFolder, names: str, place: int, words: tuple[str, ...]) -> None:
    with_reserve(site, names).only_issue(
        f"products.fr_mfrr_up.exclusive_with.{place}", site.line("exclusive_with:"), *words
    )


def test_a_position_excludes_nothing(site: SiteFolder) -> None:
    site.edit("  da:\n", "  da:\n    exclusive_with: [fr_fcr]\n")
    site.only_issue("products.da.exclusive_with", site.line("exclusive_with:"), "a position on a market")
