"""What the command line says about numbers too far apart."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]


@pytest.fixture
def harsh(tiny: str, tmp_path: Path) -> Path:
    """`tiny_site` with a penalty of 1e7 EUR/MW/h, a thousand times what its service earns, and no slack.

    Penalties of slack that follow from prices would lie above it, and be told of first.
    """
    folder = tmp_path / "harsh"
    shutil.copytree(tiny, folder)
    file = folder / "instance.yaml"
    text = file.read_text(encoding="utf-8")
    changed = text.replace("shortfall_penalty_eur_per_mw_h: 15", "shortfall_penalty_eur_per_mw_h: 1.0e+7")
    assert changed != text
    for carrier in ("electricity", "heat"):
        own = f"{{carrier: {carrier}}}"
        assert own in changed
        forbidden = "unserved_penalty_eur_per_mwh: null, dump_penalty_eur_per_mwh: null"
        changed = changed.replace(own, f"{{carrier: {carrier}, {forbidden}}}")
    changed = changed.replace("export_max_mw: 10\n", "export_max_mw: 10\n    schedule_penalty_eur_per_mwh: null\n", 1)
    file.write_text(changed, encoding="utf-8")
    return folder


def test_validate_shows_the_sizes_of_numbers(command: Command, tiny: str) -> None:
    done = command("validate", "--numerics", tiny)
    assert done.code == 0
    assert "Sizes of numbers, scenario" in done.out
    assert "no trouble with numbers of these sizes" in done.out
    assert "Sizes of numbers" not in command("validate", tiny).out


def test_validate_advises_where_a_penalty_is_too_large(command: Command, harsh: Path) -> None:
    out = " ".join(command("validate", "--numerics", harsh).out.split())
    assert "a cost of 1.0e+07 EUR per unit: short_up_mw of fr_afrr_up" in out
    assert "no trouble" not in out


@pytest.mark.parametrize("method", ["ef", "ph"])
def test_solve_warns_before_it_starts_and_keeps_the_numbers(
    command: Command, harsh: Path, tmp_path: Path, method: str
) -> None:
    done = command("solve", harsh, "--out", "run", "--no-figures", "--method", method)
    assert done.code in (0, 4)
    assert done.err.count("warning: a cost of 1.0e+07 EUR per unit") == 1
    assert done.err.index("warning:") < done.err.index("lower bound EUR")
    solver = json.loads((tmp_path / "run" / "summary.json").read_text(encoding="utf-8"))["solver"]
    # a short MW in the called hour: 1e7 EUR, and 100 EUR for the MWh it misses
    assert solver["costs_largest"] == pytest.approx(1e7 + 100)


def test_solve_says_nothing_of_numbers_that_are_fine(command: Command, tiny: str) -> None:
    assert "warning" not in command("solve", tiny, "--out", "run", "--no-figures").err
