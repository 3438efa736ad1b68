"""The section `products`: each known product by its id, with what the catalogue knows of it as defaults."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from mes_stoch.io.catalogue.products import ABOUT_A_PRODUCT
from mes_stoch.io.json_schema.tidy import Schema

_WHAT = "What the site sells, by product id; each takes its market rules from the catalogue."
_OWN = "A product of the instance's own: like a known one, or of a family with all its rules."
_FAMILY = "Known from the id; leave it out."
_LIKE = "The known product whose rules hold where none is given."


def products_by_family(
    definitions: dict[str, Schema], families: Mapping[str, str], catalogue: Mapping[str, Mapping[str, Any]]
) -> Schema:
    """Each product refers to the definition of its family; defaults of the catalogue are told in words.

    Parameters
    ----------
    definitions : dict
        Definitions of the schema; those of families get the keys `family` and `like` of products with an id of their
        own, and require no more than every product does.
    families : mapping
        Names of the definitions of families, by tag.
    catalogue : mapping
        What is known of each product, by id.
    """
    required = {tag: _required(definitions[name]) for tag, name in families.items()}
    # at each product instead: an editor that shows a product would show the family alone
    meaning = {tag: definitions[name].pop("description") for tag, name in families.items()}
    for tag, name in families.items():
        known = [product for product, defaults in catalogue.items() if defaults["family"] == tag]
        family = definitions[name]
        family["properties"]["family"] = {"const": tag, "description": f"{meaning[tag]} A known id says it."}
        if known:
            family["properties"]["like"] = {"enum": known, "description": _LIKE}
        always = [set(required[tag]) - catalogue[product].keys() for product in known]
        family["required"] = [key for key in required[tag] if all(key in left for left in always)] if known else []
    listed = {}
    for product, defaults in catalogue.items():
        family = _reference(families[defaults["family"]])
        left = [key for key in required[defaults["family"]] if key not in defaults]
        said = f"{meaning[defaults['family']]} {_rules_in_words(defaults)}"
        listed[product] = {"description": said, "allOf": [family], "required": left}
    own = []
    for tag, name in families.items():
        own.append({"allOf": [_reference(name)], "required": [*required[tag], "family"]})
        if "like" in definitions[name]["properties"]:
            # which rules are left open depends on the product it is like: reading the instance checks that
            own.append({"allOf": [_reference(name)], "required": ["like"]})
            definitions[name]["required"] = []
    return _section(listed, own)


def products_in_full(
    definitions: Mapping[str, Schema], families: Mapping[str, str], catalogue: Mapping[str, Mapping[str, Any]]
) -> Schema:
    """Each product written out, with defaults of the catalogue as defaults, and its sources in the description."""
    listed = {}
    for product, defaults in catalogue.items():
        listed[product] = _written_out(definitions[families[defaults["family"]]], defaults)
    own = []
    for tag, name in families.items():
        known = [product for product, defaults in catalogue.items() if defaults["family"] == tag]
        own += _own_written_out(tag, definitions[name], known)
    return _section(listed, own)


def _section(listed: Mapping[str, Schema], own: list[Schema]) -> Schema:
    return {
        "type": "object",
        "description": _WHAT,
        "properties": dict(listed),
        "propertyNames": {"pattern": "^[A-Za-z][A-Za-z0-9_]*$"},
        "additionalProperties": {"description": _OWN, "anyOf": own},
        "default": {},
    }


def _required(family: Schema) -> list[str]:
    """Keys that a product of a family must have, beside the family itself."""
    return [key for key in family.get("required", []) if key != "family"]


def _reference(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _rules_in_words(defaults: Mapping[str, Any]) -> str:
    rules = ", ".join(f"{key} {_in_yaml(value)}" for key, value in defaults.items() if key not in ABOUT_A_PRODUCT)
    left = [key for key in defaults.get("placeholders", []) if key in defaults]
    unsourced = f" Without a published source: {', '.join(left)}." if left else ""
    return f"Family {defaults['family']}. Defaults: {rules or 'none'}.{unsourced}"


def _in_yaml(value: Any) -> str:
    """A value as an instance writes it; texts without quotes, since a sentence is around them."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _written_out(family: Schema, defaults: Mapping[str, Any]) -> Schema:
    schema = deepcopy(family)
    for key, value in defaults.items():
        schema["properties"][key]["default"] = value
    schema["properties"]["family"] = {"const": defaults["family"], "description": _FAMILY}
    schema["required"] = [key for key in family.get("required", []) if key not in defaults]
    schema["description"] = f"{_rules_in_words(defaults)} Sources: {defaults.get('source', 'none')}"
    return schema


def _own_written_out(tag: str, family: Schema, known: list[str]) -> list[Schema]:
    """A product under an id of the user's own: complete, or like one of the catalogue's products of the family."""
    complete = deepcopy(family)
    complete["properties"]["family"] = {"const": tag, "description": f"The family {tag}."}
    complete["required"] = [*_required(complete), "family"]
    if not known:
        return [complete]
    like = deepcopy(complete)
    like["properties"]["like"] = {"enum": known, "description": _LIKE}
    like["required"] = ["like"]
    return [complete, like]
