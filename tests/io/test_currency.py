"""Instances in another currency: the same objects under the user's names, and every name in the wrong one told."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from helpers.dollars import in_dollars, tiny_site_in_dollars
from site_folder import INSTANCE, SCENARIOS, SiteFolder, assert_issue

from mes_stoch import api
from mes_stoch.io.instance import read_instance
from mes_stoch.io.json_schema.instance import instance_schema
from mes_stoch.io.readers.yaml_lines import Document, parse_yaml
from mes_stoch.products.energy.format import EnergyMarket
from mes_stoch.schema.errors import InstanceError
from mes_stoch.schema.units import currency_of, in_currency, with_currency

#: What the catalogue says of `fr_fcr` in euros.
PENALTIES = "    shortfall_penalty_aud_per_mw_h: 100\n    missed_penalty_aud_per_mwh: 200\n"


@pytest.fixture
def dollars(site: SiteFolder) -> SiteFolder:
    """The valid instance in Australian dollars."""
    site.write(in_dollars(INSTANCE)).write(in_dollars(SCENARIOS), "scenarios.csv")
    site.edit("name: minimal\n", "name: minimal\ncurrency: AUD\n")
    return site.edit("  fr_fcr:\n", "  fr_fcr:\n" + PENALTIES)


@pytest.fixture
def tiny_dollars(instances: Path, tmp_path: Path) -> Path:
    return tiny_site_in_dollars(instances / "tiny_site", tmp_path / "tiny_dollars")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("price_aud_per_mwh", "AUD"),
        ("standby_cost_aud_per_h", "AUD"),
        ("start_cost_eur", "EUR"),
        ("price_gbp_per_kwh", "GBP"),
        ("price_usd_per_mvar_h", "USD"),
        ("fixed_price_eur_per_mw_year", "EUR"),
        ("rate_aud_per_eur", None),
        ("power_max", None),
        ("ramp_mw_per_min", None),
        ("efficiency_per_unit", None),
        ("energy_mwh", None),
        ("neuron", None),
    ],
)
def test_currency_of_a_name(name: str, code: str | None) -> None:
    assert currency_of(name) == code


def test_names_and_sentences_are_turned_and_nothing_else() -> None:
    assert with_currency("price_eur_per_mwh", "AUD") == "price_aud_per_mwh"
    assert with_currency("ramp_mw_per_min", "AUD") == "ramp_mw_per_min"
    text = "EUR/MWh, EUROPE, start_cost_eur, my_eur_site, price_eur_per_mw_h and rate_aud_per_eur"
    turned = "AUD/MWh, EUROPE, start_cost_aud, my_eur_site, price_aud_per_mw_h and rate_aud_per_eur"
    assert in_currency(text, "AUD") == turned
    assert in_currency(text, "EUR") == text


def test_both_currencies_give_the_same_objects(site: SiteFolder, dollars: SiteFolder, tmp_path: Path) -> None:
    in_aud = dollars.read()
    folder = tmp_path / "euros"
    shutil.copytree(site.path, folder)
    SiteFolder(folder).write(INSTANCE).write(SCENARIOS, "scenarios.csv")
    # the catalogue's price limits are those of markets in euros
    none = {
        f"products.{market}.price_{limit}_eur_per_mwh": None
        for market in ("da", "id")
        for limit in ("minimum", "maximum")
    }
    none |= {"products.fr_fcr.energy_price_limit_eur_per_mwh": None, "products.imbalance.price_limit_eur_per_mwh": None}
    in_eur = read_instance(folder, none)
    assert in_aud.instance.currency == "AUD"
    assert in_eur.instance.currency == "EUR"
    one, other = in_aud.instance.model_copy(update={"currency": "EUR"}).model_dump(), in_eur.instance.model_dump()
    for product in (*one["products"].values(), *other["products"].values()):
        # amounts that the instance in dollars has to give itself are no placeholders of the catalogue
        product.pop("placeholders")
    assert one == other
    assert in_aud.probabilities == in_eur.probabilities
    assert in_aud.series.equals(in_eur.series)
    assert in_aud.scenario_series is not None
    assert in_eur.scenario_series is not None
    for name, table in in_eur.scenario_series.items():
        assert in_aud.scenario_series[name].equals(table)


def test_both_currencies_give_the_same_optimum(instances: Path, tiny_dollars: Path) -> None:
    """-687.50 is computed by hand in instances/tiny_site/README.md; a currency is a name and changes no number."""
    euros, dollars = (
        api.solve(site, site.tree(), method="ef") for site in map(api.read, (instances / "tiny_site", tiny_dollars))
    )
    assert euros.objective == pytest.approx(-687.5)
    assert dollars.objective == pytest.approx(-687.5)
    assert dollars.commitments.equals(euros.commitments)
    assert np.allclose(dollars.solution["stream_eur"], euros.solution["stream_eur"])


def test_data_sets_say_the_currency(tiny_dollars: Path, tmp_path: Path) -> None:
    site = api.read(tiny_dollars)
    run = api.solve(site, site.tree(), method="ef")
    run = api.read_run(run.write(tmp_path / "run"))
    assert run.summary["currency"] == run.currency == "AUD"
    assert run.summary["unit"] == "AUD over the horizon"
    assert "expected profit -687.50 AUD" in repr(run)
    assert run.tree.dataset.attrs["currency"] == "AUD"
    assert run.solution.attrs["currency"] == run.flow_data.attrs["currency"] == "AUD"
    assert run.solution["profit_eur"].attrs["units"] == run.solution["stream_eur"].attrs["units"] == "AUD"
    assert run.flow_data["price.da"].attrs["units"] == "AUD/MWh"
    duals = [variable for name, variable in run.solution.data_vars.items() if str(name).startswith("dual.")]
    assert duals
    assert all(variable.attrs["units"].startswith("AUD") for variable in duals)
    everything = str([run.summary, *(variable.attrs for variable in run.solution.variables.values())])
    assert "EUR" not in everything


def test_a_key_in_euros_in_an_instance_in_dollars(dollars: SiteFolder) -> None:
    dollars.edit("import_price_aud_per_mwh: 15", "import_price_eur_per_mwh: 15")
    issue = dollars.only_issue(
        "components.grid.import_price_eur_per_mwh",
        dollars.line("import_price_eur"),
        "an unknown key 'import_price_eur_per_mwh'",
        "an amount in AUD",
    )
    assert issue.hint == "write import_price_aud_per_mwh: the instance's currency is AUD"


def test_a_required_key_in_euros_is_not_missed_as_well(dollars: SiteFolder) -> None:
    dollars.edit("    price_long_aud_per_mwh: 10", "    price_long_eur_per_mwh: 10")
    dollars.only_issue(
        "products.imbalance.price_long_eur_per_mwh", dollars.line("price_long"), "write price_long_aud_per_mwh"
    )


@pytest.mark.parametrize(("code", "key"), [("AUD", "import_price_aud_per_mwh"), ("GBP", "import_price_gbp_per_mwh")])
def test_a_key_in_another_currency_in_an_instance_in_euros(site: SiteFolder, code: str, key: str) -> None:
    site.edit("import_price_eur_per_mwh", key)
    issue = site.only_issue(f"components.grid.{key}", site.line(key), "an amount in EUR")
    assert "write import_price_eur_per_mwh: the instance's currency is EUR" in issue.hint
    assert f"`currency: {code}`" in issue.hint


def test_a_series_in_euros_in_an_instance_in_dollars(dollars: SiteFolder) -> None:
    dollars.edit("    price_aud_per_mwh: da_price_aud_per_mwh", "    price_aud_per_mwh: da_price_eur_per_mwh")
    dollars.only_issue(
        "products.da.price_aud_per_mwh",
        dollars.line("price_aud_per_mwh", after="da:"),
        "the series 'da_price_eur_per_mwh'",
        "write da_price_aud_per_mwh: the instance's currency is AUD",
    )


def test_a_series_in_dollars_in_an_instance_in_euros(site: SiteFolder) -> None:
    site.edit("    price_eur_per_mwh: da_price_eur_per_mwh", "    price_eur_per_mwh: da_price_aud_per_mwh")
    site.only_issue(
        "products.da.price_eur_per_mwh",
        site.line("price_eur_per_mwh", after="da:"),
        "the series 'da_price_aud_per_mwh'",
        "`currency: AUD`",
    )


def test_a_column_in_euros_in_an_instance_in_dollars(dollars: SiteFolder) -> None:
    dollars.edit(",da_price_aud_per_mwh", ",da_price_eur_per_mwh", "scenarios.csv")
    dollars.only_issue(
        "da_price_eur_per_mwh", 1, "write da_price_aud_per_mwh: the instance's currency is AUD", file="scenarios.csv"
    )


def test_a_column_in_dollars_in_an_instance_in_euros(site: SiteFolder) -> None:
    site.edit(",da_price_eur_per_mwh", ",da_price_aud_per_mwh", "scenarios.csv")
    site.only_issue("da_price_aud_per_mwh", 1, "the instance's currency is EUR", file="scenarios.csv")


def test_a_wrong_value_is_told_in_the_users_names(dollars: SiteFolder) -> None:
    dollars.edit("import_price_aud_per_mwh: 15", "import_price_aud_per_mwh: [15]")
    dollars.edit("missed_penalty_aud_per_mwh: 200", "missed_penalty_aud_per_mwh: -200")
    issues = dollars.issues()
    assert len(issues) == 2
    assert_issue(
        issues,
        "components.grid.import_price_aud_per_mwh",
        dollars.line("import_price"),
        "a number in AUD/MWh or the name of a series that ends in _aud_per_mwh",
    )
    assert_issue(
        issues, "products.fr_fcr.missed_penalty_aud_per_mwh", dollars.line("missed_penalty"), "a number in AUD/MWh"
    )


def test_a_missing_key_is_told_in_the_users_names(dollars: SiteFolder) -> None:
    dollars.drop_line("    price_long_aud_per_mwh", "instance.yaml")
    dollars.only_issue(
        "products.imbalance.price_long_aud_per_mwh", dollars.line("imbalance:"), "the key price_long_aud_per_mwh"
    )


def test_a_misspelt_key_or_unit_is_told_in_the_users_names(dollars: SiteFolder) -> None:
    dollars.edit("import_price_aud_per_mwh: 15", "import_price_aud_per_kwh: 0.015")
    dollars.only_issue(
        "components.grid.import_price_aud_per_kwh",
        dollars.line("import_price"),
        "write import_price_aud_per_mwh and multiply the number by 1000",
    )


def test_a_series_in_the_wrong_unit_is_told_in_the_users_names(dollars: SiteFolder) -> None:
    dollars.edit("    price_aud_per_mwh: da_price_aud_per_mwh", "    price_aud_per_mwh: da_price_aud_per_kwh")
    dollars.edit(",da_price_aud_per_mwh", ",da_price_aud_per_kwh", "scenarios.csv")
    dollars.only_issue(
        "products.da.price_aud_per_mwh",
        dollars.line("price_aud_per_mwh", after="da:"),
        "'da_price_aud_per_kwh', a series in aud_per_kwh",
        "multiply the values by 1000 and end the name in _aud_per_mwh",
    )


def test_a_cell_that_is_no_number_is_told_in_the_users_names(dollars: SiteFolder) -> None:
    dollars.edit("calm,2025-01-15T00:00+01:00,40,", "calm,2025-01-15T00:00+01:00,forty,", "scenarios.csv")
    dollars.only_issue("da_price_aud_per_mwh", 2, "'forty'", file="scenarios.csv")


def test_prices_of_a_scenario_are_told_in_the_users_names(dollars: SiteFolder) -> None:
    """Long imbalance at 300 above short imbalance at 200 would be riskless profit."""
    dollars.edit("price_long_aud_per_mwh: 10", "price_long_aud_per_mwh: 300")
    with pytest.raises(InstanceError) as caught:
        api.read(dollars.path).tree()
    assert any("price_long_aud_per_mwh" in issue.key for issue in caught.value.issues)
    assert "eur" not in str(caught.value)


def test_euros_of_the_catalogue_are_to_be_overridden(dollars: SiteFolder) -> None:
    dollars.edit("    missed_penalty_aud_per_mwh: 200\n", "")
    issue = dollars.only_issue(
        "products.fr_fcr", dollars.line("fr_fcr:"), "amounts of the catalogue in EUR: missed_penalty_eur_per_mwh 200"
    )
    assert issue.hint == "give here missed_penalty_aud_per_mwh"


@pytest.mark.parametrize("written", ["aud", "euro", "A$", '""', "12"])
def test_a_currency_that_is_no_code(dollars: SiteFolder, written: str) -> None:
    """One mistake: names of money are not held against it."""
    dollars.edit("currency: AUD", f"currency: {written}")
    issue = dollars.issues()[0]
    assert (issue.key, issue.line) == ("currency", dollars.line("currency"))
    assert len(dollars.issues()) == 1


def test_overrides_carry_the_instances_currency(dollars: SiteFolder) -> None:
    loaded = dollars.read({"components.grid.import_price_aud_per_mwh": 7})
    assert loaded.instance.components["grid"].import_price_eur_per_mwh == 7  # type: ignore[union-attr]
    issues = dollars.issues({"components.grid.import_price_aud_per_mwh": "many"})
    assert_issue(issues, "components.grid.import_price_aud_per_mwh", None, file="overrides")
    issues = dollars.issues({"components.grid.import_price_eur_per_mwh": 7})
    assert_issue(
        issues,
        "components.grid.import_price_eur_per_mwh",
        None,
        "write import_price_aud_per_mwh",
        file="overrides",
    )
    assert len(issues) == 1


def test_both_keys_are_one_mistake(dollars: SiteFolder) -> None:
    dollars.edit(
        "    import_price_aud_per_mwh: 15\n", "    import_price_aud_per_mwh: 15\n    import_price_eur_per_mwh: 9\n"
    )
    dollars.only_issue("components.grid.import_price_eur_per_mwh", dollars.line("import_price_eur"), "import_price_aud")


def test_names_of_the_users_own_are_left_alone(dollars: SiteFolder) -> None:
    """A component may be called as it likes, even after a currency."""
    dollars.edit("  wards:\n", "  wards_eur:\n")
    assert "wards_eur" in dollars.read().instance.components
    dollars.edit("wards_demand_mw", "true")
    dollars.only_issue("components.wards_eur.demand_mw", dollars.line("demand_mw: true"), "true")


@pytest.mark.parametrize(
    ("edits", "drawn", "wanted"),
    [
        ([("currency: AUD\n", ""), ("_aud_", "_eur_")], "AUD", "EUR"),
        ([("process: au_synthetic_day", "process: fr_synthetic_day")], "EUR", "AUD"),
    ],
)
def test_a_process_draws_in_its_own_currency_only(
    instances: Path, tmp_path: Path, edits: list[tuple[str, str]], drawn: str, wanted: str
) -> None:
    text = (instances / "campus_au" / "instance.yaml").read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "instance.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InstanceError) as caught:
        api.read(tmp_path).tree()
    (issue,) = caught.value.issues
    assert issue.key == "uncertainty.process"
    assert f"draws prices in {drawn}" in issue.found
    assert issue.expected == f"prices in {wanted}"
    assert f"`currency: {drawn}`" in issue.hint


def test_the_schema_is_spelled_in_a_currency() -> None:
    """The catalogue's euros are no defaults of an instance in dollars, which has to give them."""
    euros, dollars = (
        instance_schema(code, full=True)["properties"]["products"]["properties"]["fr_fcr"] for code in ("EUR", "AUD")
    )
    assert euros["properties"]["missed_penalty_eur_per_mwh"]["default"] == 200
    assert "missed_penalty_eur_per_mwh" not in euros["required"]
    assert "default" not in dollars["properties"]["missed_penalty_aud_per_mwh"]
    assert "missed_penalty_aud_per_mwh" in dollars["required"]
    assert dollars["properties"]["block_h"]["default"] == euros["properties"]["block_h"]["default"] == 4
    schema = instance_schema("AUD")
    briefly = schema["properties"]["products"]["properties"]["fr_fcr"]
    assert briefly["required"] == dollars["required"]
    assert "missed_penalty" not in briefly["description"]
    assert schema["properties"]["currency"]["const"] == "AUD"
    assert "currency" in schema["required"]
    assert "price_aud_per_mwh" in instance_schema()["properties"]["currency"]["description"]


def test_a_schema_fits_instances_in_its_currency(dollars: SiteFolder) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    document = Document("instance.yaml")
    parse_yaml(dollars.text(), document)
    assert jsonschema.Draft202012Validator(instance_schema("AUD")).is_valid(document.data)
    assert not jsonschema.Draft202012Validator(instance_schema("EUR")).is_valid(document.data)
    assert not jsonschema.Draft202012Validator(instance_schema("NZD")).is_valid(document.data)


def test_limits_of_euro_markets_are_none_of_a_dollar_market(instances: Path, tmp_path: Path) -> None:
    """The catalogue's -500 to 4,000 EUR/MWh: none in AUD unless the instance gives its own."""
    folder = tiny_site_in_dollars(instances / "tiny_site", tmp_path / "dollars")
    market = read_instance(folder).instance.products["da"]
    assert isinstance(market, EnergyMarket)
    assert (market.price_minimum_eur_per_mwh, market.price_maximum_eur_per_mwh) == (None, None)
    path = folder / "instance.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("  da:\n", "  da:\n    price_maximum_aud_per_mwh: 17500\n", 1), encoding="utf-8")
    own = read_instance(folder).instance.products["da"]
    assert isinstance(own, EnergyMarket)
    assert (own.price_minimum_eur_per_mwh, own.price_maximum_eur_per_mwh) == (None, 17500)
    euros = read_instance(instances / "tiny_site").instance.products["da"]
    assert isinstance(euros, EnergyMarket)
    assert (euros.price_minimum_eur_per_mwh, euros.price_maximum_eur_per_mwh) == (-500, 4000)
