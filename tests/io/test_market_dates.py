"""Horizons on days on which a product is not delivered."""

from __future__ import annotations

import pytest
from site_folder import SiteFolder
from test_bad_capacity import CAPACITY, PENALTY, with_capacity

TENDER = """\
  tender:
    like: fr_aofd
    volume_max_mw: 1
    tender_price_eur_per_mw_year: 38800
    capacity_reference_price_eur_per_mw_year: 6190
    window_hours_per_year: 2772
    activation_per_unit: 0
"""


def move(site: SiteFolder, from_day: str, to_day: str) -> SiteFolder:
    """The same local hours on another day."""
    for file in ("instance.yaml", "series.csv", "scenarios.csv"):
        site.write(site.text(file).replace(from_day, to_day).replace("+01:00", ""), file)
    return site


@pytest.mark.parametrize(
    ("text", "name", "good", "bad", "key"),
    [
        (CAPACITY, "fr_capacity", "2026-03-31", "2026-04-01", "delivery_until"),
        (
            CAPACITY.replace("fr_capacity", "fr_capacity_centralised") + PENALTY,
            "fr_capacity_centralised",
            "2026-11-01",
            "2026-10-31",
            "delivery_from",
        ),
        (TENDER, "tender", "2026-06-30", "2026-07-01", "delivery_until"),
    ],
)
def test_days_of_delivery(site: SiteFolder, text: str, name: str, good: str, bad: str, key: str) -> None:
    with_capacity(site, text, name)
    move(site, "2025-01-15", good).read()
    move(site, good, bad)
    site.only_issue(f"products.{name}.{key}", site.line(f"{name}:"), f"a horizon of {bad}", good, "write " + key)
    site.edit(f"  {name}:\n", f"  {name}:\n    {key}: null\n").read()


def test_an_end_before_the_beginning(site: SiteFolder) -> None:
    site.edit("  fr_fcr:\n", "  fr_fcr:\n    delivery_from: 2025-01-01\n    delivery_until: 2024-01-01\n")
    site.only_issue("products.fr_fcr.delivery_until", site.line("delivery_until"), "before delivery_from")
