"""A voltage service that cannot be: units, capabilities, prices and blocks."""

from __future__ import annotations

import pytest
from site_folder import SiteFolder

UNIT = "      battery: {apparent_power_mva: 2}\n"
VOLTAGE = f"""\
  fr_voltage:
    volume_max_mvar: 2
    price_eur_per_mvar_h: 2
    units:
{UNIT}"""
CAPABILITY = "products.fr_voltage.units.battery.capability"


def with_voltage(site: SiteFolder, text: str = VOLTAGE) -> SiteFolder:
    site.edit("provides: [fr_fcr]", "provides: [fr_fcr, fr_voltage]")
    return site.edit("series: series.csv\n", f"{text}series: series.csv\n")


def polygon(*corners: tuple[float, float], unit: str = "battery") -> str:
    listed = "".join(f"          - {{power_mw: {p}, reactive_mvar: {q}}}\n" for p, q in corners)
    return f"      {unit}:\n        capability:\n{listed}"


SQUARE = polygon((-2, -1), (2, -1), (2, 1), (-2, 1))


@pytest.mark.parametrize("unit", [UNIT, SQUARE])
def test_what_is_right_passes(site: SiteFolder, unit: str) -> None:
    with_voltage(site, VOLTAGE.replace(UNIT, unit)).read()


@pytest.mark.parametrize(
    ("unit", "found"),
    [("      battery: {}\n", "neither"), (SQUARE + "        apparent_power_mva: 2\n", "both")],
)
def test_a_capability_is_given_once(site: SiteFolder, unit: str, found: str) -> None:
    with_voltage(site, VOLTAGE.replace(UNIT, unit)).only_issue(
        "products.fr_voltage.units.battery",
        site.line("battery:", after="units:"),
        found,
        "apparent_power_mva",
        "capability",
    )


@pytest.mark.parametrize(
    "corners",
    [
        # bends inwards at the last corner
        [(-2, -1), (2, -1), (2, 1), (0, -0.5)],
        # crosses itself
        [(-2, -1), (2, 1), (2, -1), (-2, 1)],
        # goes round twice
        [(0, 2), (1.18, -1.62), (-1.9, 0.62), (1.9, 0.62), (-1.18, -1.62)],
        # a line
        [(-2, 0), (2, 0)],
        [(-2, 0), (0, 0), (2, 0)],
    ],
)
def test_a_capability_is_convex(site: SiteFolder, corners: list[tuple[float, float]]) -> None:
    with_voltage(site, VOLTAGE.replace(UNIT, polygon(*corners))).only_issue(
        CAPABILITY, site.line("capability:"), "the corner", "a convex polygon", "bend inwards"
    )


def test_a_unit_runs_without_reactive_power(site: SiteFolder) -> None:
    unit = polygon((-2, 0.5), (2, 0.5), (2, 1), (-2, 1))
    with_voltage(site, VOLTAGE.replace(UNIT, unit)).only_issue(
        CAPABILITY, site.line("capability:"), "0.5 to 1 Mvar", "0 Mvar in it"
    )


def test_a_unit_that_is_never_off_can_stand_still(site: SiteFolder) -> None:
    unit = polygon((1, -1), (2, -1), (2, 1), (1, 1))
    with_voltage(site, VOLTAGE.replace(UNIT, unit)).only_issue(
        CAPABILITY, site.line("capability:"), "without 0 MW, 0 Mvar", "cannot be switched off"
    )


def test_a_unit_with_a_least_power_may_stay_off(site: SiteFolder) -> None:
    unit = polygon((1, -1), (2, -1), (2, 1), (1, 1), unit="chp")
    site.with_converter().edit("    provides: [fr_fcr]\nproducts:", "    provides: [fr_fcr, fr_voltage]\nproducts:")
    site.edit("series: series.csv\n", f"{VOLTAGE.replace(UNIT, unit)}series: series.csv\n").read()


@pytest.mark.parametrize("unit", ["batery", "wards", "grid"])
def test_a_unit_is_a_component_that_can_provide(site: SiteFolder, unit: str) -> None:
    text = VOLTAGE.replace(UNIT, f"{UNIT}      {unit}: {{apparent_power_mva: 1}}\n")
    with_voltage(site, text).only_issue(
        f"products.fr_voltage.units.{unit}", site.line(f"{unit}: {{"), unit, "a source, storage or converter", "battery"
    )


def test_a_capability_of_a_device_that_does_not_provide(site: SiteFolder) -> None:
    site.edit("series: series.csv\n", f"{VOLTAGE}series: series.csv\n").only_issue(
        "products.fr_voltage.units.battery", site.line("battery: {"), "does not provide", "provides"
    )


def test_a_provider_without_capability(site: SiteFolder) -> None:
    text = VOLTAGE.replace("    units:\n" + UNIT, "    units: {}\n    volume_max_mvar: 0\n")
    text = text.replace("    volume_max_mvar: 2\n", "")
    with_voltage(site, text).only_issue(
        "components.battery.provides.1", site.line("provides: [fr_fcr, fr_voltage]"), "no capability for battery"
    )


def test_a_volume_without_units(site: SiteFolder) -> None:
    text = VOLTAGE.replace("    units:\n" + UNIT, "    units: {}\n")
    site.edit("series: series.csv\n", f"{text}series: series.csv\n").only_issue(
        "products.fr_voltage.units", site.line("units: {}"), "none", "at least one unit"
    )


def test_a_unit_at_another_node(site: SiteFolder) -> None:
    """What stores heat has no reactive power: the unit must stand at the node of the connection."""
    store = """\
  heat_store:
    type: storage
    node: warmth
    energy_max_mwh: 1
    charge_max_mw: 1
    discharge_max_mw: 1
    initial_mwh: 0.5
    provides: [fr_voltage]
"""
    text = VOLTAGE.replace(UNIT, "      heat_store: {apparent_power_mva: 2}\n")
    site.with_converter().edit("  heating:\n", f"{store}  heating:\n")
    site.edit("series: series.csv\n", f"{text}series: series.csv\n").only_issue(
        "components.heat_store.provides.0", site.line("provides: [fr_voltage]"), "0 ports", "exactly one port on power"
    )


def test_a_negative_price(site: SiteFolder) -> None:
    with_voltage(site, VOLTAGE.replace("mvar_h: 2", "mvar_h: -2")).only_issue(
        "products.fr_voltage.price_eur_per_mvar_h", site.line("price_eur_per_mvar_h"), "-2", "0 or more"
    )


def test_blocks_that_do_not_fit(site: SiteFolder) -> None:
    with_voltage(site, VOLTAGE + "    block_h: 5\n").only_issue(
        "products.fr_voltage.block_h", site.line("block_h: 5"), "5", "divides 24 h"
    )


@pytest.mark.parametrize("curtailable", [True, False])
def test_a_source_that_cannot_be_limited(site: SiteFolder, curtailable: bool) -> None:
    sun = f"""\
  sun:
    type: source
    node: power
    available_mw: 1
    curtailable: {str(curtailable).lower()}
    provides: [fr_voltage]
"""
    site.edit("products:\n", f"{sun}products:\n")
    text = VOLTAGE.replace(UNIT, "      sun: {apparent_power_mva: 2}\n")
    site.edit("series: series.csv\n", f"{text}series: series.csv\n")
    if curtailable:
        site.read()
        return
    site.only_issue("products.fr_voltage.units.sun", site.line("sun: {"), "cannot be curtailed", "curtailable: true")
