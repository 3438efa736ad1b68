"""What the checks of a tree find is told at the line of instance.yaml where the entry stands that it speaks of."""

from __future__ import annotations

import pytest
from site_folder import SiteFolder

import mes_stoch as ms
from mes_stoch.schema.errors import InstanceError, Issue
from mes_stoch.schema.tree import ScenarioTree


def issues_of(site: SiteFolder, overrides: dict[str, object] | None = None) -> tuple[Issue, ...]:
    with pytest.raises(InstanceError) as caught:
        ms.read(site.path).tree() if overrides is None else ms.read(site.path).replace(overrides).tree()
    return caught.value.issues


def feed_in(site: SiteFolder) -> SiteFolder:
    """A second meter that pays 80 where the first sells at 15 and the market at 20 and more."""
    meter = (
        "  feed_in:\n    type: grid_connection\n    node: power\n    import_max_mw: 0\n    export_max_mw: 1\n"
        "    export_price_eur_per_mwh: 80\n"
    )
    for product in ("da", "id", "fr_fcr"):
        site.edit(f"  {product}:\n", f"  {product}:\n    connection: grid\n")
    return site.edit("  wards:\n", f"{meter}  wards:\n")


def test_a_trading_loop_stands_at_the_price_that_is_sold_at(site: SiteFolder) -> None:
    """Bought at 40 and more with the grid's tariff of 15: in the first hour 80 - 55 = 25 EUR/MWh."""
    (issue, *_) = issues_of(feed_in(site))
    assert (issue.file, issue.line) == ("instance.yaml", feed_in_line(site))
    assert issue.key == "components.feed_in.export_price_eur_per_mwh"
    assert issue.found.startswith("25 EUR/MWh earned (scenario calm, 2025-01-15 00:00)")
    assert issue.found.endswith("in scenarios.csv")


def feed_in_line(site: SiteFolder) -> int:
    return site.line("export_price_eur_per_mwh", after="feed_in:")


def test_a_conversion_loop_stands_at_its_first_device(site: SiteFolder) -> None:
    site.with_converter()
    pump = (
        "  pump:\n    type: converter\n    reference: power\n    power_max_mw: 1\n"
        "    inputs: [{node: power, ratio_per_unit: 1}]\n    outputs: [{node: warmth, ratio_per_unit: 4}]\n"
        "  engine:\n    type: converter\n    reference: warmth\n    power_max_mw: 1\n"
        "    inputs: [{node: warmth, ratio_per_unit: 1}]\n    outputs: [{node: power, ratio_per_unit: 0.4}]\n"
    )
    site.edit("products:\n", f"{pump}products:\n")
    (issue,) = issues_of(site)
    assert (issue.file, issue.line) == ("instance.yaml", site.line("pump:"))


def test_a_penalty_stands_at_its_own_line_and_what_is_missing_at_its_product(site: SiteFolder) -> None:
    site.edit("power: {carrier: electricity}", "power: {carrier: electricity, unserved_penalty_eur_per_mwh: 5}")
    site.edit("    liquidity_mw: 1\n", "")
    by_key = {issue.key: issue for issue in issues_of(site)}
    assert by_key["nodes.power.unserved_penalty_eur_per_mwh"].line == site.line("power:")
    assert by_key["products.id.liquidity_mw"].line == site.line("id:")


def test_a_port_in_a_list_and_another_currency(site: SiteFolder) -> None:
    """Keys are those of the file, in its own currency."""
    site.with_converter().edit("ratio_per_unit: 2.5", "ratio_per_unit: 0")
    (issue, *_) = issues_of(site)
    # power out of no fuel: the port that gives it is told of
    assert (issue.line, issue.key) == (site.line("- {node: power"), "components.chp.outputs.0")
    aud = feed_in(site.edit("ratio_per_unit: 0,", "ratio_per_unit: 2.5,"))
    # amounts of the catalogue are euros
    aud.edit("    volume_max_mw: 2\n", "    volume_max_mw: 2\n    shortfall_penalty_eur_per_mw_h: 50\n")
    aud.edit("    volume_max_mw: 2\n", "    volume_max_mw: 2\n    missed_penalty_eur_per_mwh: 200\n")
    aud.write(aud.text().replace("_eur_per_", "_aud_per_").replace("name: minimal", "name: minimal\ncurrency: AUD"))
    aud.write(aud.text("scenarios.csv").replace("_eur_per_", "_aud_per_"), "scenarios.csv")
    (issue, *_) = issues_of(aud)
    assert issue.key == "components.feed_in.export_price_aud_per_mwh"
    assert issue.line == aud.line("export_price_aud_per_mwh", after="feed_in:")
    assert "25 AUD/MWh" in issue.found


def test_without_lines_where_the_file_does_not_say_it(site: SiteFolder) -> None:
    """An entry that was overridden stands in no line; a tree handed in names the entry's line, but not its own."""
    feed_in(site)
    assert {issue.line for issue in issues_of(site, {"bids.steps": False})} == {None}
    site.edit("export_price_eur_per_mwh: 80", "export_price_eur_per_mwh: 0")
    read = ms.read(site.path)
    dataset = read.tree().dataset.copy(deep=True)
    dataset["fcr_up_per_unit"][0, 0] = 1.5
    with pytest.raises(InstanceError) as caught:
        ms.solve(read, ScenarioTree(dataset))
    (issue, *_) = caught.value.issues
    assert issue.line == site.line("activation_up_per_unit")
