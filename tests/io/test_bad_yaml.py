"""Bad instance files: every one is told with file, line and key, what is there, and what should be."""

from __future__ import annotations

from pathlib import Path

import pytest
from site_folder import SiteFolder, assert_issue

from mes_stoch.io.instance import read_instance
from mes_stoch.schema.errors import InstanceError


def folder_issue(folder: Path) -> str:
    with pytest.raises(InstanceError) as caught:
        read_instance(folder)
    assert [issue.file for issue in caught.value.issues] == ["instance.yaml"]
    return str(caught.value)


# -- the file ---------------------------------------------------------------------------------------------------------


def test_no_such_folder(tmp_path: Path) -> None:
    assert "no such folder" in folder_issue(tmp_path / "nowhere")


def test_path_to_a_file(site: SiteFolder) -> None:
    assert "give the folder, not the file in it" in folder_issue(site.path / "instance.yaml")


def test_folder_that_is_no_instance(tmp_path: Path) -> None:
    assert "an empty folder" in folder_issue(tmp_path)
    (tmp_path / "notes.txt").write_text("hello")
    assert "it has notes.txt" in folder_issue(tmp_path)


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n"])
def test_empty_file(site: SiteFolder, text: str) -> None:
    site.write(text).only_issue("", 1, "an empty file", "a mapping of keys to values")


@pytest.mark.parametrize(("text", "found"), [("- a\n- b\n", "a list"), ("hello\n", "'hello'"), ("3\n", "3")])
def test_file_without_a_mapping(site: SiteFolder, text: str, found: str) -> None:
    site.write(text).only_issue("", 1, found, "a mapping of keys to values")


def test_syntax_error(site: SiteFolder) -> None:
    site.edit("carriers: [electricity]", "carriers: [electricity")
    site.only_issue("", 9, "line 9, column 6", "valid YAML")


def test_tab_as_indentation(site: SiteFolder) -> None:
    site.edit("  timezone: Europe/Paris", "\ttimezone: Europe/Paris")
    site.only_issue("", 5, "column 1", "indent with spaces")


def test_duplicate_key(site: SiteFolder) -> None:
    site.edit("    charge_max_mw: 2\n", "    charge_max_mw: 2\n    charge_max_mw: 3\n")
    line = site.line("charge_max_mw: 3")
    site.only_issue("components.battery.charge_max_mw", line, f"first on line {line - 1}", "each key once")


def test_text_that_is_not_utf8(site: SiteFolder) -> None:
    (site.path / "instance.yaml").write_bytes(b"name: caf\xe9\n")
    site.only_issue("", None, "not UTF-8", "save the file as UTF-8")


def test_alias_that_contains_itself(site: SiteFolder) -> None:
    site.edit("carriers: [electricity]", "carriers: &all [electricity, *all]")
    assert_issue(site.issues(), "carriers.1", site.line("carriers"), "an alias that contains itself")


def test_foreign_tag(site: SiteFolder) -> None:
    site.edit("name: minimal", "name: !!python/object:os.system minimal")
    site.only_issue("name", 2, "the tag", "remove the tag")


# -- keys and values --------------------------------------------------------------------------------------------------


def test_wrong_format_number(site: SiteFolder) -> None:
    site.edit("format: 1", "format: 2").only_issue("format", 1, "2", "the format number 1", "reads format 1")


def test_format_is_no_boolean(site: SiteFolder) -> None:
    site.edit("format: 1", "format: true").only_issue("format", 1, "true", "the format number 1")


def test_missing_key_points_at_its_parent(site: SiteFolder) -> None:
    site.edit("    initial_mwh: 2\n", "")
    site.only_issue("components.battery.initial_mwh", site.line("battery:"), "nothing", "the key initial_mwh")


def test_missing_section(site: SiteFolder) -> None:
    site.edit("carriers: [electricity]\n", "")
    assert_issue(site.issues(), "carriers", 1, "nothing", "the key carriers")


def test_wrong_unit_of_a_key(site: SiteFolder) -> None:
    site.edit("    discharge_max_mw: 2", "    discharge_max_kw: 2000")
    line = site.line("discharge_max_kw")
    # the missing key and the unknown one are the same mistake
    site.only_issue(
        "components.battery.discharge_max_kw",
        line,
        "unknown key",
        "write discharge_max_mw",
        "multiply the number by 0.001",
    )


def test_unit_left_out_of_a_key(site: SiteFolder) -> None:
    site.edit("    discharge_max_mw: 2", "    discharge_max: 2")
    line = site.line("discharge_max")
    site.only_issue("components.battery.discharge_max", line, "the unit is part of the name", "discharge_max_mw")


def test_misspelt_key(site: SiteFolder) -> None:
    site.edit("export_max_mw", "exprot_max_mw")
    site.only_issue("components.grid.exprot_max_mw", site.line("exprot"), "did you mean export_max_mw?")


def test_unknown_key_lists_the_keys(site: SiteFolder) -> None:
    site.edit("name: minimal", "name: minimal\ncolour: red").only_issue("colour", 3, "keys here", "horizon, carriers")


def test_unknown_key_of_a_port(site: SiteFolder) -> None:
    site.with_converter().edit("no_load_mw: 0.1", "no_load_kw: 100")
    line = site.line("- {node: fuel")
    site.only_issue("components.chp.inputs.0.no_load_kw", line, "write no_load_mw", "0.001")


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        ("energy_max_mwh: 4", "energy_max_mwh: -4", "components.battery.energy_max_mwh", ("-4", "in MWh above 0")),
        (
            "charge_max_mw: 2\n    dis",
            "charge_max_mw: -2\n    dis",
            "components.battery.charge_max_mw",
            ("at least 0",),
        ),
        ("charge_max_mw: 2\n    dis", "charge_max_mw: '2'\n    dis", "components.battery.charge_max_mw", ("quotes",)),
        ("charge_max_mw: 2\n    dis", "charge_max_mw: .nan\n    dis", "components.battery.charge_max_mw", ("finite",)),
        (
            "charge_max_mw: 2\n    dis",
            "charge_max_mw: true\n    dis",
            "components.battery.charge_max_mw",
            ("true", "a number"),
        ),
        (
            "charge_max_mw: 2\n    dis",
            "charge_max_mw:\n    dis",
            "components.battery.charge_max_mw",
            ("null", "a number"),
        ),
        ("demand_mw: wards_demand_mw", "demand_mw: [1, 2]", "components.wards.demand_mw", ("a list", "ends in _mw")),
        ("demand_mw: wards_demand_mw", "demand_mw: .inf", "components.wards.demand_mw", ("inf", "finite")),
        ("demand_mw: wards_demand_mw", "demand_mw: -1", "components.wards.demand_mw", ("-1", "at least 0")),
        ("periods: 8", "periods: 8.0", "horizon.periods", ("a whole number",)),
        ("periods: 8", "periods: 0", "horizon.periods", ("0", "of at least 1")),
        ("name: minimal", "name: 3", "name", ("3", "text")),
        ("name: minimal", "name: my site", "name", ("'my site'", "letters, digits")),
        ("type: storage", "type: storge", "components.battery.type", ("'storge'", "did you mean storage?")),
        (
            "volume_max_mw: 2",
            "volume_max_mw: 2\n    direction: both",
            "products.fr_fcr.direction",
            ("up, down or symm",),
        ),
        ("kind: explicit", "kind: explict", "uncertainty.kind", ("'explict'", "did you mean explicit?")),
        ("series: series.csv", "bids: {steps: 'no'}\nseries: series.csv", "bids.steps", ("true or false",)),
    ],
)
def test_bad_value(site: SiteFolder, old: str, new: str, key: str, words: tuple[str, ...]) -> None:
    site.edit(old, new)
    field = key.rsplit(".", 1)[-1]
    after = "battery:" if "battery" in key else "fr_fcr:" if "fr_fcr" in key else ""
    line = site.line("bids" if "bids" in key else field, after=after)
    assert_issue(site.issues(), key, line, *words)


@pytest.mark.parametrize("section", ["nodes", "components", "carriers", "horizon", "uncertainty", "products"])
@pytest.mark.parametrize("value", ["null", "3", "text", "[]", "{}"])
def test_section_of_the_wrong_type(site: SiteFolder, section: str, value: str) -> None:
    lines = site.text().splitlines()
    begin = next(k for k, line in enumerate(lines) if line.startswith(section))
    end = next((k for k in range(begin + 1, len(lines)) if not lines[k].startswith(" ")), len(lines))
    site.write("\n".join([*lines[:begin], f"{section}: {value}", *lines[end:]]) + "\n")
    issues = site.issues()
    assert any(issue.line == begin + 1 or section == "products" for issue in issues), "\n".join(map(str, issues))


def test_component_without_a_type(site: SiteFolder) -> None:
    site.edit("    type: storage\n", "")
    assert_issue(site.issues(), "components.battery.type", site.line("battery:"), "the key type", "storage")


def test_component_that_is_no_mapping(site: SiteFolder) -> None:
    site.edit("products:\n", "  spare: 3\nproducts:\n")
    site.only_issue("components.spare", site.line("spare"), "3", "a mapping")


def test_bad_name_of_a_component(site: SiteFolder) -> None:
    site.edit("  wards:\n", "  ward 1:\n")
    site.only_issue("components.ward 1", site.line("ward 1"), "'ward 1'", "letters, digits and _")


def test_unknown_product(site: SiteFolder) -> None:
    site.edit("  fr_fcr:\n", "  fr_fcrr:\n").edit("provides: [fr_fcr]", "provides: []")
    line = site.line("fr_fcrr")
    site.only_issue("products.fr_fcrr", line, "the id of a product", "did you mean fr_fcr?", "fr_afrr_up, fr_afrr_down")


def test_product_of_another_family(site: SiteFolder) -> None:
    site.edit("    volume_max_mw: 2\n", "    volume_max_mw: 2\n    family: energy\n")
    site.only_issue("products.fr_fcr.family", site.line("family"), "'energy'", "reserve", "leave the key out")


# -- horizon ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        ("start: 2025-01-15T00:00", "start: 15/01/2025", "horizon.start", ("ISO 8601", "write it like")),
        ("start: 2025-01-15T00:00", "start: 2025-03-30T02:30", "horizon.start", ("never show",)),
        ("start: 2025-01-15T00:00", "start: 2025-10-26T02:00", "horizon.start", ("show twice", "+02:00", "+01:00")),
        ("start: 2025-01-15T00:00", "start: 0001-01-01T00:00", "horizon.start", ("a year from 1900",)),
        ("timezone: Europe/Paris", "timezone: Europe/Pariss", "horizon.timezone", ("did you mean Europe/Paris?",)),
        ("timezone: Europe/Paris", "timezone: ../../etc/passwd", "horizon.timezone", ("the name of a time zone",)),
        (
            "  period_h: 1\n  periods",
            "  period_h: 0.00001\n  periods",
            "horizon.period_h",
            ("a whole number of seconds",),
        ),
        ("periods: 8", "periods: 100000000", "horizon.periods", ("at most 1000000 periods",)),
        (
            "  period_h: 1\n  periods",
            "  period_h: 1000000\n  periods",
            "horizon.periods",
            ("an end before the year 2199",),
        ),
    ],
)
def test_bad_horizon(site: SiteFolder, old: str, new: str, key: str, words: tuple[str, ...]) -> None:
    site.edit(old, new)
    site.only_issue(key, site.line(key.split(".")[1] + ":"), *words)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("periods: 8", "periods: 7", ("4", "ends a block at the end of the horizon, 2025-01-15T07:00")),
        ("start: 2025-01-15T00:00", "start: 2025-01-15T02:00", ("begins a block at the start", "2025-01-15T02:00")),
        ("volume_max_mw: 2\n", "volume_max_mw: 2\n    block_h: 5\n", ("5", "divides 24 h or is a multiple of 24 h")),
        ("volume_max_mw: 2\n", "volume_max_mw: 2\n    block_h: 0.5\n", ("0.5", "whole multiple of the period of 1 h")),
        ("volume_max_mw: 2\n", "volume_max_mw: 2\n    block_h: 24\n", ("24", "ends a block at the end")),
    ],
)
def test_block_that_does_not_divide_the_horizon(site: SiteFolder, old: str, new: str, words: tuple[str, ...]) -> None:
    site.edit(old, new)
    line = site.line("block_h") if "block_h" in new else site.line("fr_fcr:")
    assert_issue(site.issues(), "products.fr_fcr.block_h", line, *words)


def test_settlement_period_shorter_than_a_period(site: SiteFolder) -> None:
    site.edit("    settlement_period_h: 1\n    liquidity_mw: 1\n", "    liquidity_mw: 1\n")
    site.only_issue("products.id.settlement_period_h", site.line("id:"), "0.25", "multiple of the period of 1 h")


# -- all at once ------------------------------------------------------------------------------------------------------


def test_all_problems_are_reported_together(site: SiteFolder) -> None:
    site.edit("  period_h: 1\n  periods", "  period_hours: 1\n  periods")
    site.edit("carriers: [electricity]", "carriers: [elektricity]")
    site.edit("    demand_mw: wards_demand_mw", "    demand_mw: wards_demand_kw")
    site.edit("energy_min_mwh: 0.5", "energy_min_mwh: 5")
    site.edit("    charge_max_mw: 2\n    dis", "    charge_max_mw: 2\n    charge_max_mw: 2\n    dis")
    site.edit("price_long_eur_per_mwh: 10", "price_long_eur_per_mwh: 1000")
    site.edit("    activation_down_per_unit: 0.1\n", "")
    site.edit("calm: 0.75", "calm: 0.7")
    site.write(site.text("series.csv").replace(",0.3", ",x"), "series.csv")
    site.write(site.text("scenarios.csv").replace("fcr_up_per_unit", "fcr_upward_per_unit"), "scenarios.csv")
    issues = site.issues()
    assert len(issues) == 10, "\n".join(map(str, issues))
    for key, start in (
        ("horizon.period_hours", "period_hours"),
        ("nodes.power.carrier", "power:"),
        ("components.wards.demand_mw", "demand_mw"),
        ("components.battery.energy_min_mwh", "energy_min_mwh"),
        ("products.imbalance.price_long_eur_per_mwh", "price_long"),
        ("products.fr_fcr.activation_down_per_unit", "fr_fcr:"),
        ("products.fr_fcr.activation_up_per_unit", "activation_up"),
        ("uncertainty.probabilities", "probabilities"),
    ):
        assert_issue(issues, key, site.line(start))
    assert_issue(issues, "components.battery.charge_max_mw", site.line("charge_max_mw") + 1, "a second time")
    assert_issue(issues, "wards_demand_mw", 5, "'x'", file="series.csv")
    # in the order of reading
    places = [(issue.file, issue.line or 0) for issue in issues]
    assert places == sorted(places)


def test_one_broken_component_does_not_raise_false_alarms(site: SiteFolder) -> None:
    site.edit("import_max_mw: 10", "import_max_mw: ten")
    site.only_issue("components.grid.import_max_mw", site.line("import_max_mw"), "'ten'", "a number in MW")
