"""The product catalogue: market rules that fill what an instance leaves out."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from mes_stoch.io.yaml_lines import Document, parse_yaml
from mes_stoch.schema.errors import ModelError


@cache
def product_catalogue() -> dict[str, dict[str, Any]]:
    """Defaults by product id, in the order of the catalogue files; treat as read-only.

    >>> product_catalogue()["fr_fcr"]["block_h"]
    4
    """
    catalogue: dict[str, dict[str, Any]] = {}
    folder = files("mes_stoch.schema") / "catalogue"
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if not entry.name.endswith(".yaml"):
            continue
        document = Document(entry.name)
        parse_yaml(entry.read_text(encoding="utf-8"), document)
        if document.issues or not isinstance(document.data, dict):
            raise ModelError(f"the product catalogue is damaged: {document.issues or entry.name}")
        catalogue.update(document.data)
    return catalogue
