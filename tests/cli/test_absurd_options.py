"""Options beyond sense are a listed issue with exit 2, at once, whatever method, and leave nothing behind."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mes_stoch.schema.errors import UsageError
from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.option_ranges import RANGES, require_sensible

Command = Callable[..., Any]
ABSURD = ("-1", "0", "nan", "inf", "-inf", "1e400", "1e300", "", "x", "1e", "0x10", "٣")
WHOLE = ("--scenarios", "--iterations", "--threads", "--ranks", "--leaves")


@pytest.mark.parametrize("option", ["--gap", "--time-limit", "--rho-factor"])
@pytest.mark.parametrize("value", ABSURD[:-1])
def test_numbers(command: Command, tiny: str, tmp_path: Path, option: str, value: str) -> None:
    _refused(command, tiny, tmp_path, option, value)


@pytest.mark.parametrize("option", WHOLE)
@pytest.mark.parametrize("value", ["-1", "0", "1.5", "nan", "inf", "1e3", "9" * 40, "", "x"])
def test_counts(command: Command, tiny: str, tmp_path: Path, option: str, value: str) -> None:
    _refused(command, tiny, tmp_path, option, value)


def _refused(command: Command, tiny: str, folder: Path, option: str, value: str) -> None:
    begun = time.monotonic()
    done = command("solve", tiny, f"{option}={value}")
    assert done.code == 2, done.err
    assert "mes-stoch: " in done.err
    assert "Traceback" not in done.err
    assert time.monotonic() - begun < 20
    runs = folder / "runs"
    assert not runs.exists() or not any(runs.iterdir())


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0, 1e301, True, "5", None])
def test_in_python_all_are_told_at_once(value: Any) -> None:
    options = SolveOptions(**dict.fromkeys(RANGES, value))
    with pytest.raises(UsageError) as caught:
        require_sensible(options)
    for name in RANGES:
        assert name in str(caught.value)


def test_the_ends_of_the_ranges_are_inside() -> None:
    for end in ("lowest", "highest"):
        require_sensible(SolveOptions(**{name: getattr(allowed, end) for name, allowed in RANGES.items()}))
