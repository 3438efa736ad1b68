"""Data written as YAML that reads as the same data.

PyYAML quotes what YAML 1.1 would take for something else than text; the files of an instance are read by the rules of
YAML 1.2 (:mod:`mes_stoch.io.readers.yaml_lines`), in which a plain ``1e3`` is a number.
"""

from __future__ import annotations

from typing import Any

import yaml

from mes_stoch.io.readers.yaml_lines import Document, parse_yaml


class _Dumper(yaml.SafeDumper):
    """Quotes text that would be read as no text."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    document = Document("")
    if text and "\n" not in text and not text.isidentifier():
        parse_yaml(text, document)
    is_plain = document.data is None or document.data == text
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if is_plain else '"')


_Dumper.add_representer(str, _text)


def yaml_text(data: Any) -> str:
    """Plain data as YAML, keys in their order.

    >>> print(yaml_text({"name": "1e3", "start": "2025-01-15T00:00", "on": True}), end="")
    name: "1e3"
    start: 2025-01-15T00:00
    'on': true
    """
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True)
