"""Names of files in the documentation are names of files, and the walks have ten steps that follow the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*(ROOT / "docs").rglob("*.md"), ROOT / "README.md"])
_MODULE = re.compile(r"`((?:mes_stoch/)?[a-z_0-9]+(?:/[a-z_0-9]+)*\.py)`")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_modules_named_in_the_documentation_exist(page: Path) -> None:
    named = set(_MODULE.findall(page.read_text(encoding="utf-8")))
    modules = {path.name for path in (ROOT / "mes_stoch").rglob("*.py")}
    missing = [
        name for name in sorted(named) if name not in modules and not any((b / name).is_file() for b in _bases(page))
    ]
    assert missing == []


def _bases(page: Path) -> tuple[Path, ...]:
    example = ROOT / "docs" / "extending" / "examples" / "site_kinds"
    return (ROOT, ROOT / "mes_stoch", page.parent, example, example / "site_kinds")


@pytest.mark.parametrize("title", ["From a CSV to the ledger: a price", "From YAML to a rank: a commitment"])
def test_a_walk_has_ten_steps_each_with_a_file(title: str) -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    walk = text.split(f"## {title}\n")[1].split("\n## ")[0]
    steps = re.findall(r"^\d+\. .*$", walk, re.MULTILINE)
    assert len(steps) == 10
    assert all(_MODULE.search(step) for step in steps)


def test_links_between_pages_lead_somewhere() -> None:
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in PAGES
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []
