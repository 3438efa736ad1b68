"""Running the command line inside the test's own process, as the console script does but for the exit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from mes_stoch.cli.main import run


@dataclass(frozen=True)
class Outcome:
    """What a user sees of a call."""

    code: int
    out: str
    err: str


Command = Callable[..., Outcome]


@pytest.fixture
def tiny(instances: Path) -> str:
    return str(instances / "tiny_site")


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Call ``mes-stoch`` in an empty working folder."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> Outcome:
        code, _ = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return call
