"""The pip of these tests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def pip(*arguments: str) -> None:
    """Run pip; an environment may have been made without it by a Python that has it."""
    starts = [[sys.executable, "-m", "pip"], [str(Path(sys.base_prefix) / "bin" / "python3"), "-m", "pip"]]
    found = next(start for start in starts if _runs([*start, "--version"]))
    done = subprocess.run([*found, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _runs(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
