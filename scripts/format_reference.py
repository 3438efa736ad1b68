"""The reference of the instance format as Markdown, from the JSON Schema, the catalogue and the registry of processes.

``scripts/format_files.py`` writes it to docs/format.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from mes_stoch.io.catalogue.products import product_catalogue
from mes_stoch.io.json_schema.fields import describe
from mes_stoch.io.json_schema.instance import instance_schema
from mes_stoch.io.json_schema.tidy import parts, tidy
from mes_stoch.registry import PROCESS_PARTS, PROCESSES, kinds
from mes_stoch.schema.base import Model
from mes_stoch.schema.units import UNIT_WORDS

Schema = Mapping[str, Any]

_HEAD = """\
# The instance format

Every key of `instance.yaml`, from the JSON Schema that editors use (`mes-stoch validate --schema`). Written by
`python scripts/format_files.py`: change descriptions where the fields are defined, not here. What the sections mean
together is in [model.md](model.md) and [products.md](products.md), how to begin in `mes-stoch new --help`.

A field whose type says **or series** takes a number, or the name of a column (of `series.csv`, of the scenarios' CSV,
or of what the process draws) that ends in the same unit. Amounts are shown in euros: an instance with `currency: AUD`
writes `aud` for `eur` in keys and series. A key marked *required* must be written. Units are the ends of names:

"""
_LIMITS = (
    ("minimum", "at least {:g}"),
    ("exclusiveMinimum", "above {:g}"),
    ("maximum", "at most {:g}"),
    ("exclusiveMaximum", "below {:g}"),
    ("multipleOf", "a multiple of {:g}"),
)
_TAGS = ("type", "family", "kind", "measure")


def reference() -> str:
    """The whole document."""
    return "\n".join([_HEAD + _units(), *_sections(instance_schema()), *_products(), *_processes(), *_fitted_parts()])


def _units() -> str:
    return ", ".join(f"`{name}` {words}" for name, words in UNIT_WORDS.items()) + ".\n"


def _sections(schema: Schema) -> Iterator[str]:
    definitions = schema["$defs"]
    yield "## Sections\n"
    yield from _table(schema, definitions)
    seen: set[str] = set()
    for section, field in schema["properties"].items():
        # families first: known products refer to them
        entries = field["additionalProperties"] if section == "products" else field
        found = [name for name in _referred(entries, definitions) if name not in seen]
        seen.update(found)
        if found:
            yield f"## The section {section}\n"
            yield f"{field['description']}\n"
        for name in found:
            yield from _definition(name, definitions)


def _referred(part: Any, definitions: Mapping[str, Schema], found: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Names of definitions below a schema, kinds before the parts that they are made of."""
    own = [inner["$ref"].rpartition("/")[2] for inner in parts(part) if "$ref" in inner]
    new = tuple(dict.fromkeys(name for name in own if name not in found))
    found += tuple(name for name in new if not name.startswith("field_"))
    for name in new:
        found = _referred(definitions[name], definitions, found)
    return found


def _definition(name: str, definitions: Mapping[str, Schema]) -> Iterator[str]:
    definition = definitions[name]
    yield f"### {_title(name, definitions)}\n"
    said = definition.get("description") or _tag(definition)[2]
    yield f"{said}\n"
    yield from _table(definition, definitions)


def _tag(definition: Schema) -> tuple[str, str, str]:
    """The key that says which kind a definition is, its value and what the kind is."""
    for key in _TAGS:
        field = definition.get("properties", {}).get(key, {})
        if "const" in field:
            return key, field["const"], field["description"].replace(" A known id says it.", "")
    return "", "", ""


def _title(name: str, definitions: Mapping[str, Schema]) -> str:
    key, tag, _ = _tag(definitions[name])
    return f"`{key}: {tag}`" if key else re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).capitalize()


def _table(owner: Schema, definitions: Mapping[str, Schema]) -> Iterator[str]:
    yield "| key | unit | type | default | meaning |"
    yield "|---|---|---|---|---|"
    for key, written in owner["properties"].items():
        field = _field(written, definitions)
        unit = field.get("x-unit", "")
        meaning = field.get("description", "").removeprefix(f"[{unit}] ").replace("|", "\\|")
        if "default" in field:
            default = f"`{json.dumps(field['default'])}`"
        else:
            default = "*required*" if key in owner.get("required", ()) else ""
        shown = "" if unit == "1" else unit
        yield f"| `{key}` | {shown} | {_type(field, definitions)} | {default} | {meaning} |"
    yield ""


def _field(written: Schema, definitions: Mapping[str, Schema]) -> Schema:
    """A field with what several definitions share of it."""
    name = str(written.get("$ref", "")).rpartition("/")[2]
    return definitions[name] if name.startswith("field_") else written


def _type(field: Schema, definitions: Mapping[str, Schema]) -> str:
    if "$ref" in field:
        title = _title(field["$ref"].rpartition("/")[2], definitions)
        return f"[{title}](#{_anchor(title)})"
    for keyword in ("anyOf", "oneOf"):
        if keyword in field:
            return " or ".join(dict.fromkeys(_type(option, definitions) for option in field[keyword]))
    if "const" in field:
        return f"`{json.dumps(field['const'])}`"
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    kind = field.get("type", "")
    if kind == "array":
        return f"list of {_type(field.get('items', {}), definitions)}"
    if kind == "object":
        if "properties" in field:
            return "by name: a known product, or one of a family"
        inner = [*field.get("patternProperties", {}).values(), field.get("additionalProperties")]
        entry = next((option for option in inner if isinstance(option, dict)), {})
        return f"by name: {_type(entry, definitions)}" if entry else "mapping"
    return _plain_type([kind] if isinstance(kind, str) else list(kind), field)


def _plain_type(kinds_of_value: list[str], field: Schema) -> str:
    series = "number" in kinds_of_value and str(field.get("pattern", "")).startswith("(^|_)")
    words = {
        "string": "series" if series else "text",
        "boolean": "true, false",
        "number": "number",
        "integer": "integer",
    }
    limits = [text.format(field[name]) for name, text in _LIMITS if name in field]
    found = [words.get(kind, kind) for kind in kinds_of_value]
    return " or ".join(found) + (f", {', '.join(limits)}" if limits else "")


def _anchor(title: str) -> str:
    """The name that Markdown gives a heading."""
    return re.sub(r"[^a-z0-9_ -]", "", title.lower()).replace(" ", "-")


def _products() -> Iterator[str]:
    yield "## Known products\n"
    yield "Rules and sources: `mes-stoch validate --products --long`. A product of your own says `like:` one of"
    yield "these, or `family:`.\n"
    yield "| id | family | keys that an instance must give |"
    yield "|---|---|---|"
    listed = instance_schema()["properties"]["products"]["properties"]
    for product, defaults in product_catalogue().items():
        if product in listed:
            needed = ", ".join(f"`{key}`" for key in listed[product]["required"])
            yield f"| `{product}` | {defaults['family']} | {needed or 'none'} |"
    yield ""


def _processes() -> Iterator[str]:
    yield "## Parameters of scenario processes\n"
    yield "What `uncertainty.parameters` can say of the processes of this package; how they draw is told in"
    yield "mes_stoch/uncertainty/processes. `[P]` is a published figure, `[B]` general knowledge, `[placeholder]` has"
    yield "no source: replace it.\n"
    told: dict[str, set[str]] = {}
    built_in = {tag: kind.process() for tag, kind in kinds(PROCESSES).items() if kind.is_built_in}
    models = {tag: process.Parameters for tag, process in built_in.items() if hasattr(process, "Parameters")}
    for tag, model in sorted(models.items(), key=lambda entry: len(entry[1].model_fields)):
        if not model.model_fields:
            continue
        schema = _tidied(model)
        rows = list(_table(schema, schema.get("$defs", {})))
        # one that is made of another has the other's parameters, word for word
        base = next((other for other, known in told.items() if known <= set(rows)), None)
        told[tag] = set(rows)
        yield f"### `process: {tag}`\n"
        if base is not None:
            yield f"Those of `{base}`, and:\n"
            rows = [*rows[:2], *(row for row in rows[2:] if row and row not in told[base]), ""]
        yield from rows


def _fitted_parts() -> Iterator[str]:
    yield "## Parts of fitted processes\n"
    yield "Options of the parts that `mes-stoch fit` fits, by `kind` ([uncertainty.md](uncertainty.md)).\n"
    told = instance_schema()["$defs"]
    inner: dict[str, tuple[Schema, Mapping[str, Schema]]] = {}
    for tag, kind in kinds(PROCESS_PARTS).items():
        if kind.is_built_in:
            schema = _tidied(kind.process_part().Options)
            yield f"### `kind: {tag}`\n"
            yield f"{schema['description']}\n"
            own = schema.get("$defs", {})
            yield from _table(schema, own)
            inner |= {name: (definition, own) for name, definition in own.items() if name not in told}
    for name, (_, own) in sorted(inner.items()):
        yield from _definition(name, own)


def _tidied(model: type[Model]) -> dict[str, Any]:
    schema = model.model_json_schema()
    tidy(schema)
    describe(schema, briefly=True)
    return schema
