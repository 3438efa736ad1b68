"""Prices at which volumes are offered, and what can be wrong with them."""

from __future__ import annotations

import pytest
from site_folder import SiteFolder

CAPACITY = "products.fr_fcr.capacity_offer_prices_eur_per_mw_h"
PRICE = "    capacity_price_eur_per_mw_h: 12\n"
ENERGY = "  da:\n    price_eur_per_mwh: da_price_eur_per_mwh\n"


def offered(site: SiteFolder, prices: str, more: str = "") -> SiteFolder:
    return site.edit(PRICE, f"{PRICE}    capacity_offer_prices_eur_per_mw_h: {prices}\n{more}")


def ordered(site: SiteFolder, text: str) -> SiteFolder:
    return site.edit(ENERGY, f"{ENERGY}    stage: commit\n{text}")


def test_sound_offers_are_read(site: SiteFolder) -> None:
    ordered(site, "    sell_limit_prices_eur_per_mwh: [-20, 30.5]\n    pricing: bid\n")
    loaded = offered(site, "[5, 12, 20.5]", "    capacity_pricing: bid\n").read()
    offers = {name: product.price_offers() for name, product in loaded.instance.products.items()}
    steps = [(step.name, step.price, step.unit) for step in offers["fr_fcr"].steps]
    assert steps == [(f"offer_{n}", price, "eur_per_mw_h") for n, price in ((1, 5.0), (2, 12.0), (3, 20.5))]
    assert [(step.name, step.price, step.side) for step in offers["da"].steps] == [
        ("sell_1", -20.0, "sell"),
        ("sell_2", 30.5, "sell"),
    ]
    assert offers["id"] is None


@pytest.mark.parametrize(
    ("prices", "key", "words"),
    [
        ("[]", "", ("0 prices", "1 to 5")),
        ("[1, 2, 3, 4, 5, 6]", "", ("6 prices", "1 to 5")),
        ("[5, 20, 20]", ".2", ("20 after 20", "above 20", "lowest first")),
        ("[5, -1]", ".1", ("-1", "0")),
    ],
)
def test_a_list_of_prices_that_is_none(site: SiteFolder, prices: str, key: str, words: tuple[str, ...]) -> None:
    offered(site, prices).only_issue(f"{CAPACITY}{key}", site.line("capacity_offer_prices"), *words)


def test_a_volume_that_is_decided_when_the_price_is_known(site: SiteFolder) -> None:
    offered(site, "[5]", "    stage: day_ahead\n")
    site.only_issue(CAPACITY, site.line("capacity_offer_prices"), "day_ahead", "root", "stage: commit")


def test_paid_as_bid_without_a_bid(site: SiteFolder) -> None:
    site.edit(PRICE, f"{PRICE}    capacity_pricing: bid\n")
    site.only_issue("products.fr_fcr.capacity_pricing", site.line("capacity_pricing"), "bid", "capacity_offer_prices")


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ("    sell_limit_prices_eur_per_mwh: [4001]\n", "sell_limit_prices_eur_per_mwh.0", ("4001", "at most 4000")),
        ("    buy_limit_prices_eur_per_mwh: [-501, 0]\n", "buy_limit_prices_eur_per_mwh.0", ("-501", "at least -500")),
        ("    buy_limit_prices_eur_per_mwh: [3, 2]\n", "buy_limit_prices_eur_per_mwh.1", ("2 after 3", "above 3")),
        ("    pricing: bid\n", "pricing", ("bid", "sell_limit_prices_eur_per_mwh")),
        (
            "    sell_limit_prices_eur_per_mwh: [30]\n    sides: buy\n",
            "sell_limit_prices_eur_per_mwh",
            ("with sides: buy", "no such orders", "sides: both"),
        ),
    ],
)
def test_limit_prices_that_no_market_takes(site: SiteFolder, text: str, key: str, words: tuple[str, ...]) -> None:
    ordered(site, text).only_issue(f"products.da.{key}", site.line(text.split(":")[0].strip()), *words)


def test_limit_prices_of_a_position_that_knows_the_price(site: SiteFolder) -> None:
    site.edit(ENERGY, f"{ENERGY}    sell_limit_prices_eur_per_mwh: [30]\n")
    key = "products.da.sell_limit_prices_eur_per_mwh"
    site.only_issue(key, site.line("sell_limit_prices"), "day_ahead", "root", "stage: commit")


def test_everything_wrong_is_told_at_once(site: SiteFolder) -> None:
    ordered(site, "    sell_limit_prices_eur_per_mwh: [9, 9]\n")
    issues = offered(site, "[7, 6]", "    stage: day_ahead\n    gate: D-1 13:00\n").issues()
    assert {issue.key for issue in issues} == {f"{CAPACITY}.1", CAPACITY, "products.da.sell_limit_prices_eur_per_mwh.1"}
