"""The instance format as JSON Schema, for editors and for programs in other languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mes_stoch.io.catalogue.products import product_catalogue
from mes_stoch.io.json_schema.fields import describe
from mes_stoch.io.json_schema.products import products_by_family, products_in_full
from mes_stoch.io.json_schema.tidy import share_fields, tidy, without
from mes_stoch.io.readers.currency import is_amount
from mes_stoch.registry import COMPONENTS, PRODUCT_FAMILIES, RISK_MEASURES, Group, kinds
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.units import FORMAT_CURRENCY, in_currency

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
#: A name, not an address: nothing is published under an address so far.
_NAME = "urn:mes-stoch:instance:1"


def instance_schema(currency: str = FORMAT_CURRENCY, *, plugins: bool = False, full: bool = False) -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of ``instance.yaml`` as a user may write it.

    Every field has a description and, where it takes numbers, its unit: ``x-unit`` and, in brackets, the beginning of
    the description. Products are listed by id, and what the catalogue knows of one is not required. What a schema
    cannot say (references, balances, blocks, series) is checked by :func:`mes_stoch.io.instance.read_instance`.

    Parameters
    ----------
    currency : str
        Three capital letters. Keys of money carry its code; amounts that the catalogue knows in euros are defaults of
        instances in euros alone.
    plugins : bool
        Whether kinds that installed packages bring are described too.
    full : bool
        Whether each product is written out with the catalogue's defaults and sources; otherwise it refers to its
        family, and the description names the defaults: about a seventh of the size, which editors load without delay.

    Returns
    -------
    dict
        Plain JSON data.
    """
    schema = Instance.model_json_schema()
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
    tidy(schema)
    describe(schema, briefly=not full)
    schema = spelled(schema, currency)
    definitions = schema["$defs"]
    catalogue = {
        name: _known(known, currency) for name, known in product_catalogue().items() if known["family"] in families
    }
    listed = products_in_full if full else products_by_family
    schema["properties"]["products"] = listed(definitions, families, catalogue)
    for name in set(definitions) - _reachable(without(schema, "$defs"), definitions):
        del definitions[name]
    if not full:
        share_fields(schema)
    title = "mes_stoch instance, format 1"
    name = _NAME
    if currency != FORMAT_CURRENCY:
        schema["properties"]["currency"] = {"const": currency, "description": "Currency of every amount."}
        schema["required"] = [*schema["required"], "currency"]
        title += f", in {currency}"
        name += f":{currency.lower()}"
    return {"$schema": _DIALECT, "$id": name, "title": title, **schema}


def spelled(part: Any, currency: str) -> Any:
    """Names of keys, and the sentences about them, as an instance in a currency writes them."""
    if isinstance(part, dict):
        return {in_currency(name, currency): spelled(item, currency) for name, item in part.items()}
    if isinstance(part, list):
        return [spelled(item, currency) for item in part]
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
            else:
                found = _reachable(item, definitions, found)
    return found
