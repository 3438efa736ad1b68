"""The schema as files: those of this package, and one beside an instance."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from mes_stoch.io.json_schema.instance import instance_schema
from mes_stoch.io.json_schema.text import json_text
from mes_stoch.schema.units import FORMAT_CURRENCY

#: Currencies of the instances of the repository.
PACKAGED_CURRENCIES = (FORMAT_CURRENCY, "AUD")
#: The file beside an instance that `mes-stoch new` writes.
BESIDE = "instance.schema.json"


def packaged_schema(currency: str = FORMAT_CURRENCY) -> Path:
    """The file of the package for instances in a currency; ``scripts/format_files.py`` writes it."""
    code = "" if currency == FORMAT_CURRENCY else f".{currency.lower()}"
    return Path(str(files("mes_stoch"))) / "schema" / "json" / f"instance{code}.schema.json"


def schema_text(currency: str) -> str:
    """Content of such a file."""
    return json_text(instance_schema(currency))


def editor_line(schema_path: str) -> str:
    """First line of an instance, by which editors with a YAML language server find its schema.

    The path is relative to the instance: it needs no network, and a folder with a file of its own may be moved.

    >>> editor_line("instance.schema.json")
    '# yaml-language-server: $schema=instance.schema.json'
    """
    return f"# yaml-language-server: $schema={schema_path}"
