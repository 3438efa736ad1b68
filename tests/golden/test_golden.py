"""Rows as they were recorded, tag by tag; and no row without a record.

A golden file shows the rows of one equation on sites so small that a person can check every number. Where one differs
and the change is meant: ``python tests/golden/record.py``, and look at the difference before it is committed.
"""

from __future__ import annotations

import ast
import difflib
import doctest
import re
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import row_names
from golden_sites import GoldenSite, golden_sites
from golden_text import (
    RECORD,
    Golden,
    Tags,
    equations,
    golden_file,
    golden_files,
    golden_texts,
    named_families,
    number,
    shown_families,
)
from hand_tests import HAND_TESTS
from row_names import RowCall, not_covered, not_made, row_calls, source_files

import mes_stoch

EQUATIONS = equations()
PACKAGE = Path(mes_stoch.__file__).resolve().parent


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> list[GoldenSite]:
    return golden_sites(tmp_path_factory.mktemp("sites"))


@pytest.fixture(scope="module")
def golden(sites: list[GoldenSite]) -> Golden:
    return golden_texts(sites)


@pytest.fixture(scope="module")
def source_rows() -> list[RowCall]:
    return row_calls(source_files(PACKAGE))


# -- the rows ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tag", [tag for tag in EQUATIONS if tag not in HAND_TESTS])
def test_rows_are_as_recorded(tag: str, golden: Golden) -> None:
    path, texts = golden_file(tag), golden.texts
    assert tag in texts, f"no site of tests/golden/sites shows rows of {tag}: add one that does, and `{RECORD}`"
    assert path.exists(), f"no golden file of {tag}: `{RECORD}`"
    recorded, found = path.read_text(encoding="utf-8"), texts[tag]
    if recorded != found:
        pytest.fail(
            f"rows of {tag} are not those recorded; if that is meant, `{RECORD}`\n{_diff(path, recorded, found)}"
        )


def _diff(path: Path, recorded: str, found: str) -> str:
    lines = difflib.unified_diff(
        recorded.splitlines(), found.splitlines(), f"{path.name} (recorded)", f"{path.name} (now)", lineterm="", n=6
    )
    return "\n".join(lines)


def test_sites_have_what_they_show(golden: Golden) -> None:
    assert golden.problems == []


def test_no_golden_file_is_left_over() -> None:
    known = {golden_file(tag) for tag in EQUATIONS if tag not in HAND_TESTS}
    assert [path.name for path in golden_files() if path not in known] == [], f"`{RECORD}` deletes them"


def test_a_difference_is_told_by_row_and_number() -> None:
    """What a reader of a failed test sees: the row, what stood there, what stands there now."""
    recorded = "battery.level[0]: = 3.6\n    battery.charge_mw[0]  -0.4\n"
    told = _diff(golden_file("level"), recorded, recorded.replace("-0.4", "0.4"))
    assert "level.txt (recorded)" in told
    assert " battery.level[0]: = 3.6\n-    battery.charge_mw[0]  -0.4\n+    battery.charge_mw[0]  0.4" in told


@pytest.mark.parametrize(
    ("value", "text"), [(0.1 + 0.2, "0.3"), (-0.0, "0"), (1e-16, "0"), (2 / 3, "0.666666667"), (20000.0, "20000")]
)
def test_numbers_have_nine_digits_and_no_noise(value: float, text: str) -> None:
    assert number(value) == text


def test_rows_that_say_nothing_are_left_out(sites: list[GoldenSite]) -> None:
    """What other rows imply, or what a site has no use for: each site says which of its rows must not be there."""
    for site in sites:
        tags = Tags(site, EQUATIONS)
        # a name that no row could have would never be there
        names = [rows.partition(".")[2] for show in site.absent for rows in show.rows if "*" not in rows]
        assert [name for name in names if tags.of(name) is None] == []
    there = [
        f"{site.name}: {family.name} ({show.note})"
        for site in sites
        for show in site.absent
        for rows in show.rows
        for family in named_families(site, rows)
    ]
    assert there == []


# -- no row without a record ------------------------------------------------------------------------------------------


def test_every_row_of_the_source_has_a_golden_file_or_a_test_by_hand(source_rows: list[RowCall]) -> None:
    """A new name of rows needs an entry in ``equations.yaml`` and a site that shows it, or one in ``hand_tests.py``."""
    recorded = {tag for tag in EQUATIONS if golden_file(tag).exists()}
    assert len(source_rows) > 50
    assert not_covered(source_rows, recorded | HAND_TESTS.keys()) == []


def test_every_tag_is_one_of_the_source(source_rows: list[RowCall]) -> None:
    assert not_made(source_rows, [*EQUATIONS, *HAND_TESTS]) == []


def test_every_row_of_the_sites_has_a_tag(sites: list[GoldenSite]) -> None:
    """Shown or not."""
    for site in sites:
        tags = Tags(site, EQUATIONS)
        assert [f.name for f in site.program.row_groups if tags.of(f.quantity) is None] == [], site.name


def test_every_place_that_makes_rows_is_shown(sites: list[GoldenSite], source_rows: list[RowCall]) -> None:
    """Two places may give rows one name (``balance``, ``terminal``): some rows of each stand in the golden files."""
    shown = {site.made[family.name] for site in sites for show in site.shows for family in shown_families(site, show)}
    hidden = [
        f"{call.place}: {sorted(call.patterns)}"
        for call in source_rows
        if not any(file.resolve() == call.file and call.first_line <= line <= call.last_line for file, line in shown)
        and not_covered([call], HAND_TESTS)
    ]
    assert hidden == [], "no site of tests/golden/sites shows rows that are made there"


NEW_ROWS = {
    "a word": """
        def build(context, name):
            context.constraint(name, "brand_new", "text", lambda t: t <= 0)
        """,
    "the name of a directed": """
        def build(context, directed_products):
            for directed in directed_products:
                context.constraint(directed.product_id, f"{directed.name}_brand_new", "text", lambda t: t <= 0)
        """,
    "a name that a helper passes on": """
        def build(context, name):
            for direction in ("up", "down"):
                _limit(context, name, f"brand_new_{direction}")

        def _limit(context, owner, row):
            context.constraint(owner, row, "text", lambda t: t <= 0)
        """,
    "one of two": """
        def build(context, name, has_slack):
            row = "level"
            if has_slack:
                row += "_brand_new"
            context.constraint(name, row, "text", lambda t: t <= 0)
        """,
    "what a data class holds": """
        @dataclass
        class Limits:
            rows: tuple

        def build(context, name):
            limits = Limits(rows=(("level", 1), ("brand_new", 2)))
            _rows(context, name, limits)

        def _rows(context, name, limits: Limits):
            for row, limit in limits.rows:
                context.constraint(name, row, "text", lambda t: t <= limit)
        """,
    "given by its keyword": """
        def build(context, name):
            context.constraint(owner=name, name="brand_new", text="text", rule=lambda t: t <= 0)
        """,
}


@pytest.mark.parametrize("source", NEW_ROWS.values(), ids=NEW_ROWS.keys())
def test_a_new_row_is_found(source: str, tmp_path: Path) -> None:
    """Wherever its module stands, a row that nobody has recorded is told with its place; once it is, it is not."""
    rows = _rows_of_module(tmp_path, source)
    found = not_covered(rows, EQUATIONS)
    assert found
    assert all(re.fullmatch(r"components/new_kind/new_kind\.py:\d+: .*brand_new.*", told) for told in found)
    tags = {"<directed>_brand_new" if "directed.name" in source else told.split(": ")[1] for told in found}
    assert not_covered(rows, [*EQUATIONS, *tags]) == []


def test_a_row_of_an_unknown_name_is_found(tmp_path: Path) -> None:
    source = """
        def build(context, name, rows):
            for row in rows:
                context.constraint(name, row.title, "text", lambda t: t <= 0)
        """
    (told,) = not_covered(_rows_of_module(tmp_path, source), EQUATIONS)
    assert told.startswith("components/new_kind/new_kind.py:4: the source does not say")


def test_forms_of_names_and_tags() -> None:
    found = doctest.testmod(row_names)
    assert (found.attempted, found.failed) == (2, 0)


def _rows_of_module(package: Path, source: str) -> list[RowCall]:
    """The rows of a module in a folder of a kind of component that was not there before."""
    module = package / "components" / "new_kind" / "new_kind.py"
    module.parent.mkdir(parents=True)
    module.write_text(textwrap.dedent(source), encoding="utf-8")
    return row_calls(source_files(package))


# -- what tags and sites say of themselves ----------------------------------------------------------------------------


def test_tests_by_hand_exist(repository: Path) -> None:
    assert _missing(HAND_TESTS, repository) == []


def test_a_test_by_hand_that_is_not_there_is_found(repository: Path) -> None:
    named = {
        "level": "tests/math/test_storage.py::test_level_limit_binds",
        "sharing": "tests/math/test_storage.py::test_that_is_not_there",
        "terminal": "tests/math/test_that_is_not_there.py::test_terminal_level",
    }
    assert _missing(named, repository) == ["sharing", "terminal"]


def _missing(tests: Mapping[str, str], repository: Path) -> list[str]:
    def exists(test: str) -> bool:
        file, _, function = test.partition("::")
        path = repository / file
        return path.is_file() and function in _functions(path)

    return [tag for tag, test in tests.items() if not exists(test)]


def test_equations_stand_where_they_are_said_to(repository: Path) -> None:
    """Every section is one of docs/model.md; every function, or the ``build`` of a file, has a docstring."""
    model = (repository / "docs" / "model.md").read_text(encoding="utf-8")
    sections = set(re.findall(r"^## (.*)$", model, re.MULTILINE))
    explained = {name for path in source_files(PACKAGE) for name in _functions(path, ast.get_docstring)}
    # what adds a kind to the model is called build in every folder, and is told by its file
    explained |= {
        path.relative_to(PACKAGE).as_posix()
        for path in source_files(PACKAGE)
        if "build" in _functions(path, ast.get_docstring)
    }
    for tag, equation in EQUATIONS.items():
        assert equation.section or equation.docstring, tag
        assert equation.section is None or equation.section in sections, tag
        assert equation.docstring is None or equation.docstring in explained, tag


def _functions(path: Path, has: Callable[[ast.FunctionDef], object] = lambda _: True) -> set[str]:
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef) and has(node)}


def test_sites_are_small(sites: list[GoldenSite]) -> None:
    """A person reads them: a few periods, one scenario."""
    for site in sites:
        assert 2 <= site.instance.horizon.periods <= 4, site.name
        assert len(site.program.scenario_names) == 1, site.name
