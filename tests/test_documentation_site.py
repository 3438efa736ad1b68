"""The pages of ``docs`` as a site: what is put into them, where links lead, and which words they use.

That Sphinx builds it without a warning is a step of ``.ci/run``; these tests need no Sphinx.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import mes_stoch as ms
from mes_stoch.io.catalogue.products import product_catalogue
from mes_stoch.registry import (
    COMPONENTS,
    MARKET_FILES,
    POLICIES,
    PROCESS_PARTS,
    PROCESSES,
    PRODUCT_FAMILIES,
    RISK_MEASURES,
    Group,
    kinds,
)
from mes_stoch.schema.kinds import component_classes

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"


def text_of(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def extension() -> Iterator[Any]:
    """``docs/_site/site_extension.py``, which Sphinx loads from its folder."""
    folder = str(DOCS / "_site")
    sys.path.insert(0, folder)
    try:
        yield importlib.import_module("site_extension")
    finally:
        sys.path.remove(folder)


def made(extension: Any, page: str) -> str:
    """A page with its parts, as Sphinx gets it."""
    return str(extension.with_parts(text_of(page), DOCS / page))


# -- every page has its place -----------------------------------------------------------------------------------------


def test_every_page_is_in_the_contents() -> None:
    listed = re.findall(r"^([\w/]+)$", text_of("index.md"), re.MULTILINE)
    pages = [path.relative_to(DOCS) for path in DOCS.rglob("*.md") if "examples" not in path.parts]
    assert sorted([*listed, "index"]) == sorted(path.with_suffix("").as_posix() for path in pages)


def test_how_to_pages_are_listed() -> None:
    pages = {path.name for path in DOCS.glob("how_to/*.md")} - {"README.md"}
    assert set(re.findall(r"\]\((\w+\.md)\)", text_of("how_to/README.md"))) == pages


def test_instances_are_listed() -> None:
    folders = {path.parent.name for path in ROOT.glob("instances/*/instance.yaml")}
    listed = re.findall(r"^\| \[`(\w+)`\]\(\.\./instances/(\w+)/README\.md\) \|", text_of("instances.md"), re.MULTILINE)
    assert {name for pair in listed for name in pair} == folders


def test_the_readme_is_two_screens_with_one_figure() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 110
    assert len(re.findall(r"!\[[^\]]+\]\(docs/figures/\w+\.png\)", text)) == 1


# -- what is put in ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "group", [COMPONENTS, PRODUCT_FAMILIES, RISK_MEASURES, PROCESSES, PROCESS_PARTS, POLICIES, MARKET_FILES]
)
def test_every_kind_has_a_row_that_says_what_it_is(extension: Any, group: Group) -> None:
    rows = dict(
        re.findall(
            r"^\| \[?`(\w+)`(?:\]\(\S+\))? \| (.*?) \|", made(extension, "reference/registries.md"), re.MULTILINE
        )
    )
    for tag, kind in kinds(group).items():
        if kind.is_built_in:
            assert len(rows[tag]) > 10, tag


def test_keys_of_a_process_are_one_link_away(extension: Any) -> None:
    told = made(extension, "reference/registries.md")
    with_parameters = [
        tag for tag, kind in kinds(PROCESSES).items() if kind.is_built_in and kind.process().Parameters.model_fields
    ]
    assert with_parameters
    for tag in with_parameters:
        assert f"[`{tag}`](../format.md#process-{tag})" in told


def test_every_product_stands_in_the_catalogue_with_its_rules(extension: Any) -> None:
    told = made(extension, "reference/catalogue.md")
    for product, rules in product_catalogue().items():
        entry = told.split(f"### `{product}`\n")[1].split("\n### ")[0]
        shown = set(re.findall(r"^\| `(\w+)` \| `", entry, re.MULTILINE))
        assert shown == set(rules) - {"family", "source", "placeholders"}
        for placeholder in rules.get("placeholders") or ():
            assert f"`{placeholder}`" in entry


def test_every_tag_stands_with_its_equation(extension: Any) -> None:
    told = made(extension, "reference/equations.md")
    recorded = yaml.safe_load((ROOT / "tests" / "golden" / "equations.yaml").read_text(encoding="utf-8"))
    assert re.findall(r"^### `(.*)`$", told, re.MULTILINE) == list(recorded)
    for tag, entry in recorded.items():
        assert f"### `{tag}`\n\n```text\n{entry['equation'].rstrip()}\n```" in told


def test_every_public_name_is_documented(extension: Any) -> None:
    told = made(extension, "reference/python.md")
    documented = set(re.findall(r"^\.\. auto\w+:: mes_stoch\.(\w+)$", told, re.MULTILINE))
    assert documented == {name for name in ms.__all__ if name not in ("plot", "__version__")}
    plots = set(re.findall(r"^\.\. autofunction:: mes_stoch\.plot\.(\w+)$", told, re.MULTILINE))
    assert plots == set(ms.plot.__all__)


def test_a_part_that_is_not_known_stops_the_build(extension: Any) -> None:
    with pytest.raises(KeyError, match="nothing"):
        extension.with_parts("<!-- site: nothing -->", DOCS / "index.md")


# -- links ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "page", "found"),
    [
        pytest.param("[a](../CONTRIBUTING.md)", "install.md", "[a](project/contributing.md)", id="file of a page"),
        pytest.param("[a](../../slurm/README.md)", "how_to/ranks.md", "[a](../project/slurm.md)", id="from a folder"),
        pytest.param(
            "[a](../instances/tiny_site/README.md)", "numbers.md", "[a](instances.md#tiny_site)", id="instance"
        ),
        pytest.param("[a](model.md#availability)", "products.md", "[a](model.md#availability)", id="anchor"),
        pytest.param("[a](evidence/stress.json)", "stress.md", "[a](evidence/stress.json)", id="file to download"),
        pytest.param("[a b](examples/site_kinds)", "extending/README.md", "a b", id="folder"),
        pytest.param("[a](https://example.org/x.md)", "model.md", "[a](https://example.org/x.md)", id="address"),
        pytest.param("[a](#storages)", "model.md", "[a](#storages)", id="the page itself"),
    ],
)
def test_links_lead_to_pages(extension: Any, written: str, page: str, found: str) -> None:
    assert extension.with_parts(written, DOCS / page) == found


def test_links_of_a_file_that_a_page_includes_hold_there(extension: Any) -> None:
    for page in ("project/contributing.md", "project/changelog.md", "project/slurm.md", "instances.md"):
        text = made(extension, page)
        targets = re.findall(r"\]\(([^)#:\s]+)", text)
        assert targets
        assert [
            one for one in targets if not one.startswith("http") and not (DOCS / page).parent.joinpath(one).exists()
        ] == []


# -- words ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["glossary.md", "coming_from.md"])
def test_keys_and_products_in_tables_are_those_of_the_format(page: str) -> None:
    """The last column says what a thing is called here."""
    known = set(re.findall(r"\w+", text_of("format.md"))) | set(product_catalogue())
    names = {"gap_rel", "bound_lower", "bound_upper"}
    told = {
        word
        for line in re.findall(r"^\|.*\|$", text_of(page), re.MULTILINE)
        for code in re.findall(r"`([^`]+)`", line.split(" | ")[-1])
        for word in re.findall(r"\b[a-z]+(?:_[a-z0-9]+)+\b", code)
    }
    assert len(told) > 15
    assert told - known - names == set()


def test_components_in_coming_from_are_valid() -> None:
    blocks = re.findall(r"^```yaml\n(.*?)^```", text_of("coming_from.md"), re.MULTILINE | re.DOTALL)
    components = [one for block in blocks for one in yaml.safe_load(block).values()]
    assert len(components) >= 2
    for one in components:
        component_classes()[one["type"]].model_validate(one)
