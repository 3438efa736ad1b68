"""Sites that cannot be: references, balances, limits, providers and market rules."""

from __future__ import annotations

import json
from typing import Any

import pytest
from site_folder import SiteFolder, assert_issue


def test_unknown_carrier(site: SiteFolder) -> None:
    site.edit("{carrier: electricity}", "{carrier: electricty}")
    assert_issue(site.issues(), "nodes.power.carrier", site.line("power:"), "'electricty'", "did you mean electricity?")


def test_carrier_listed_twice(site: SiteFolder) -> None:
    site.edit("[electricity]", "[electricity, electricity]")
    site.only_issue("carriers.1", site.line("carriers"), "a second time")


def test_unknown_node(site: SiteFolder) -> None:
    site.edit("    node: power\n    demand_mw", "    node: powr\n    demand_mw")
    site.only_issue("components.wards.node", site.line("node", after="wards:"), "'powr'", "did you mean power?")


def test_unknown_node_of_a_port(site: SiteFolder) -> None:
    site.with_converter().edit("{node: warmth, ratio", "{node: warm, ratio")
    assert_issue(site.issues(), "components.chp.outputs.1.node", site.line("- {node: warm"), "'warm'", "warmth")


@pytest.mark.parametrize("name", ["unserved", "dumped"])
@pytest.mark.parametrize("is_sound", [True, False])
def test_a_component_called_like_slack(site: SiteFolder, name: str, is_sound: bool) -> None:
    site.edit("  wards:\n", f"  {name}:\n")
    if not is_sound:
        site.edit("    node: power\n    demand_mw", "    node: power\n    no_such_key: 1\n    demand_mw")
    words = (f"a component named {name}", "another name", "choose another name; flows of a run")
    assert_issue(site.issues(), f"components.{name}", site.line(f"{name}:"), *words)
    assert len(site.issues()) == (1 if is_sound else 2)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("nodes:\n", "nodes:\n  spare: {carrier: electricity}\n", ("without balance", "nothing is connected")),
        (
            "nodes:\n",
            "nodes:\n  spare: {carrier: electricity}\n",
            ("at least one component that supplies and one that takes",),
        ),
    ],
)
def test_node_without_components(site: SiteFolder, old: str, new: str, words: tuple[str, ...]) -> None:
    site.edit(old, new).only_issue("nodes.spare", site.line("spare"), *words)


@pytest.mark.parametrize(
    ("component", "words"),
    [
        ("{type: demand, node: spare, demand_mw: 1}", ("no component can supply it", "a source")),
        ("{type: source, node: spare, available_mw: 1}", ("no component can take from it", "a demand")),
        ("{type: grid_connection, node: spare, import_max_mw: 0, export_max_mw: 1}", ("no component can supply it",)),
        ("{type: grid_connection, node: spare, import_max_mw: 1}", ("no component can take from it",)),
    ],
)
def test_node_without_balance(site: SiteFolder, component: str, words: tuple[str, ...]) -> None:
    site.edit("[electricity]", "[electricity, cooling]")
    site.edit("nodes:\n", "nodes:\n  spare: {carrier: cooling}\n")
    site.edit("components:\n", f"components:\n  device: {component}\n")
    site.only_issue("nodes.spare", site.line("spare"), "node without balance", *words)


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        ("energy_min_mwh: 0.5", "energy_min_mwh: 5", "energy_min_mwh", ("5, above energy_max_mwh (4)",)),
        ("initial_mwh: 2", "initial_mwh: 4.5", "initial_mwh", ("4.5", "between energy_min_mwh (0.5)")),
        ("initial_mwh: 2", "initial_mwh: 2\n    terminal_mwh: 0.1", "terminal_mwh", ("0.1", "energy_max_mwh (4)")),
        ("initial_mwh: 2", "initial_mwh: 2\n    level_min_mwh: 0.1", "level_min_mwh", ("0.1", "energy_min_mwh (0.5)")),
        ("initial_mwh: 2", "initial_mwh: 2\n    level_max_mwh: 5", "level_max_mwh", ("5", "energy_max_mwh (4)")),
    ],
)
def test_storage_limits(site: SiteFolder, old: str, new: str, key: str, words: tuple[str, ...]) -> None:
    site.edit(old, new).only_issue(f"components.battery.{key}", site.line(key), *words)


@pytest.mark.parametrize(
    ("old", "new", "key", "start", "words"),
    [
        ("power_min_mw: 1", "power_min_mw: 3", "power_min_mw", "power_min_mw", ("3, above power_max_mw (2)",)),
        ("power_min_mw: 1", "power_min_mw: 0", "inputs.0.no_load_mw", "- {node: fuel", ("power_min_mw > 0",)),
        ("reference: power", "reference: grid", "reference", "reference", ("0 of its ports", "fuel, power, warmth")),
        (
            "{node: power, ratio_per_unit: 1}",
            "{node: power, ratio_per_unit: 0.4}",
            "outputs.0.ratio_per_unit",
            "- {node: power",
            ("0.4", "1 at the reference port"),
        ),
        (
            "{node: power, ratio_per_unit: 1}",
            "{node: power, ratio_per_unit: fcr_up_per_unit}",
            "outputs.0.ratio_per_unit",
            "- {node: power",
            ("'fcr_up_per_unit'", "1 at the reference port"),
        ),
        (
            "{node: power, ratio_per_unit: 1}",
            "{node: power, ratio_per_unit: 1, no_load_mw: 0.1}",
            "outputs.0.no_load_mw",
            "- {node: power",
            ("0 at the reference port",),
        ),
        ("ratio_per_unit: 1.1", "ratio_per_unit: -1.1", "outputs.1.ratio_per_unit", "- {node: warmth", ("at least 0",)),
    ],
)
def test_converter_rules(site: SiteFolder, old: str, new: str, key: str, start: str, words: tuple[str, ...]) -> None:
    site.with_converter().edit(old, new)
    site.only_issue(f"components.chp.{key}", site.line(start, after="chp:"), *words)


def test_free_money_at_a_connection(site: SiteFolder) -> None:
    site.edit("import_price_eur_per_mwh: 15", "import_price_eur_per_mwh: 15\n    export_price_eur_per_mwh: 16")
    key = "export_price_eur_per_mwh"
    site.only_issue(
        f"components.grid.{key}", site.line(key), "16, above import_price_eur_per_mwh (15)", "riskless profit"
    )


def test_free_money_in_the_imbalance(site: SiteFolder) -> None:
    site.edit("price_long_eur_per_mwh: 10", "price_long_eur_per_mwh: 210")
    key = "products.imbalance.price_long_eur_per_mwh"
    site.only_issue(key, site.line("price_long"), "210, above price_short_eur_per_mwh (200)", "riskless profit")


# -- reserves ---------------------------------------------------------------------------------------------------------


def test_minimum_bid_above_the_volume(site: SiteFolder) -> None:
    site.edit("volume_max_mw: 2", "volume_max_mw: 0.5")
    site.only_issue(
        "products.fr_fcr.volume_max_mw", site.line("volume_max_mw"), "0.5, below minimum_bid_mw (1)", "bids"
    )


def test_no_step_between_minimum_and_maximum(site: SiteFolder) -> None:
    site.edit("volume_max_mw: 2", "volume_max_mw: 1.4\n    minimum_bid_mw: 1.2\n    bid_step_mw: 0.5")
    words = ("1.4, below the smallest bid in steps of 0.5 (1.5)", "lower bid_step_mw")
    site.only_issue("products.fr_fcr.volume_max_mw", site.line("volume_max_mw"), *words)


@pytest.mark.parametrize(
    "rules", ["volume_max_mw: 0", "volume_max_mw: 0.3\n    minimum_bid_mw: 0.1\n    bid_step_mw: 0.1"]
)
def test_bids_that_fit(site: SiteFolder, rules: str) -> None:
    site.edit("volume_max_mw: 2", rules).read()


def test_small_volumes_are_fine_without_bid_rules(site: SiteFolder) -> None:
    site.edit("volume_max_mw: 2", "volume_max_mw: 0.5")
    site.read({"bids": {"minimum": False, "steps": False}})


def test_symmetric_product_needs_both_activations(site: SiteFolder) -> None:
    site.edit("    activation_up_per_unit: fcr_up_per_unit\n", "")
    key = "products.fr_fcr.activation_up_per_unit"
    site.only_issue(key, site.line("fr_fcr:"), "nothing", "the key activation_up_per_unit", "symmetric")


UPWARD = """\
  fr_afrr_up:
    volume_max_mw: 1
    capacity_price_eur_per_mw_h: 5
    activation_up_per_unit: 0.2
"""


@pytest.mark.parametrize("extra", ["activation_down_per_unit: 0.1", "energy_price_down_eur_per_mwh: 50"])
def test_field_of_a_direction_that_the_product_lacks(site: SiteFolder, extra: str) -> None:
    site.edit("series: series.csv\n", f"{UPWARD}    {extra}\nseries: series.csv\n")
    key = extra.split(":")[0]
    site.only_issue(
        f"products.fr_afrr_up.{key}", site.line(key, after="fr_afrr_up:"), "fr_afrr_up is up only", "remove it"
    )


@pytest.mark.parametrize(("share", "word"), [("1.2", "a share in [0, 1]"), ("-0.1", "a share in [0, 1]")])
def test_activation_that_is_no_share(site: SiteFolder, share: str, word: str) -> None:
    site.edit("activation_down_per_unit: 0.1", f"activation_down_per_unit: {share}")
    site.only_issue("products.fr_fcr.activation_down_per_unit", site.line("activation_down"), share, word)


def test_more_than_all_called_up_and_down(site: SiteFolder) -> None:
    site.edit("activation_up_per_unit: fcr_up_per_unit", "activation_up_per_unit: 0.7")
    site.edit("activation_down_per_unit: 0.1", "activation_down_per_unit: 0.6")
    site.only_issue("products.fr_fcr.activation_down_per_unit", site.line("activation_down"), "1.3", "at most 1")


def test_provides_names_a_product_of_the_instance(site: SiteFolder) -> None:
    site.edit("provides: [fr_fcr]", "provides: [fr_fcr, fr_rc_up]")
    site.only_issue("components.battery.provides.1", site.line("provides"), "'fr_rc_up'", "fr_fcr")


def test_provides_names_a_reserve(site: SiteFolder) -> None:
    site.edit("provides: [fr_fcr]", "provides: [da]")
    site.only_issue("components.battery.provides.0", site.line("provides"), "'da'", "a reserve product")


def test_provides_a_product_twice(site: SiteFolder) -> None:
    site.edit("provides: [fr_fcr]", "provides: [fr_fcr, fr_fcr]")
    site.only_issue("components.battery.provides.1", site.line("provides"), "a second time")


def test_provider_without_a_port_at_the_connection(site: SiteFolder) -> None:
    site.with_converter()
    site.edit("    demand_mw: 1\n", "    demand_mw: 1\n    shed_cost_eur_per_mwh: 100\n    provides: [fr_fcr]\n")
    site.edit("  heating:\n    type: demand\n", "  heating:\n    type: sheddable_demand\n")
    line = site.line("provides", after="heating:")
    site.only_issue(
        "components.heating.provides.0", line, "0 ports", "exactly one port on power", "connected to warmth"
    )


def test_provider_with_its_reference_elsewhere(site: SiteFolder) -> None:
    site.with_converter().edit("reference: power", "reference: warmth")
    site.edit("{node: warmth, ratio_per_unit: 1.1}", "{node: warmth, ratio_per_unit: 1}")
    site.only_issue("components.chp.reference", site.line("reference"), "'warmth'", "write reference: power")


@pytest.mark.parametrize("product", ["da", "imbalance"])
def test_reserves_need_settlement(site: SiteFolder, product: str) -> None:
    lines = site.text().splitlines()
    begin = lines.index(f"  {product}:")
    end = next(k for k in range(begin + 1, len(lines)) if not lines[k].startswith("    "))
    site.write("\n".join([*lines[:begin], *lines[end:]]) + "\n")
    site.only_issue(f"products.{product}", site.line("products:"), "nothing", f"the product {product}", "fr_fcr")


# -- connections ------------------------------------------------------------------------------------------------------

SECOND_GRID = "  second: {type: grid_connection, node: power, import_max_mw: 5, export_max_mw: 5}\n"


def test_connection_must_be_named_where_there_are_two(site: SiteFolder) -> None:
    site.edit("  wards:\n", SECOND_GRID + "  wards:\n")
    issues = site.issues()
    assert [issue.key for issue in issues] == [f"products.{p}.connection" for p in ("da", "id", "fr_fcr")]
    assert_issue(issues, "products.da.connection", site.line("da:"), "2 grid connections", "name one: grid, second")


def test_connection_where_there_is_none(site: SiteFolder) -> None:
    text = site.text()
    grid = text[text.index("  grid:") : text.index("  wards:")]
    site.edit(grid, "")
    assert_issue(site.issues(), "products.da.connection", site.line("da:"), "no grid connection", "exactly one")


def test_connection_that_is_no_grid_connection(site: SiteFolder) -> None:
    site.edit("    liquidity_mw: 1\n", "    liquidity_mw: 1\n    connection: battery\n")
    site.only_issue("products.id.connection", site.line("connection"), "'battery'", "the name of a grid connection")


def test_products_over_two_connections(site: SiteFolder) -> None:
    site.edit("  wards:\n", SECOND_GRID + "  wards:\n")
    site.edit(
        "    settlement_period_h: 1\n    liquidity_mw: 1\n", "    settlement_period_h: 1\n    connection: second\n"
    )
    site.edit("    settlement_period_h: 1\n  id:", "    settlement_period_h: 1\n    connection: grid\n  id:")
    site.edit("    volume_max_mw: 2\n", "    volume_max_mw: 2\n    connection: grid\n")
    line = site.line("connection: second")
    site.only_issue(
        "products.id.connection", line, "'second'", "grid, or another node", "a node of its own behind each"
    )


def test_connection_without_a_limit(site: SiteFolder) -> None:
    site.edit("import_max_mw: 10", "import_max_mw: null")
    line = site.line("import_max_mw")
    site.only_issue("components.grid.import_max_mw", line, "null", "a number in MW", "da, id, fr_fcr trade over it")


# -- names of series --------------------------------------------------------------------------------------------------


def test_series_that_does_not_exist(site: SiteFolder) -> None:
    site.edit("demand_mw: wards_demand_mw", "demand_mw: ward_demand_mw")
    line = site.line("demand_mw")
    site.only_issue("components.wards.demand_mw", line, "'ward_demand_mw'", "did you mean wards_demand_mw?")


def test_series_in_the_wrong_unit(site: SiteFolder) -> None:
    site.edit("demand_mw: wards_demand_mw", "demand_mw: wards_demand_kw")
    site.edit("wards_demand_mw", "wards_demand_kw", "series.csv")
    site.only_issue(
        "components.wards.demand_mw",
        site.line("demand_mw"),
        "a series in kw",
        "a series in MW",
        "multiply the values by 0.001",
    )


def test_series_without_a_unit(site: SiteFolder) -> None:
    site.edit("demand_mw: wards_demand_mw", "demand_mw: wards")
    site.edit("wards_demand_mw", "wards", "series.csv")
    site.only_issue("components.wards.demand_mw", site.line("demand_mw"), "does not end in a unit", "ends in _mw")


def test_series_of_a_port(site: SiteFolder) -> None:
    site.with_converter().edit("ratio_per_unit: 1.1", "ratio_per_unit: cop_per_unit")
    line = site.line("- {node: warmth")
    site.only_issue("components.chp.outputs.1.ratio_per_unit", line, "'cop_per_unit'", "fcr_up_per_unit")


def test_a_share_of_a_limit_that_there_is_not(site: SiteFolder) -> None:
    site.with_converter()
    site.edit("    import_max_mw: null\n", "    import_max_mw: null\n    import_available_per_unit: 0.5\n")
    line = site.line("import_available_per_unit: 0.5")
    site.only_issue("components.mains.import_available_per_unit", line, "0.5, without import_max_mw", "leave this out")


#: What a subscription is with.
SUBSCRIBED = {"excess_charge_eur_per_mw": 9}


@pytest.mark.parametrize(
    ("fields", "key", "words"),
    [
        ({"peak_so_far_mw": 3}, "peak_so_far_mw", ("3, without a charge on power", "demand_charge_eur_per_mw")),
        ({"demand_charge_interval_h": 1}, "demand_charge_interval_h", ("without a charge on power",)),
        ({"excess_charge_eur_per_mw": 9}, "excess_charge_eur_per_mw", ("without subscribed_power_mw",)),
        ({"subscribed_power_mw": 9}, "subscribed_power_mw", ("without excess_charge_eur_per_mw", "import_max_mw")),
        ({"excess_charge_eur_per_mw": None}, "excess_charge_eur_per_mw", ("null, without subscribed_power_mw",)),
        ({"subscribed_power_mw": {"max_mw": 3}}, "subscribed_power_mw", ("a range, without", "or null")),
        (
            SUBSCRIBED | {"subscribed_power_mw": {"min_mw": 4, "max_mw": 3}},
            "subscribed_power_mw.min_mw",
            ("above max_mw",),
        ),
        (
            SUBSCRIBED | {"subscribed_power_mw": {"max_mw": 300}},
            "subscribed_power_mw.max_mw",
            ("which no import passes",),
        ),
        (SUBSCRIBED | {"subscribed_power_mw": {"min_mw": 1}}, "subscribed_power_mw.max_mw", ("the key max_mw",)),
        (SUBSCRIBED | {"subscribed_power_mw": {"max_mw": -1}}, "subscribed_power_mw.max_mw", ("of at least 0",)),
        (
            SUBSCRIBED | {"subscribed_power_mw": {"max_mw": 3}, "peak_so_far_mw": 1},
            "subscribed_power_mw.min_mw",
            ("below peak_so_far_mw (1)", "where the month has begun"),
        ),
        (SUBSCRIBED | {"subscribed_power_mw": "much"}, "subscribed_power_mw", ("a number in MW",)),
        (
            {"demand_charge_eur_per_mw": 9, "demand_charge_interval_h": 0.5},
            "demand_charge_interval_h",
            ("0.5", "a whole multiple of the period of 1 h"),
        ),
        (
            {"demand_charge_eur_per_mw": 9, "demand_charge_interval_h": 12},
            "demand_charge_interval_h",
            ("12", "ends a block at the end of the horizon"),
        ),
        (
            {"demand_charge_eur_per_mw": 9, "demand_charge_share_per_unit": 2},
            "demand_charge_share_per_unit",
            ("2", "at most 1"),
        ),
        ({"take_or_pay_price_eur_per_mwh": 9}, "take_or_pay_price_eur_per_mwh", ("9, without take_or_pay_mwh",)),
        ({"fixed_cost_eur_per_day": -9}, "fixed_cost_eur_per_day", ("-9", "at least 0")),
        ({"demand_charge_eur_per_mw": -9}, "demand_charge_eur_per_mw", ("-9", "at least 0")),
    ],
)
def test_charges_on_power(site: SiteFolder, fields: dict[str, Any], key: str, words: tuple[str, ...]) -> None:
    # mappings as JSON has them, on one line
    lines = "".join(f"    {name}: {json.dumps(value)}\n" for name, value in fields.items())
    site.edit("    import_price_eur_per_mwh: 15\n", "    import_price_eur_per_mwh: 15\n" + lines)
    site.only_issue(f"components.grid.{key}", site.line(f"{key.partition('.')[0]}:"), *words)


def test_a_charge_on_import_where_there_is_none(site: SiteFolder) -> None:
    site.with_converter()
    site.edit("import_max_mw: null\n", "import_max_mw: 0\n    demand_charge_eur_per_mw: 9\n")
    line = site.line("demand_charge_eur_per_mw")
    assert_issue(site.issues(), "components.mains.demand_charge_eur_per_mw", line, "9, where import_max_mw is 0")


def test_bounds_of_a_level_out_of_order(site: SiteFolder) -> None:
    site.edit("initial_mwh: 2", "initial_mwh: 2\n    level_min_mwh: 3\n    level_max_mwh: 1")
    words = ("3, above level_max_mwh (1)", "at most level_max_mwh")
    site.only_issue("components.battery.level_min_mwh", site.line("level_min_mwh"), *words)


def test_energy_to_be_taken(site: SiteFolder) -> None:
    site.edit("    import_price_eur_per_mwh: 15\n", "    import_price_eur_per_mwh: 15\n    take_or_pay_mwh: 100\n")
    line, issues = site.line("take_or_pay_mwh"), site.issues()
    assert [(issue.key, issue.line) for issue in issues] == 3 * [("components.grid.take_or_pay_mwh", line)]
    assert "without take_or_pay_price_eur_per_mwh" in issues[0].found
    assert "with an export of up to 10 MW" in issues[1].found
    assert "at most 80 MWh" in issues[2].expected


FACTOR = "    import_price_eur_per_mwh: 15\n    import_emission_kg_per_mwh: 50\n"


@pytest.mark.parametrize(
    ("factor", "section", "key", "words"),
    [
        (True, "{cap_t: 4}", "co2.cap_t", ("4, without cap_penalty_eur_per_t",)),
        (True, "{cap_penalty_eur_per_t: 4}", "co2.cap_penalty_eur_per_t", ("4, without cap_t",)),
        (False, "{price_eur_per_t: 4}", "co2", ("a site that emits nothing", "import_emission_kg_per_mwh")),
        (True, "{price_eur_per_t: -4}", "co2.price_eur_per_t", ("-4", "at least 0")),
        (True, "{price: 4}", "co2.price", ("price_eur_per_t",)),
    ],
)
def test_co2(site: SiteFolder, factor: bool, section: str, key: str, words: tuple[str, ...]) -> None:
    if factor:
        site.edit("    import_price_eur_per_mwh: 15\n", FACTOR)
    site.edit("series: series.csv\n", f"series: series.csv\nco2: {section}\n")
    site.only_issue(key, site.line("co2:"), *words)


def test_an_emission_factor_in_another_unit(site: SiteFolder) -> None:
    site.edit("    import_price_eur_per_mwh: 15\n", "    import_price_eur_per_mwh: 15\n    co2_factor: 50\n")
    site.only_issue("components.grid.co2_factor", site.line("co2_factor"), "write import_emission_kg_per_mwh")


@pytest.mark.parametrize(
    ("segments", "key", "words"),
    [
        ("[{depth_per_unit: 0.5, cost_eur_per_mwh: 5}]", "", ("end at 0.5", "ends at a depth of 1")),
        (
            "[{depth_per_unit: 0.5, cost_eur_per_mwh: 5}, {depth_per_unit: 1, cost_eur_per_mwh: 4}]",
            ".1.cost_eur_per_mwh",
            ("4 after 5", "costs that rise"),
        ),
    ],
)
def test_segments_of_the_depth(site: SiteFolder, segments: str, key: str, words: tuple[str, ...]) -> None:
    site.edit("initial_mwh: 2", f"initial_mwh: 2\n    degradation_cost_by_depth: {segments}")
    line = site.line("degradation_cost_by_depth")
    site.only_issue(f"components.battery.degradation_cost_by_depth{key}", line, *words)


@pytest.mark.parametrize(
    ("key", "points", "place", "words"),
    [
        ("charge", [(0, 1)], "", ("levels from 0 to 0", "from 0 to 1")),
        ("charge", [(0, 1), (0.9, 0)], "", ("levels from 0 to 0.9", "from 0 to 1")),
        ("discharge", [(0, 0), (0.5, 1), (0.5, 1), (1, 1)], ".2.level_per_unit", ("0.5 after 0.5", "levels that rise")),
        ("charge", [(0, 0), (1, 0)], "", ("no power at any level", "charge_max_mw: 0")),
        ("charge", [(0, 0.5), (1, 1)], ".1.power_per_unit", ("1 after 0.5", "power that falls", "for one end alone")),
        ("discharge", [(0, 1), (1, 0.5)], ".1.power_per_unit", ("0.5 after 1", "power that rises")),
        (
            "discharge",
            [(0, 0), (0.5, 0), (1, 1)],
            ".1.power_per_unit",
            ("slope of 2 after 0", "do not rise", "binaries"),
        ),
    ],
)
def test_power_by_level(
    site: SiteFolder, key: str, points: list[tuple[float, float]], place: str, words: tuple[str, ...]
) -> None:
    rows = ", ".join(f"{{level_per_unit: {level}, power_per_unit: {power}}}" for level, power in points)
    site.edit("initial_mwh: 2", f"initial_mwh: 2\n    {key}_max_by_level: [{rows}]")
    line = site.line(f"{key}_max_by_level")
    site.only_issue(f"components.battery.{key}_max_by_level{place}", line, *words)


def test_a_loss_by_temperatures_needs_both(site: SiteFolder) -> None:
    site.edit("initial_mwh: 2", "initial_mwh: 2\n    loss_mw_per_kelvin: 0.1\n    store_temperature_degc: 60")
    site.only_issue(
        "components.battery.ambient_temperature_degc", site.line("battery:"), "as loss_mw_per_kelvin is stated"
    )


def test_a_level_that_is_decided_goes_by_one_word(site: SiteFolder) -> None:
    site.edit("initial_mwh: 2", "initial_mwh: equals_final")
    words = ("'equals_final'", "a number in MWh", "write cyclic for a level that is decided with the commitments")
    site.only_issue("components.battery.initial_mwh", site.line("initial_mwh: equals_final"), *words)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("terminal_mwh", "1", ("1, with initial_mwh: cyclic", "one of the two", "leave terminal_mwh out")),
        ("terminal_value_eur_per_mwh", "40", ("40, with initial_mwh: cyclic", "from the start would earn it")),
        (
            "degradation_cost_by_depth",
            "[{depth_per_unit: 1, cost_eur_per_mwh: 5}]",
            ("segments, with initial_mwh: cyclic", "follows from a level that is stated"),
        ),
    ],
)
def test_what_a_cyclic_level_excludes(site: SiteFolder, key: str, value: str, words: tuple[str, ...]) -> None:
    site.edit("initial_mwh: 2", f"initial_mwh: cyclic\n    {key}: {value}")
    site.only_issue(f"components.battery.{key}", site.line(f"{key}: "), *words)


def test_a_cyclic_level_that_losses_take(site: SiteFolder) -> None:
    """Nothing charges what 1 % an hour takes of the least level."""
    site.edit("initial_mwh: 2", "initial_mwh: cyclic\n    standing_loss_per_h: 0.01")
    site.edit("    charge_max_mw: 2\n    dis", "    charge_max_mw: 0\n    terminal_penalty_eur_per_mwh: null\n    dis")
    words = ("losses that charging does not make good", "take of energy_min_mwh (0.5)", "no level comes back")
    site.only_issue("components.battery.initial_mwh", site.line("initial_mwh: "), *words)


def test_temperatures_of_a_store_without_a_loss(site: SiteFolder) -> None:
    site.edit("initial_mwh: 2", "initial_mwh: 2\n    store_temperature_degc: 60")
    line = site.line("store_temperature_degc")
    site.only_issue("components.battery.store_temperature_degc", line, "loss_mw_per_kelvin above 0")
