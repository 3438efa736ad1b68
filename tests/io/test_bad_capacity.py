"""A capacity mechanism that cannot be: prices, critical hours, bids, and devices that count nothing."""

from __future__ import annotations

import pytest
from site_folder import SiteFolder

CAPACITY = """\
  fr_capacity:
    available_mw: 2
    daily_stock_factor_per_unit: 0.5
    weekly_stock_factor_per_unit: 1
    price_eur_per_mw_year: 20000
    critical_per_unit: 1
"""
# the regime begins with November 2026; the days of these tests lie before
CENTRALISED = CAPACITY.replace("fr_capacity", "fr_capacity_centralised") + "    delivery_from: null\n"
PENALTY = "    penalty_eur_per_mw_year: 30000\n"


def with_capacity(site: SiteFolder, text: str, name: str = "fr_capacity") -> SiteFolder:
    site.edit("provides: [fr_fcr]", f"provides: [fr_fcr, {name}]")
    return site.edit("series: series.csv\n", f"{text}series: series.csv\n")


def test_the_decentralised_regime_can_be_read(site: SiteFolder) -> None:
    with_capacity(site, CAPACITY).read()


def test_the_centralised_regime_can_be_read(site: SiteFolder) -> None:
    with_capacity(site, CENTRALISED + PENALTY, "fr_capacity_centralised").read()


def test_a_centralised_mechanism_without_penalty(site: SiteFolder) -> None:
    with_capacity(site, CENTRALISED, "fr_capacity_centralised").only_issue(
        "products.fr_capacity_centralised.penalty_eur_per_mw_year",
        site.line("fr_capacity_centralised:"),
        "nothing",
        "the centralised regime",
    )


def test_a_decentralised_mechanism_without_reference_price(site: SiteFolder) -> None:
    with_capacity(site, CAPACITY + PENALTY + "    reference_price_eur_per_mw_year: null\n").only_issue(
        "products.fr_capacity.reference_price_eur_per_mw_year",
        site.line("reference_price"),
        "nothing",
        "the decentralised regime",
    )


@pytest.mark.parametrize("key", ["price", "reference_price", "penalty"])
def test_prices_are_not_negative(site: SiteFolder, key: str) -> None:
    name = f"{key}_eur_per_mw_year"
    text = CAPACITY.replace(f"    {name}: 20000\n", "") + f"    {name}: -1\n"
    with_capacity(site, text).only_issue(f"products.fr_capacity.{name}", site.line(name), "-1", "0 or more")


@pytest.mark.parametrize("value", ["-0.1", "10"])
def test_critical_hours_are_shares(site: SiteFolder, value: str) -> None:
    text = CAPACITY.replace("critical_per_unit: 1\n", f"critical_per_unit: {value}\n")
    with_capacity(site, text).only_issue(
        "products.fr_capacity.critical_per_unit", site.line("critical_per_unit"), value, "[0, 1]"
    )


def test_a_level_below_the_smallest_bid(site: SiteFolder) -> None:
    with_capacity(site, CAPACITY.replace("available_mw: 2", "available_mw: 0.15")).only_issue(
        "products.fr_capacity.available_mw", site.line("available_mw"), "0.075", "minimum_bid_mw", "(0.1)"
    )


def test_a_window_that_cuts_a_period(site: SiteFolder) -> None:
    text = f'{CAPACITY}    calendar:\n      - {{time_from: "07:30", time_to: "15:00"}}\n'
    with_capacity(site, text).only_issue(
        "products.fr_capacity.calendar.0.time_from", site.line("- {time_from"), "07:30", "60 min"
    )


def test_a_year_without_days(site: SiteFolder) -> None:
    with_capacity(site, CAPACITY)
    site.edit("  periods: 8\n", "  periods: 8\n  days_per_year: 0\n").only_issue(
        "horizon.days_per_year", site.line("days_per_year"), "fr_capacity", "above 0"
    )


def test_a_mechanism_that_nobody_provides(site: SiteFolder) -> None:
    site.edit("series: series.csv\n", f"{CAPACITY}series: series.csv\n").only_issue(
        "products.fr_capacity", site.line("fr_capacity:"), "no component", "provides", "battery"
    )


def test_a_heat_pump_has_no_power_to_bring(site: SiteFolder) -> None:
    with_capacity(site, CAPACITY)
    site.edit("carriers: [electricity]", "carriers: [electricity, heat]")
    site.edit("  power: {carrier: electricity}\n", "  power: {carrier: electricity}\n  warmth: {carrier: heat}\n")
    pump = """\
  ward_heat:
    type: demand
    node: warmth
    demand_mw: 1
  pump:
    type: converter
    reference: power
    power_max_mw: 1
    inputs:
      - {node: power, ratio_per_unit: 1}
    outputs:
      - {node: warmth, ratio_per_unit: 3}
    provides: [fr_capacity]
"""
    site.edit("products:\n", f"{pump}products:\n").only_issue(
        "components.pump.provides.0", site.line("provides: [fr_capacity]"), "draws power", "a device that counts"
    )


def test_a_mechanism_excludes_nothing(site: SiteFolder) -> None:
    with_capacity(site, CAPACITY + "    exclusive_with: [fr_fcr]\n").only_issue(
        "products.fr_capacity.exclusive_with", site.line("exclusive_with"), "counts power", "committed for calls"
    )


def with_both(site: SiteFolder, first: str, second: str) -> SiteFolder:
    """Both regimes, with delivery as the texts say, and the battery in both."""
    second = CENTRALISED.replace("    delivery_from: null\n", second) + PENALTY
    site.edit("provides: [fr_fcr]", "provides: [fr_fcr, fr_capacity, fr_capacity_centralised]")
    return site.edit("series: series.csv\n", f"{CAPACITY}{first}{second}series: series.csv\n")


def test_one_device_is_not_counted_by_two_mechanisms(site: SiteFolder) -> None:
    """The first regime until the end of March 2026, the other without a first day: on 15 January 2025 both count.

    What counting twice earns is worked by hand in tests/math/test_capacity.py.
    """
    with_both(site, "", "    delivery_from: null\n").only_issue(
        "components.battery.provides.2",
        site.line("provides: [fr_fcr, fr_capacity"),
        "fr_capacity_centralised beside fr_capacity",
        "one capacity mechanism a device",
        "delivery_until",
    )


@pytest.mark.parametrize(("last", "first", "twice"), [("01-15", "01-16", False), ("01-16", "01-16", True)])
def test_one_mechanism_may_follow_the_other(site: SiteFolder, last: str, first: str, twice: bool) -> None:
    """The second begins on the day after the last of the first, or on that day itself.

    Both issues of the dates (a horizon outside) come beside it.
    """
    until, begin = f"    delivery_until: 2025-{last}\n", f"    delivery_from: 2025-{first}\n"
    found = [issue.key for issue in with_both(site, until, begin).issues()]
    assert ("components.battery.provides.2" in found) is twice
