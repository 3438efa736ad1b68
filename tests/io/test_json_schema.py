"""The exported JSON Schema says what a user may write, in a size that editors load without delay."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from click.testing import CliRunner
from site_folder import INSTANCE

from mes_stoch.cli.main import command_line
from mes_stoch.io.catalogue.products import product_catalogue
from mes_stoch.io.json_schema.fields import takes_numbers
from mes_stoch.io.json_schema.instance import instance_schema
from mes_stoch.io.json_schema.shipped import PACKAGED_CURRENCIES, packaged_schema
from mes_stoch.io.json_schema.text import json_text
from mes_stoch.io.json_schema.tidy import parts
from mes_stoch.io.readers.yaml_lines import Document, parse_yaml
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.units import unit_of

ROOT = Path(__file__).parents[2]
SHIPPED = sorted((ROOT / "instances").glob("*/instance.yaml"))
MODELINE = re.compile(r"# yaml-language-server: \$schema=(\S+)\n")


def data_of(text: str) -> Any:
    document = Document("instance.yaml")
    parse_yaml(text, document)
    return document.data


@cache
def validator_of(currency: str = "EUR", *, full: bool = False) -> Any:
    return jsonschema.Draft202012Validator(instance_schema(currency, full=full))


def fields_of(schema: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Every field of the format by name, references resolved."""
    found = []
    for part in parts(schema):
        for name, field in part.get("properties", {}).items():
            reference = field.get("$ref", "")
            # a field that several definitions share; a reference to a definition has a description of its own
            shared = schema["$defs"][reference.rpartition("/")[2]] if "/field_" in reference else field
            found.append((name, shared))
    return found


# -- form -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("currency", ["EUR", "AUD"])
@pytest.mark.parametrize("full", [False, True])
def test_it_is_plain_json_of_the_named_draft(currency: str, full: bool) -> None:
    schema = instance_schema(currency, full=full)
    assert json.loads(json_text(schema)) == schema
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(schema)


def test_editors_get_less_than_150_kb() -> None:
    """As it is printed; 1 kB is 1,000 bytes."""
    assert len(json_text(instance_schema()).encode()) < 150_000


def test_it_has_a_name_and_claims_no_address() -> None:
    assert instance_schema()["$id"] == "urn:mes-stoch:instance:1"
    assert instance_schema("AUD")["$id"] == "urn:mes-stoch:instance:1:aud"
    for schema in (instance_schema(), instance_schema(full=True)):
        assert not re.search(r"https?://(?!json-schema\.org/)", json_text({**schema, "properties": {}, "$defs": {}}))


@pytest.mark.parametrize("full", [False, True])
def test_every_reference_resolves(full: bool) -> None:
    schema = instance_schema(full=full)
    found = {part["$ref"] for part in parts(schema) if "$ref" in part}
    found |= {part["$ref"] for name in schema["$defs"].values() for part in parts(name) if "$ref" in part}
    assert {name.removeprefix("#/$defs/") for name in found} == set(schema["$defs"])


def test_calling_it_twice_gives_the_same() -> None:
    assert instance_schema() == instance_schema()


@pytest.mark.parametrize("currency", PACKAGED_CURRENCIES)
def test_the_packaged_file_is_up_to_date(currency: str) -> None:
    """`python scripts/format_files.py` writes it again."""
    assert packaged_schema(currency).read_text(encoding="utf-8") == json_text(instance_schema(currency))


# -- fields -----------------------------------------------------------------------------------------------------------


def test_every_field_of_the_format_is_described() -> None:
    """In the code, so that the reference and the editors have it; tags of kinds take the description of the kind."""
    schema = Instance.model_json_schema()
    tags = {"type", "family", "kind", "measure"}
    found = [
        f"{owner}.{name}"
        for owner, part in {**schema["$defs"], "Instance": schema}.items()
        for name, field in part.get("properties", {}).items()
        if len(field.get("description", "").split()) < 2 and not ("const" in field and name in tags)
    ]
    assert found == []


@pytest.mark.parametrize("currency", ["EUR", "AUD"])
def test_every_field_says_its_meaning_and_its_unit(currency: str) -> None:
    fields = fields_of(instance_schema(currency))
    assert len(fields) > 500
    for name, field in fields:
        assert len(field.get("description", "")) > 5, name
        if takes_numbers(field):
            assert field["x-unit"], name
            unit = unit_of(name.replace(currency.lower(), "eur"))
            assert (field["x-unit"] == "1") is ("[" not in field["description"].split(" ")[0]), name
            if unit is not None:
                assert field["description"].startswith(f"[{field['x-unit']}]"), name


@pytest.mark.parametrize("full", [False, True])
def test_descriptions_say_what_an_instance_writes(full: bool) -> None:
    """`null`, `true` and `false`, where Python writes None, True and False."""
    said = [part["description"] for part in parts(instance_schema(full=full)) if "description" in part]
    assert any("reservation true" in text for text in said)
    assert [text for text in said if re.search(r"\b(None|True|False)\b", text)] == []


def test_units_follow_from_the_names() -> None:
    fields = dict(fields_of(instance_schema()))
    expected = {
        "energy_max_mwh": "MWh",
        "import_price_eur_per_mwh": "EUR/MWh",
        "discomfort_penalty_eur_per_kh": "EUR/(K h)",
        "standby_cost_eur_per_h": "EUR/h",
        "cycles_max_per_day": "cycles/day",
        "loss_mw_per_kelvin": "MW/K",
        "gap_rel": "1",
        "seed": "1",
    }
    assert {name: fields[name]["x-unit"] for name in expected} == expected


def test_products_are_listed_by_id_with_their_defaults() -> None:
    products = instance_schema(full=True)["properties"]["products"]
    assert list(products["properties"]) == list(product_catalogue())
    assert products["additionalProperties"]["anyOf"]
    fcr = products["properties"]["fr_fcr"]
    assert fcr["required"] == ["volume_max_mw", "capacity_price_eur_per_mw_h"]
    assert fcr["properties"]["block_h"]["default"] == 4
    assert "block_h 4" in fcr["description"]
    assert "full activation within 30 s" in fcr["description"]


def test_for_editors_products_refer_to_their_family() -> None:
    schema = instance_schema()
    products = schema["properties"]["products"]
    assert list(products["properties"]) == list(product_catalogue())
    fcr = products["properties"]["fr_fcr"]
    assert fcr["required"] == ["volume_max_mw", "capacity_price_eur_per_mw_h"]
    assert fcr["allOf"] == [{"$ref": "#/$defs/Reserve"}]
    assert "block_h 4" in fcr["description"]


# -- instances --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize(
    "text",
    [INSTANCE, *(path.read_text(encoding="utf-8") for path in SHIPPED)],
    ids=["minimal", *(path.parent.name for path in SHIPPED)],
)
def test_valid_instances_fit(text: str, full: bool) -> None:
    data = data_of(text)
    errors = validator_of(data.get("currency", "EUR"), full=full).iter_errors(data)
    assert [error.message for error in errors] == []


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.parent.name)
def test_editors_find_the_schema_of_a_shipped_instance(path: Path) -> None:
    """Its first line names a file of this repository, by a path from its own folder, in its currency."""
    text = path.read_text(encoding="utf-8")
    named = MODELINE.match(text)
    assert named is not None
    target = (path.parent / named[1]).resolve()
    currency = data_of(text).get("currency", "EUR")
    # the tests may run with the package installed elsewhere
    assert target == ROOT / "mes_stoch" / "schema" / "json" / packaged_schema(currency).name
    schema = json.loads(target.read_text(encoding="utf-8"))
    # as an editor has it: YAML 1.1 dates are text there
    data = json.loads(json.dumps(yaml.load(text, yaml.BaseLoader)))
    assert set(data) <= set(schema["properties"])


MISTAKES = {
    "another version": ("format: 1", "format: 2"),
    "unit of a key": ("    discharge_max_mw: 2", "    discharge_max_kw: 2000"),
    "a key left out": ("    initial_mwh: 2\n", ""),
    "unknown product": ("  fr_fcr:\n", "  fr_unknown:\n"),
    "a product without its volume": ("    volume_max_mw: 2\n", ""),
    "negative energy": ("energy_max_mwh: 4", "energy_max_mwh: -4"),
    "blank in a name": ("  wards:\n", "  ward 1:\n"),
    "misspelt key of a component": ("    charge_max_mw: 2\n    dis", "    chrage_max_mw: 2\n    dis"),
    "unknown section": ("products:\n", "prodcuts: {}\nproducts:\n"),
    "unknown kind": ("    type: storage", "    type: battery"),
    "no kind": ("    type: storage\n", ""),
    "text for a number": ("energy_max_mwh: 4", "energy_max_mwh: four"),
    "number in quotes": ("    charge_max_mw: 2\n    dis", '    charge_max_mw: "2"\n    dis'),
    "unit with a number": ("energy_max_mwh: 4", "energy_max_mwh: 4 MWh"),
    "series in another unit": ("demand_mw: wards_demand_mw", "demand_mw: wards_demand_kw"),
    "series of another quantity": ("price_eur_per_mwh: id_price_eur_per_mwh", "price_eur_per_mwh: id_volume_mwh"),
    "list for a mapping": ("  power: {carrier: electricity}", "  - power"),
    "one product in place of a list": ("provides: [fr_fcr]", "provides: fr_fcr"),
    "no periods": ("  periods: 8", "  periods: 0"),
    "half a period": ("  periods: 8", "  periods: 8.5"),
    "no nodes": ("nodes:\n  power: {carrier: electricity}", "nodes: {}"),
    "kind of uncertainty": ("  kind: explicit", "  kind: random"),
    "negative probability": ("    calm: 0.75", "    calm: -0.75"),
    "efficiency above one": ("    initial_mwh: 2\n", "    initial_mwh: 2\n    charge_efficiency_per_unit: 95\n"),
    "a product without its price": ("    capacity_price_eur_per_mw_h: 12\n", ""),
    "the family of another": ("  fr_fcr:\n", "  fr_fcr:\n    family: energy\n"),
    "a rule of another family": ("    liquidity_mw: 1\n", "    liquidity_mw: 1\n    sustain_h: 1\n"),
    "a gate that is no time": ("    liquidity_mw: 1\n", "    liquidity_mw: 1\n    gate: noon\n"),
    "solver that does not exist": ("series: series.csv", "series: series.csv\nsolve: {method: benders}"),
    "currency in small letters": ("name: minimal", "name: minimal\ncurrency: aud"),
}


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("name", MISTAKES)
def test_typical_mistakes_do_not_fit(name: str, full: bool) -> None:
    old, new = MISTAKES[name]
    assert INSTANCE.count(old) == 1
    assert not validator_of(full=full).is_valid(data_of(INSTANCE.replace(old, new)))


def test_a_mistake_is_told_where_it_is() -> None:
    """The best of the errors names the key, not the whole section."""
    data = data_of(INSTANCE.replace("discharge_max_mw", "discharge_max_kw"))
    data["products"]["fr_fcr"]["volume_mx_mw"] = data["products"]["fr_fcr"].pop("volume_max_mw")
    errors = list(validator_of().iter_errors(data))
    found = {".".join(map(str, error.absolute_path)): error for error in errors}
    assert set(found) == {"components.battery", "products.fr_fcr"}
    told = {error.message for error in errors if error.absolute_path[0] == "products"}
    assert any("volume_mx_mw" in message for message in told)
    assert "'volume_max_mw' is a required property" in told


# -- command ----------------------------------------------------------------------------------------------------------


def test_the_command_prints_it() -> None:
    printed = CliRunner().invoke(command_line, ["validate", "--schema"], catch_exceptions=False)
    assert json.loads(printed.output) == instance_schema()
    whole = CliRunner().invoke(command_line, ["validate", "--schema", "--full"], catch_exceptions=False)
    assert json.loads(whole.output) == instance_schema(full=True)
    assert len(whole.output) > 3 * len(printed.output)
