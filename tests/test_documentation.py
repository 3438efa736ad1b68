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


@pytest.mark.parametrize(("page", "examples"), [("python.md", 10), ("overrides.md", 8)])
def test_page(page: str, examples: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    results = doctest.testfile(str(ROOT / "docs" / page), module_relative=False)
    assert results.attempted >= examples
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
