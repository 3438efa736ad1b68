"""Examples in the README and in docstrings do what they say."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def test_readme_example(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    results = doctest.testfile(str(ROOT / "README.md"), module_relative=False)
    assert results.attempted >= 4
    assert results.failed == 0


def pages_with_examples() -> list[str]:
    files = [path for path in (ROOT / "docs").rglob("*.md") if ">>> " in path.read_text(encoding="utf-8")]
    return sorted(path.relative_to(ROOT).as_posix() for path in files)


#: Pages that teach Python, and how many statements they have at least.
EXAMPLES = {"docs/python.md": 10, "docs/overrides.md": 8, "docs/how_to/sweep.md": 3}


def test_pages_that_teach_python_have_examples() -> None:
    assert set(EXAMPLES) <= set(pages_with_examples())


@pytest.mark.parametrize("page", pages_with_examples())
def test_examples_of_a_page(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    results = doctest.testfile(str(ROOT / page), module_relative=False)
    assert results.attempted >= EXAMPLES.get(page, 1)
    assert results.failed == 0


def modules_with_examples() -> list[str]:
    files = [p for p in (ROOT / "mes_stoch").rglob("*.py") if "\n    >>> " in p.read_text(encoding="utf-8")]
    return sorted(str(p.relative_to(ROOT).with_suffix("")).replace("/", ".") for p in files)


@pytest.mark.parametrize("name", modules_with_examples())
def test_docstring_examples(name: str) -> None:
    module = importlib.import_module(name)
    names = {"pd": importlib.import_module("pandas"), "np": importlib.import_module("numpy")}
    results = doctest.testmod(module, extraglobs=names)
    assert results.attempted > 0
    assert results.failed == 0
