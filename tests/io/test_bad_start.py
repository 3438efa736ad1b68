"""What cannot have been decided before the horizon."""

from __future__ import annotations

import pytest
from site_folder import SiteFolder

from mes_stoch.io.instance import read_instance


def given(site: SiteFolder, text: str) -> SiteFolder:
    return site.edit("series: series.csv\n", f"start:\n{text}series: series.csv\n")


def test_it_can_be_read(site: SiteFolder) -> None:
    given(site, "  commitments_mw: {fr_fcr: [1]}\n  positions_mw: {da: [0.5, -2], id: [1]}\n")
    start = read_instance(site.path).instance.start
    assert start is not None
    assert start.positions_mw == {"da": [0.5, -2.0], "id": [1.0]}


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ("commitments_mw: {fr_frc: [1]}", "commitments_mw.fr_frc", ("'fr_frc'", "did you mean fr_fcr?")),
        ("commitments_mw: {da: [1]}", "commitments_mw.da", ("'da'", "committed for calls")),
        ("positions_mw: {fr_fcr: [1]}", "positions_mw.fr_fcr", ("'fr_fcr'", "a market of energy")),
        ("commitments_mw: {fr_fcr: [3]}", "commitments_mw.fr_fcr.0", ("3", "at most volume_max_mw (2)")),
        ("commitments_mw: {fr_fcr: [0.5]}", "commitments_mw.fr_fcr.0", ("0.5", "at least minimum_bid_mw (1)")),
        ("commitments_mw: {fr_fcr: [1.5]}", "commitments_mw.fr_fcr.0", ("1.5", "a multiple of bid_step_mw (1)")),
        ("commitments_mw: {fr_fcr: [1, 1, 1]}", "commitments_mw.fr_fcr", ("3 values", "at most 2, the blocks")),
        ("positions_mw: {da: [1, -11]}", "positions_mw.da.1", ("-11", "between -10 and 10")),
        ("positions_mw: {id: [2]}", "positions_mw.id.0", ("2", "liquidity_mw (1)")),
        ("commitments_mw: {fr_fcr: [-1]}", "commitments_mw.fr_fcr.0", ("-1", "of at least 0")),
    ],
)
def test_what_cannot_have_been(site: SiteFolder, text: str, key: str, words: tuple[str, ...]) -> None:
    given(site, f"  {text}\n").only_issue(f"start.{key}", site.line(text.split(":")[0]), *words)


def test_a_block_that_has_begun(site: SiteFolder) -> None:
    """Two hours into a block of four: its volume must be known."""
    site.edit("periods: 8", "periods: 6").edit("start: 2025-01-15T00:00", "start: 2025-01-15T02:00")
    issues = [issue for issue in site.issues() if issue.key == "products.fr_fcr.block_h"]
    assert issues
    assert "say under start what was awarded" in (issues[0].hint or "")
    given(site, "  commitments_mw: {fr_fcr: [2]}\n")
    assert not any(issue.key == "products.fr_fcr.block_h" for issue in site.issues())


@pytest.mark.parametrize(("sides", "position", "words"), [("sell", -1, "0 or more"), ("buy", 1, "0 or less")])
def test_a_position_of_the_side_that_a_market_does_not_take(
    site: SiteFolder, sides: str, position: int, words: str
) -> None:
    site.edit("  id:\n", f"  id:\n    sides: {sides}\n")
    given(site, f"  positions_mw: {{id: [{position}]}}\n")
    site.only_issue("start.positions_mw.id.0", site.line("positions_mw"), f"{position}", words)


@pytest.mark.parametrize(("volumes", "is_wrong"), [("[1]", True), ("[0, 1]", False)])
def test_volumes_of_two_products_that_exclude_each_other(site: SiteFolder, volumes: str, is_wrong: bool) -> None:
    """Both in the first block of four hours; one in the first and one in the second may be."""
    fields = (
        "block_h: 4, volume_max_mw: 2, capacity_price_eur_per_mw_h: 5, energy_price_up_eur_per_mwh: 90, "
        "activation_up_per_unit: 0.1, exclusive_with: [fr_fcr]"
    )
    site.edit("series: series.csv", f"  fr_afrr_up: {{{fields}}}\nseries: series.csv").edit(
        "provides: [fr_fcr]", "provides: [fr_fcr, fr_afrr_up]"
    )
    given(site, f"  commitments_mw: {{fr_fcr: [1], fr_afrr_up: {volumes}}}\n")
    if is_wrong:
        site.only_issue(
            "start.commitments_mw.fr_afrr_up", site.line("commitments_mw"), "one of fr_fcr, which it excludes"
        )
    else:
        site.read()
