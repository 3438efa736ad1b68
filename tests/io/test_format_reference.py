"""docs/format.md is what the format says today, and leaves nothing of it out."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from mes_stoch.registry import COMPONENTS, PROCESS_PARTS, PROCESSES, PRODUCT_FAMILIES, RISK_MEASURES, kinds
from mes_stoch.schema.instance import Instance

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "format.md").read_text(encoding="utf-8")


def built_in(group: str) -> list[str]:
    return [tag for tag, kind in kinds(group).items() if kind.is_built_in]  # type: ignore[arg-type]


def test_it_is_up_to_date() -> None:
    """`python scripts/format_files.py` writes it again."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "format_files.py"), "--check"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "0 of 3 files differ\n"), done.stdout + done.stderr


def test_every_section_and_every_kind_is_in_it() -> None:
    for section in Instance.model_fields:
        assert f"| `{section}` |" in TEXT
    for key, group in (("type", COMPONENTS), ("family", PRODUCT_FAMILIES), ("measure", RISK_MEASURES)):
        for tag in built_in(group):
            assert f"### `{key}: {tag}`" in TEXT
    for tag in built_in(PROCESS_PARTS):
        assert f"### `kind: {tag}`" in TEXT


@pytest.mark.parametrize("tag", built_in(PROCESSES))
def test_every_parameter_of_a_process_is_described(tag: str) -> None:
    parameters = getattr(kinds(PROCESSES)[tag].process(), "Parameters", None)
    for name, field in ({} if parameters is None else parameters.model_fields).items():
        assert field.description, name
        assert f"| `{name}` |" in TEXT


def test_every_row_says_what_its_key_means() -> None:
    rows = re.findall(r"^\| `(\w+)` \|([^\n]*)\|$", TEXT, re.MULTILINE)
    assert len(rows) > 700
    # known products say their family instead
    told = [(key, rest.split(" | ")[-1].strip()) for key, rest in rows]
    assert [key for key, meaning in told if len(meaning) < 3] == []


def test_links_lead_somewhere() -> None:
    headings = {
        re.sub(r"[^a-z0-9_ -]", "", title.lower()).replace(" ", "-") for title in re.findall(r"^#+ (.*)$", TEXT, re.M)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", TEXT)) <= headings
    assert len(headings) == len(re.findall(r"^#+ (.*)$", TEXT, re.M))
