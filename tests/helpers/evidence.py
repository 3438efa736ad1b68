"""What scripts write as evidence: a line a site, a summary, and what it was measured with (date, versions, commit)."""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

PACKAGES = ("mes_stoch", "highspy", "numpy", "scipy", "pyomo")


def options_of(description: str | None, arguments: list[str] | None, sites: int) -> argparse.Namespace:
    """What a script over random sites is asked for: how many, from which seed on, and the folder to write."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sites", type=int, default=sites, metavar="N")
    parser.add_argument("--first-seed", type=int, default=0, metavar="K")
    parser.add_argument("--out", type=Path, default=Path("docs/evidence"), metavar="DIR")
    return parser.parse_args(arguments)


def table_of_sites(options: argparse.Namespace, row: Callable[[int], Mapping[str, Any]], name: str) -> pd.DataFrame:
    """A line a seed, written as CSV."""
    table = pd.DataFrame([row(seed) for seed in range(options.first_seed, options.first_seed + options.sites)])
    options.out.mkdir(parents=True, exist_ok=True)
    table.to_csv(options.out / name, index=False)
    return table


def about_sites(table: pd.DataFrame) -> dict[str, Any]:
    """What every summary of random sites begins with."""
    return {**provenance(), "sites": len(table), "seeds": [int(table["seed"].min()), int(table["seed"].max())]}


def write_summary(folder: Path, name: str, summary: Mapping[str, Any]) -> None:
    """Write a summary as JSON, and print it."""
    text = json.dumps(summary, indent=2)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text + "\n", encoding="utf-8")
    print(text, flush=True)  # noqa: T201 - what a script is run for


def provenance(packages: Sequence[str] = PACKAGES) -> dict[str, Any]:
    """Date, versions, and the commit of the sources (with a plus where they differ from it)."""
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "versions": {"python": platform.python_version(), **{name: version(name) for name in packages}},
        "commit": _commit(),
    }


def _commit() -> str | None:
    folder = Path(__file__).resolve().parent
    try:
        head = _git(folder, "rev-parse", "HEAD")
        changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError):
        return None
    return f"{head[:12]}+" if changed else head[:12]


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()
