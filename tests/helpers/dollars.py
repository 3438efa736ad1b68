"""An instance turned into one in Australian dollars, as a person would write it."""

from __future__ import annotations

import re
from pathlib import Path

_MONEY = re.compile(r"(?<=_)eur(?=_per_|\b)")


def in_dollars(text: str) -> str:
    """The text of ``instance.yaml`` or of a CSV file with ``aud`` in the place of every ``eur``."""
    return _MONEY.sub("aud", text)


def tiny_site_in_dollars(source: Path, target: Path) -> Path:
    """``instances/tiny_site`` with the same amounts in dollars; it gives its penalties itself."""
    target.mkdir()
    for file in source.iterdir():
        if file.suffix in (".csv", ".yaml"):
            (target / file.name).write_text(in_dollars(file.read_text(encoding="utf-8")), encoding="utf-8")
    path = target / "instance.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("name: tiny_site\n", "name: tiny_site\ncurrency: AUD\n", 1), encoding="utf-8")
    return target
