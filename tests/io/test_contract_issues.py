"""Contracts and offers that cannot be: prices, terms, calendars, and who may reduce demand."""

from __future__ import annotations

import pytest
from site_folder import SiteFolder

LOCAL = """\
  enedis_local_reserved:
    zone: north
    volume_max_mw: 1
    activation_price_eur_per_mwh: 200
    activation_per_unit: 0
    fixed_price_eur_per_mw_h: 30
"""
UNRESERVED = LOCAL.replace("_reserved", "_unreserved").replace("    fixed_price_eur_per_mw_h: 30\n", "")
OFFER = """\
  fr_ma_up:
    volume_max_mw: 1
    activation_up_per_unit: 0
    energy_price_up_eur_per_mwh: 100
"""
NEBEF = """\
  fr_nebef:
    volume_max_mw: 1
    price_eur_per_mwh: da_price_eur_per_mwh
    supplier_payment_eur_per_mwh: 60
"""
FIXED = "    fixed_price_eur_per_mw_h: 30\n"


def with_product(site: SiteFolder, text: str) -> SiteFolder:
    return site.edit("series: series.csv\n", f"{text}series: series.csv\n")


@pytest.mark.parametrize("text", [LOCAL, UNRESERVED, OFFER])
def test_what_is_right_passes(site: SiteFolder, text: str) -> None:
    with_product(site, text).read()


def test_reservation_without_a_fixed_price(site: SiteFolder) -> None:
    with_product(site, LOCAL.replace(FIXED, "")).only_issue(
        "products.enedis_local_reserved.fixed_price_eur_per_mw_year",
        site.line("enedis_local_reserved:"),
        "nothing",
        "reservation is true",
        "reservation: false",
    )


def test_a_yearly_price_without_the_hours_it_is_earned_in(site: SiteFolder) -> None:
    with_product(site, LOCAL.replace(FIXED, "    fixed_price_eur_per_mw_year: 9000\n")).only_issue(
        "products.enedis_local_reserved.window_hours_per_year",
        site.line("enedis_local_reserved:"),
        "fixed_price_eur_per_mw_year",
        "hour by hour",
    )


def test_a_yearly_price_beside_an_hourly_one(site: SiteFolder) -> None:
    both = f"{FIXED}    fixed_price_eur_per_mw_year: 9000\n    window_hours_per_year: 300\n"
    with_product(site, LOCAL.replace(FIXED, both)).only_issue(
        "products.enedis_local_reserved.fixed_price_eur_per_mw_year",
        site.line("fixed_price_eur_per_mw_year"),
        "one of the two prices",
    )


@pytest.mark.parametrize("key", ["fixed_price_eur_per_mw_h", "fixed_price_eur_per_mw_year"])
def test_a_fixed_price_without_reservation(site: SiteFolder, key: str) -> None:
    with_product(site, f"{UNRESERVED}    {key}: 30\n").only_issue(
        f"products.enedis_local_unreserved.{key}", site.line(key), "30", "no fixed price", "reservation: true"
    )


def test_a_contract_that_ends_before_it_begins(site: SiteFolder) -> None:
    term = "    contract_start: 2025-03-01\n    contract_end: 2025-02-28\n"
    with_product(site, LOCAL + term).only_issue(
        "products.enedis_local_reserved.contract_end", site.line("contract_end"), "2025-02-28", "2025-03-01"
    )


def test_a_window_inside_a_period(site: SiteFolder) -> None:
    calendar = '    calendar:\n      - {time_from: "17:30", time_to: "19:00"}\n'
    with_product(site, LOCAL + calendar).only_issue(
        "products.enedis_local_reserved.calendar.0.time_from",
        site.line("- {time_from"),
        "17:30",
        "a time at which a period begins",
    )


def test_a_window_without_months(site: SiteFolder) -> None:
    with_product(site, f"{LOCAL}    calendar:\n      - {{months: []}}\n").only_issue(
        "products.enedis_local_reserved.calendar.0.months", site.line("- {months"), "at least one month"
    )


def test_a_marginal_price_needs_the_offers_own(site: SiteFolder) -> None:
    with_product(site, f"{OFFER}    marginal_price_eur_per_mwh: 120\n").only_issue(
        "products.fr_ma_up.offer_price_eur_per_mwh", site.line("fr_ma_up:"), "marginal_price_eur_per_mwh"
    )


def test_a_free_offer_needs_a_price(site: SiteFolder) -> None:
    with_product(site, OFFER.replace("    energy_price_up_eur_per_mwh: 100\n", "")).only_issue(
        "products.fr_ma_up.energy_price_up_eur_per_mwh", site.line("fr_ma_up:"), "offer_price_eur_per_mwh"
    )


def test_a_battery_cannot_reduce_demand(site: SiteFolder) -> None:
    """Its plan costs nothing where the site buys retail; `tests/math/test_demand_reduction.py` shows what it earns."""
    with_product(site, NEBEF).edit("provides: [fr_fcr]", "provides: [fr_fcr, fr_nebef]")
    site.only_issue(
        "components.battery.provides.1", site.line("provides"), "fr_nebef from a storage", "a sheddable demand"
    )


def test_a_sheddable_demand_can(site: SiteFolder) -> None:
    with_product(site, NEBEF).edit(
        "    type: demand\n    node: power\n    demand_mw: wards_demand_mw\n",
        "    type: sheddable_demand\n    node: power\n    demand_mw: wards_demand_mw\n"
        "    shed_cost_eur_per_mwh: 100\n    provides: [fr_nebef]\n",
    )
    assert site.read().instance.products["fr_nebef"].source.startswith("NEBEF")
