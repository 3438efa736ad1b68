"""Products that the catalogue does not know: of an instance's own, and of installed packages."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from site_folder import SiteFolder

from mes_stoch.io.catalogue.products import product_catalogue
from mes_stoch.io.json_schema.instance import instance_schema
from mes_stoch.products.flexibility.format import Reserve
from mes_stoch.schema.errors import InstanceError
from mes_stoch.schema.kinds import product_classes

INSTANCE = """\
format: 1
name: own
horizon: {start: 2025-01-15T00:00, timezone: Europe/Paris, period_h: 1, periods: 4}
carriers: [electricity]
nodes:
  power: {carrier: electricity}
components:
  grid: {type: grid_connection, node: power, import_max_mw: 10, export_max_mw: 10}
  process:
    type: sheddable_demand
    node: power
    demand_mw: 2
    shed_cost_eur_per_mwh: 0
    provides: [PRODUCT]
products:
  da: {price_eur_per_mwh: 0, settlement_period_h: 1}
  imbalance: {price_long_eur_per_mwh: 0, price_short_eur_per_mwh: 100}
  PRODUCT: {RULES}
bids: {minimum: false, steps: false}
uncertainty: {kind: explicit}
"""
SCENARIOS = "scenario,time\n" + "".join(f"only,2025-01-15T{hour:02d}:00\n" for hour in range(4))
TERMS = "volume_max_mw: 1.5, capacity_price_eur_per_mw_h: 10, activation_up_per_unit: 0"
COMPLETE = (
    "family: reserve, direction: up, block_h: 4, full_activation_time_s: 60, sustain_h: 0, "
    "shortfall_penalty_eur_per_mw_h: 20, missed_penalty_eur_per_mwh: 100, " + TERMS
)


def write(folder: Path, product: str, rules: str) -> SiteFolder:
    text = INSTANCE.replace("PRODUCT", product).replace("RULES", rules)
    (folder / "instance.yaml").write_text(text, encoding="utf-8")
    (folder / "scenarios.csv").write_text(SCENARIOS, encoding="utf-8")
    return SiteFolder(folder)


@pytest.mark.parametrize(
    ("rules", "block_h", "time_s"),
    [
        (f"like: fr_afrr_up, {TERMS}", 4, 300),
        # what is said goes before what it is like
        (f"like: fr_afrr_up, block_h: 2, full_activation_time_s: 90, {TERMS}", 2, 90),
        (COMPLETE, 4, 60),
    ],
)
def test_a_product_of_the_instances_own(tmp_path: Path, rules: str, block_h: float, time_s: float) -> None:
    product = write(tmp_path, "town_reserve", rules).read().instance.products["town_reserve"]
    assert isinstance(product, Reserve)
    assert (product.block_h, product.full_activation_time_s, product.volume_max_mw) == (block_h, time_s, 1.5)


@pytest.mark.parametrize(
    ("rules", "key", "words"),
    [
        (TERMS, "products.town_reserve", ("the id of a product", "like: <known product>")),
        (f"like: fr_affr_up, {TERMS}", "products.town_reserve.like", ("fr_affr_up", "fr_afrr_up")),
        (f"family: reserv, {TERMS}", "products.town_reserve.family", ("reserv",)),
        (f"family: reserve, direction: up, {TERMS}", "products.town_reserve.block_h", ("nothing",)),
        (
            f"like: fr_afrr_up, family: energy, {TERMS}",
            "products.town_reserve.family",
            ("reserve", "leave the key out"),
        ),
        (f"like: fr_afrr_up, blok_h: 2, {TERMS}", "products.town_reserve.blok_h", ("unknown key", "block_h")),
    ],
)
def test_mistakes_in_a_product_of_ones_own(tmp_path: Path, rules: str, key: str, words: tuple[str, ...]) -> None:
    with pytest.raises(InstanceError) as caught:
        write(tmp_path, "town_reserve", rules).read()
    (issue,) = [issue for issue in caught.value.issues if issue.key == key]
    assert issue.line == 18
    for word in words:
        assert word in str(issue)


@pytest.mark.parametrize(
    ("product", "fits"),
    [
        ({"like": "fr_afrr_up", "volume_max_mw": 1.0}, True),
        ({"like": "fr_nothing", "volume_max_mw": 1.0}, False),
        ({"volume_max_mw": 1.0}, False),
        ({"like": "fr_afrr_up", "volume_max_kw": 1.0}, False),
    ],
)
def test_the_schema_knows_products_of_ones_own(product: dict[str, Any], fits: bool) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(instance_schema()["properties"]["products"] | _definitions())
    assert validator.is_valid({"town_reserve": product}) is fits


def _definitions() -> dict[str, Any]:
    return {"$defs": instance_schema()["$defs"]}


# -- packages ---------------------------------------------------------------------------------------------------------

DIST_INFO = {
    "METADATA": "Metadata-Version: 2.1\nName: town-products\nVersion: 1.2\n",
    "WHEEL": "Wheel-Version: 1.0\nGenerator: by hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "entry_points.txt": "[mes_stoch.catalogue]\ntown = town_products:OFFERED\n",
    "RECORD": "",
}
AS_FILE = "from importlib.resources import files\nOFFERED = files('town_products') / 'products.yaml'\n"
AS_FUNCTION = "def OFFERED():\n    return {'town_reserve': {'like': 'fr_afrr_up', 'block_h': 2, 'gate': 'D-1 11:00'}}\n"
PRODUCTS = """\
town_reserve:
  like: fr_afrr_up
  block_h: 2
  gate: D-1 11:00
  source: rules of the town
"""


def pip() -> list[str]:
    """The pip of this environment, or the one that made it where it has none of its own."""
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    return [str(Path(sys.base_prefix) / "bin" / "python3"), "-m", "pip", "--python", sys.executable]


@pytest.fixture
def installed(tmp_path: Path) -> Any:
    """A package of that code and YAML, installed into a folder of its own; gives a caller of ``mes-stoch``."""

    def install(code: str, yaml: str = PRODUCTS) -> Any:
        wheel, target = tmp_path / "town_products-1.2-py3-none-any.whl", tmp_path / "target"
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr("town_products/__init__.py", code)
            archive.writestr("town_products/products.yaml", yaml)
            for name, text in DIST_INFO.items():
                archive.writestr(f"town_products-1.2.dist-info/{name}", text)
        options = ["--no-index", "--no-deps", "--quiet", "--disable-pip-version-check", "--root-user-action=ignore"]
        command = [*pip(), "install", *options, "--target", str(target), str(wheel)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

        def call(*arguments: object) -> subprocess.CompletedProcess[str]:
            path = os.pathsep.join([str(target), *filter(None, [os.environ.get("PYTHONPATH")])])
            return subprocess.run(
                [sys.executable, "-m", "mes_stoch", *map(str, arguments)],
                capture_output=True,
                text=True,
                check=False,
                env={**os.environ, "PYTHONPATH": path},
                cwd=tmp_path,
            )

        return call

    return install


@pytest.mark.parametrize("code", [AS_FILE, AS_FUNCTION])
def test_a_package_brings_a_product(installed: Any, tmp_path: Path, code: str) -> None:
    """1.5 MW for four hours at 10 EUR/MW/h, in blocks of 2 h as the package says: 60 EUR."""
    call = installed(code)
    site = tmp_path / "site"
    site.mkdir()
    write(site, "town_reserve", TERMS)
    done = call("solve", site, "--out", tmp_path / "run", "--no-figures")
    assert done.returncode == 0, done.stderr
    summary = json.loads((tmp_path / "run" / "summary.json").read_text(encoding="utf-8"))
    assert summary["objective"] == pytest.approx(60.0)
    assert [entry["volume_mw"] for entry in summary["commitments"]] == pytest.approx([1.5, 1.5])
    assert call("settle", tmp_path / "run").returncode == 0
    listed = call("validate", "--products", "--long")
    assert "town_reserve (reserve, from town-products 1.2)" in listed.stdout
    assert "gate D-1 11:00; dir. up; block 2 h; full in 5 min" in " ".join(listed.stdout.split())


@pytest.mark.parametrize(
    ("code", "yaml", "words"),
    [
        ("raise RuntimeError('no licence')", PRODUCTS, "RuntimeError: no licence"),
        ("OFFERED = 7\n", PRODUCTS, "not a mapping of product ids"),
        (AS_FILE, "town_reserve: {family: reserv}\n", "town_reserve.family: found 'reserv'"),
        (AS_FILE, "town_reserve: {like: fr_affr_up}\n", "town_reserve.like: found 'fr_affr_up'"),
        (
            AS_FILE,
            "town_reserve: {like: fr_afrr_up, block_h: -1}\n",
            "town_reserve: block_h: found -1; expected a number in h above 0",
        ),
        (
            AS_FILE,
            "town_reserve: {like: fr_afrr_up, blok_h: 1}\n",
            "town_reserve: blok_h: found 'blok_h'; expected a key of the format. Hint: did you mean block_h?",
        ),
        (AS_FILE, "town reserve: {like: fr_afrr_up}\n", "expected an id"),
        (
            AS_FILE,
            "fr_fcr: {like: fr_fcr, block_h: 2}\n",
            "offers fr_fcr, which mes_stoch has with other rules",
        ),
        (AS_FILE, "town_reserve: {like: fr_afrr_up\n", "town_products:OFFERED"),
    ],
)
def test_a_broken_package_is_named(installed: Any, tmp_path: Path, code: str, yaml: str, words: str) -> None:
    call = installed(code, yaml)
    done = call("validate", "--products")
    assert done.returncode == 2
    assert "the installed package town-products 1.2" in done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    # what needs no catalogue goes on working
    assert call("--help").returncode == 0


def test_the_documentation_knows_every_family(repository: Path) -> None:
    """The table of families in docs/products.md: their names, their products in the catalogue, their files."""
    text = (repository / "docs" / "products.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1:-1] for line in text.splitlines() if line.startswith("| `")]
    table = {cells[0].strip(" `"): cells for cells in rows}
    assert set(table) == set(product_classes())
    for family, cells in table.items():
        own = [name for name, defaults in product_catalogue().items() if defaults["family"] == family]
        assert re.findall(r"`(\w+)`", cells[1]) == own
        for file in re.findall(r"`([\w/]+\.py|[\w/]+/)`", cells[3]):
            assert (repository / "mes_stoch" / file).exists(), file
