"""The instance format as JSON Schema, for editors and for programs in other languages."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from mes_stoch.io.catalogue.products import product_catalogue
from mes_stoch.io.readers.currency import is_amount
from mes_stoch.registry import COMPONENTS, PRODUCT_FAMILIES, RISK_MEASURES, Group, kinds
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.units import FORMAT_CURRENCY, in_currency

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def instance_schema(currency: str = FORMAT_CURRENCY, *, plugins: bool = False) -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of ``instance.yaml`` as a user may write it.

    Products are listed by id. What the catalogue knows of a product is not required, and stands as the default; its
    source is the description. What a schema cannot say (references, balances, blocks, series) is checked by
    :func:`mes_stoch.io.instance.read_instance`.

    Parameters
    ----------
    currency : str
        Three capital letters. Keys of money carry its code; amounts that the catalogue knows in euros are defaults of
        instances in euros alone.
    plugins : bool
        Whether kinds that installed packages bring are described too.

    Returns
    -------
    dict
        Plain JSON data.
    """
    schema = _spelled(Instance.model_json_schema(), currency)
    definitions = schema["$defs"]
    components = _entries(schema["properties"]["components"])
    families = _definition_names(_entries(schema["properties"]["products"]))
    if not plugins:
        own = _built_in(_definition_names(components), COMPONENTS)
        components["oneOf"] = [{"$ref": f"#/$defs/{name}"} for name in own.values()]
        families = _built_in(families, PRODUCT_FAMILIES)
        measures = next(option for option in schema["properties"]["risk"]["anyOf"] if "oneOf" in option)
        own = _built_in(_definition_names(measures), RISK_MEASURES)
        measures["oneOf"] = [{"$ref": f"#/$defs/{name}"} for name in own.values()]
    catalogue = {name: known for name, known in product_catalogue().items() if known["family"] in families}
    schema["properties"]["products"] = {
        "type": "object",
        "description": "What the site sells, by product id; each takes its market rules from the catalogue.",
        "properties": {
            name: _product_schema(definitions[families[defaults["family"]]], _known(defaults, currency))
            for name, defaults in catalogue.items()
        },
        "propertyNames": {"pattern": "^[A-Za-z][A-Za-z0-9_]*$"},
        "additionalProperties": {
            "description": "A product of the instance's own: like a known one, or of a family with all its rules.",
            "anyOf": [
                option for tag, name in families.items() for option in _own_product(tag, definitions[name], catalogue)
            ],
        },
        "default": {},
    }
    for name in set(definitions) - _reachable(_without(schema, "$defs"), definitions):
        del definitions[name]
    _tidy(schema)
    title = "mes_stoch instance, format 1"
    if currency != FORMAT_CURRENCY:
        schema["properties"]["currency"] = {"const": currency, "description": "Currency of every amount."}
        schema["required"] = [*schema["required"], "currency"]
        title += f", in {currency}"
    return {"$schema": _DIALECT, "title": title, **_without(schema, "title")}


def _spelled(part: Any, currency: str) -> Any:
    """Names of keys, and the sentences about them, as an instance in a currency writes them."""
    if isinstance(part, dict):
        return {in_currency(name, currency): _spelled(item, currency) for name, item in part.items()}
    if isinstance(part, list):
        return [_spelled(item, currency) for item in part]
    return in_currency(part, currency) if isinstance(part, str) else part


def _known(defaults: Mapping[str, Any], currency: str) -> dict[str, Any]:
    """What the catalogue knows of a product in a currency."""
    own = currency == FORMAT_CURRENCY
    return {in_currency(key, currency): value for key, value in defaults.items() if own or not is_amount(key, value)}


def _entries(section: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of the entries of a mapping whose keys follow one pattern."""
    union: dict[str, Any] = next(iter(section["patternProperties"].values()))
    return union


def _definition_names(union: Mapping[str, Any]) -> dict[str, str]:
    """Names of the definitions of a union of kinds, by tag."""
    mapping: Mapping[str, str] = union["discriminator"]["mapping"]
    return {tag: reference.rpartition("/")[2] for tag, reference in mapping.items()}


def _built_in(names: Mapping[str, str], group: Group) -> dict[str, str]:
    known = kinds(group)
    return {tag: name for tag, name in names.items() if known[tag].is_built_in}


def _reachable(part: Any, definitions: Mapping[str, Any], found: frozenset[str] = frozenset()) -> frozenset[str]:
    """Names of the definitions that a part of a schema leads to."""
    if isinstance(part, list):
        for item in part:
            found = _reachable(item, definitions, found)
    elif isinstance(part, dict):
        for key, item in part.items():
            if key == "$ref":
                name = str(item).rpartition("/")[2]
                if name not in found:
                    found = _reachable(definitions[name], definitions, found | {name})
            elif key != "discriminator":
                found = _reachable(item, definitions, found)
    return found


def _own_product(
    tag: str, family: Mapping[str, Any], catalogue: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """A product under an id of the user's own: complete, or like one of the catalogue's products of the family."""
    complete = deepcopy(dict(family))
    complete["properties"]["family"] = {"const": tag}
    complete["required"] = [*(key for key in complete.get("required", []) if key != "family"), "family"]
    known = [name for name, defaults in catalogue.items() if defaults["family"] == tag]
    if not known:
        return [complete]
    like = deepcopy(complete)
    like["properties"]["like"] = {"enum": known, "description": "The product whose rules hold where none is given."}
    # which rules are left open depends on the product it is like: reading the instance checks that
    like["required"] = ["like"]
    return [complete, like]


def _product_schema(family: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    schema = deepcopy(family)
    for key, value in defaults.items():
        schema["properties"][key]["default"] = value
    schema["properties"]["family"] = {"const": defaults["family"], "description": "Known from the id; leave it out."}
    schema["required"] = [key for key in family.get("required", []) if key not in defaults]
    rules = ", ".join(f"{key} {value}" for key, value in defaults.items() if key not in ("family", "source"))
    schema["description"] = f"Defaults: {rules or 'none'}. Sources: {defaults.get('source', 'none')}"
    return schema


def _tidy(schema: Any) -> None:
    """Take out what says nothing: titles that repeat the key, OpenAPI's discriminator, which JSON Schema lacks."""
    if isinstance(schema, list):
        for item in schema:
            _tidy(item)
        return
    if not isinstance(schema, dict):
        return
    # `properties` maps keys of the format, one of which may be called title
    for name, item in schema.items():
        if name in ("properties", "$defs"):
            for entry in item.values():
                _tidy(entry)
        elif name not in ("default", "const", "enum"):
            _tidy(item)
    if "patternProperties" in schema:
        schema.setdefault("additionalProperties", False)
    if {"type": "number"} in schema.get("anyOf", []):
        # every integer is a number to JSON Schema
        schema["anyOf"] = [option for option in schema["anyOf"] if option != {"type": "integer"}]
    if isinstance(schema.get("title"), str):
        del schema["title"]
    if isinstance(schema.get("discriminator"), dict):
        del schema["discriminator"]


def _without(schema: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if name != key}
