"""The units that docs/model.md writes out are sound as they stand there."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest
import yaml
from site_folder import SiteFolder

CARRIERS = {"warm": "heat", "cool": "cooling", "fuel": "gas", "h2": "hydrogen"}


@pytest.mark.parametrize(
    ("section", "names"),
    [
        ("Part load", ["electrolyser", "chiller", "boiler", "fuel_cell"]),
        ("Combined heat and power", ["turbine"]),
    ],
)
def test_units_of_a_section(site: SiteFolder, repository: Path, section: str, names: list[str]) -> None:
    text = (repository / "docs" / "model.md").read_text(encoding="utf-8")
    own = re.search(rf"^## {section}\n(.*?)^## ", text, re.MULTILINE | re.DOTALL)
    assert own is not None
    blocks = re.findall(r"(?:^    [^\n]*\n)+", own[1], re.MULTILINE)
    units = "".join(textwrap.dedent(block) for block in blocks if "type:" in block)
    assert list(yaml.safe_load(units)) == names
    networks = "".join(
        f"  {node}_network: {{type: grid_connection, node: {node}, import_max_mw: 9, export_max_mw: 9, "
        "import_price_eur_per_mwh: 90}\n"
        for node in CARRIERS
    )
    nodes = "".join(f"  {node}: {{carrier: {carrier}}}\n" for node, carrier in CARRIERS.items())
    site.edit("carriers: [electricity]", f"carriers: [electricity, {', '.join(CARRIERS.values())}]")
    site.edit("  power: {carrier: electricity}\n", f"  power: {{carrier: electricity}}\n{nodes}")
    site.edit("products:\n", f"{networks}{textwrap.indent(units, '  ')}products:\n")
    assert set(names) < set(site.read().instance.components)
