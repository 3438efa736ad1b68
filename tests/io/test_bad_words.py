"""Messages that once led astray: what is said of a value or key has to be true and of use."""

from __future__ import annotations

import pytest
from site_folder import SiteFolder, assert_issue


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        (
            "charge_max_mw: 2\n    dis",
            "charge_max_mw: plug_mw\n    dis",
            "components.battery.charge_max_mw",
            (
                "'plug_mw'",
                "a number in MW",
                "one number for the whole horizon",
                "what share of it can be used in charge_available_per_unit",
            ),
        ),
        (
            "    export_max_mw: 10\n",
            "    export_max_mw: limit_mw\n",
            "components.grid.export_max_mw",
            ("one number for the whole horizon", "what share of it can be used in export_available_per_unit"),
        ),
        (
            "import_max_mw: 10\n",
            "import_max_mw: limit_mw\n",
            "components.grid.import_max_mw",
            ("one number for the whole horizon", "what share of it can be used in import_available_per_unit"),
        ),
        ("energy_max_mwh: 4", "energy_max_mwh: '4'", "components.battery.energy_max_mwh", ("write it without quotes",)),
        ("energy_max_mwh: 4", "energy_max_mwh: 4_000", "components.battery.energy_max_mwh", ("write 4000, without",)),
        ("energy_max_mwh: 4", "energy_max_mwh: 4 MWh", "components.battery.energy_max_mwh", ("write 4: the unit",)),
        ("energy_max_mwh: 4", "energy_max_mwh: 4,5", "components.battery.energy_max_mwh", ("write 4.5: decimals",)),
        (
            "    initial_mwh: 2\n",
            "    initial_mwh: 2\n    charge_efficiency_per_unit: 95\n",
            "components.battery.charge_efficiency_per_unit",
            ("95", "at most 1", "write 0.95: 95 % is 0.95 per unit"),
        ),
        (
            "    initial_mwh: 2\n",
            "    initial_mwh: 2\n    charge_efficiency_per_unit: -0.9\n",
            "components.battery.charge_efficiency_per_unit",
            ("-0.9", "a number in per unit above 0"),
        ),
        (
            "demand_mw: wards_demand_mw",
            "demand_mw: 1_000",
            "components.wards.demand_mw",
            ("'1_000'", "write 1000, without separators"),
        ),
    ],
)
def test_values(site: SiteFolder, old: str, new: str, key: str, words: tuple[str, ...]) -> None:
    site.edit(old, new)
    line = site.line(key.split(".")[-1] + ":", after=f"{key.split('.')[1]}:")
    assert_issue(site.issues(), key, line, *words)


@pytest.mark.parametrize(
    ("component", "key", "words", "not_said"),
    [
        ("grid", "peak_price_eur_per_mw", "write demand_charge_eur_per_mw", "did you mean"),
        ("grid", "monthly_demand_cost", "write demand_charge_eur_per_mw", "did you mean"),
        (
            "grid",
            "demand_charge_eur_per_kw",
            "demand_charge_eur_per_mw and multiply the number by 1000",
            "did you mean",
        ),
        ("grid", "standing_charge_eur_per_month", "write fixed_cost_eur_per_day", "did you mean"),
        ("grid", "minimum_offtake_mwh", "write take_or_pay_mwh and take_or_pay_price", "did you mean"),
        ("grid", "contracted_power_kva", "write subscribed_power_mw", "did you mean"),
        ("battery", "peak_price_eur_per_mw", "demand_charge_eur_per_mw of a grid_connection", "did you mean"),
        ("grid", "availability_per_unit", "write import_available_per_unit and export_available_per_unit", "did you"),
        (
            "battery",
            "availability_per_unit",
            "write charge_available_per_unit and discharge_available_per_unit",
            "did you",
        ),
        ("chp", "outage", "write available_per_unit, the share of power_max_mw", "did you mean"),
        ("chp", "part_load_curve", "is a part_load_converter, with flow_mw at each port", "did you mean"),
        ("chp", "cop", "ratio_per_unit of a port says it", "currency"),
        ("chp", "ramp_up_mw_per_h", "a ramp of the schedule is energy_ramp_mw_per_min", "did you mean"),
        ("chp", "startup_time_h", "write quick_start_h", "did you mean"),
        ("chp", "power_max_kw", "write power_max_mw and multiply the number by 0.001", "did you mean"),
        ("battery", "capacity_mwh", "write energy_max_mwh", "did you mean"),
        ("battery", "efficiency", "discharge_efficiency_per_unit; a round trip is their product", "did you mean"),
        ("battery", "enrgy_max_mwh", "did you mean energy_max_mwh?", "keys here"),
        ("battery", "energy_max_kwh", "write energy_max_mwh and multiply the number by 0.001", "did you mean"),
        ("battery", "throughput_cost_eur_per_mw", "write throughput_cost_eur_per_mwh, in EUR/MWh", "multiply"),
    ],
)
def test_unknown_keys(site: SiteFolder, component: str, key: str, words: str, not_said: str) -> None:
    site.with_converter()
    text = site.text()
    start = text.index("    type:", text.index(f"  {component}:\n"))
    site.write(f"{text[:start]}    {key}: 3\n{text[start:]}")
    (issue,) = site.issues()
    assert issue.key == f"components.{component}.{key}"
    assert words in issue.hint
    assert not_said not in issue.hint


def test_a_cop_is_no_currency(site: SiteFolder) -> None:
    """COP is the code of the Colombian peso, and what a heat pump is known by."""
    site.with_converter()
    site.edit("warmth, ratio_per_unit: 1.1", "warmth, ratio_per_unit: heat_pump_cop")
    site.only_issue(
        "components.chp.outputs.1.ratio_per_unit", site.line("- {node: warmth"), "'heat_pump_cop'", "series"
    )
    site.edit("ratio_per_unit: heat_pump_cop", "ratio_per_unit: 1.2")
    site.edit("    power_min_mw: 1\n", "    power_min_mw: 1\n    start_cost_cop: 5\n")
    site.only_issue("components.chp.start_cost_cop", site.line("start_cost_cop"), "an amount in EUR", "currency: COP")


def test_electricity_under_another_name(site: SiteFolder) -> None:
    site.edit("carriers: [electricity]", "carriers: [ac]").edit("{carrier: electricity}", "{carrier: ac}")
    issues = site.issues()
    assert_issue(
        issues,
        "products.da.connection",
        site.line("da:"),
        "carriers here are ac",
        "call the carrier",
        "connection: <name>",
    )
    for product in ("da", "id", "fr_fcr"):
        site.edit(f"  {product}:\n", f"  {product}:\n    connection: grid\n")
    assert site.read().instance.products["da"].connection == "grid"


def test_a_terminal_level_out_of_reach(site: SiteFolder) -> None:
    """2 MWh and 8 h at 0.1 MW make 2.8 MWh; 2 MWh that lose a tenth an hour and are not charged 0.86."""
    site.edit("    charge_max_mw: 2\n    dis", "    charge_max_mw: 0.1\n    terminal_mwh: 3\n    dis")
    site.read()
    site.edit("    terminal_mwh: 3\n", "    terminal_mwh: 3\n    terminal_penalty_eur_per_mwh: null\n")
    words = ("3 to be held at the end, out of reach", "at most 2.8 MWh", "for 8 h", "terminal_penalty")
    site.only_issue("components.battery.terminal_mwh", site.line("terminal_mwh"), *words)
    site.edit("terminal_mwh: 3", "terminal_mwh: 2.8").read()
    site.edit("    terminal_mwh: 2.8\n", "    standing_loss_per_h: 0.1\n").edit(
        "charge_max_mw: 0.1\n    s", "charge_max_mw: 0\n    s"
    )
    site.only_issue("components.battery.initial_mwh", site.line("initial_mwh"), "at most 0.860934 MWh")


def test_a_limit_of_a_converter_that_changes(site: SiteFolder) -> None:
    site.with_converter().edit("    power_max_mw: 2\n", "    power_max_mw: limit_mw\n")
    line = site.line("power_max_mw:", after="chp:")
    words = ("'limit_mw'", "a number in MW", "what share of it can be used in available_per_unit")
    assert_issue(site.issues(), "components.chp.power_max_mw", line, *words)
