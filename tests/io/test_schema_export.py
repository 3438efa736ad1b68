"""The exported JSON Schema says what a user may write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from site_folder import INSTANCE

from mes_stoch.io.catalogue.products import product_catalogue
from mes_stoch.io.readers.yaml_lines import Document, parse_yaml
from mes_stoch.io.schema_export import instance_schema

SHIPPED = sorted((Path(__file__).parents[2] / "instances").glob("*/instance.yaml"))


def data_of(text: str) -> Any:
    document = Document("instance.yaml")
    parse_yaml(text, document)
    return document.data


def test_it_is_plain_json_of_the_named_draft() -> None:
    schema = instance_schema()
    assert json.loads(json.dumps(schema)) == schema
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_every_reference_resolves() -> None:
    schema = instance_schema()

    def references(part: Any) -> list[str]:
        if isinstance(part, dict):
            own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
            return own + [entry for item in part.values() for entry in references(item)]
        return [entry for item in part for entry in references(item)] if isinstance(part, list) else []

    found = references(schema)
    assert found
    assert {name.removeprefix("#/$defs/") for name in found} == set(schema["$defs"])


def test_products_are_listed_by_id_with_their_defaults() -> None:
    products = instance_schema()["properties"]["products"]
    assert list(products["properties"]) == list(product_catalogue())
    assert products["additionalProperties"]["anyOf"]
    fcr = products["properties"]["fr_fcr"]
    assert fcr["required"] == ["volume_max_mw", "capacity_price_eur_per_mw_h"]
    assert fcr["properties"]["block_h"]["default"] == 4
    assert "block_h 4" in fcr["description"]
    assert "full activation within 30 s" in fcr["description"]


def test_calling_it_twice_gives_the_same() -> None:
    assert instance_schema() == instance_schema()


@pytest.mark.parametrize("text", [INSTANCE, *(path.read_text(encoding="utf-8") for path in SHIPPED)])
def test_valid_instances_fit(text: str) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    data = data_of(text)
    schema = instance_schema(data.get("currency", "EUR"))
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    assert [error.message for error in validator.iter_errors(data)] == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("format: 1", "format: 2"),
        ("    discharge_max_mw: 2", "    discharge_max_kw: 2000"),
        ("    initial_mwh: 2\n", ""),
        ("  fr_fcr:\n", "  fr_unknown:\n"),
        ("    volume_max_mw: 2\n", ""),
        ("energy_max_mwh: 4", "energy_max_mwh: -4"),
        ("  wards:\n", "  ward 1:\n"),
    ],
)
def test_invalid_instances_do_not(old: str, new: str) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    assert INSTANCE.count(old) == 1
    validator = jsonschema.Draft202012Validator(instance_schema())
    assert not validator.is_valid(data_of(INSTANCE.replace(old, new)))
