"""Energy of downward calls that has no price, where its call is taken out of the imbalance."""

from __future__ import annotations

import pytest
from site_folder import SiteFolder

PRICE = "    energy_price_down_eur_per_mwh: 30\n"
LOCAL = """\
  enedis_local_unreserved:
    zone: south
    direction: down
    volume_max_mw: 1
    activation_price_eur_per_mwh: 20
    activation_per_unit: 0.5
"""


def with_local(site: SiteFolder, text: str) -> SiteFolder:
    site.edit("provides: [fr_fcr]", "provides: [fr_fcr, enedis_local_unreserved]")
    return site.edit("series: series.csv\n", f"{text}series: series.csv\n")


@pytest.mark.parametrize("share", ["0.1", "fcr_up_per_unit"])
def test_energy_called_down_without_a_price(site: SiteFolder, share: str) -> None:
    site.edit("activation_down_per_unit: 0.1", f"activation_down_per_unit: {share}")
    site.edit(PRICE, "").only_issue(
        "products.fr_fcr.energy_price_down_eur_per_mwh", site.line("fr_fcr:"), "nothing", "pays", "uncorrected"
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("activation_down_per_unit: 0.1", "activation_down_per_unit: 0"),
        ("activation_up_per_unit", "energy_settlement: uncorrected\n    activation_up_per_unit"),
        (PRICE, PRICE.replace("30", "0")),
    ],
)
def test_nothing_is_asked_where_nothing_is_kept(site: SiteFolder, old: str, new: str) -> None:
    """No call, a call that stays in the imbalance, and a price that is said to be 0."""
    site.edit(old, new)
    if old != PRICE:
        site.edit(PRICE, "")
    site.read()


def test_a_local_contract_called_down_without_a_price_of_energy(site: SiteFolder) -> None:
    key = "products.enedis_local_unreserved.energy_price_eur_per_mwh"
    with_local(site, LOCAL).only_issue(key, site.line("enedis_local_unreserved:"), "nothing", "pays", "da")


@pytest.mark.parametrize(
    "text",
    [
        LOCAL + "    energy_price_eur_per_mwh: da_price_eur_per_mwh\n",
        LOCAL.replace("activation_per_unit: 0.5", "activation_per_unit: 0"),
        LOCAL.replace("direction: down", "direction: up"),
    ],
)
def test_a_local_contract_that_says_enough(site: SiteFolder, text: str) -> None:
    with_local(site, text).read()


def test_an_upward_contract_has_no_price_of_energy_kept(site: SiteFolder) -> None:
    text = LOCAL.replace("direction: down", "direction: up") + "    energy_price_eur_per_mwh: 30\n"
    with_local(site, text).only_issue(
        "products.enedis_local_unreserved.energy_price_eur_per_mwh", site.line("energy_price_eur"), "30", "up only"
    )
