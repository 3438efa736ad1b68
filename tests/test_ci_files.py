"""What ``.ci/run`` names is there, and the lock files are the two ends of the ranges in ``pyproject.toml``."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RUN = (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def locked(name: str) -> dict[str, Version]:
    """The versions of a lock file by package."""
    lines = (ROOT / ".ci" / name).read_text(encoding="utf-8").splitlines()
    pairs = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(package): Version(version) for package, version in pairs}


def required(*extras: str) -> list[Requirement]:
    """What the build, the package and some of its extras ask for, but for the package itself."""
    project = PROJECT["project"]
    texts = [*PROJECT["build-system"]["requires"], *project["dependencies"]]
    for extra in extras:
        texts += project["optional-dependencies"][extra]
    return [one for one in map(Requirement, texts) if one.name != project["name"]]


@pytest.mark.parametrize("one", required("mpi", "plots", "report", "test", "flixopt"), ids=str)
def test_the_oldest_version_locked_is_the_oldest_allowed(one: Requirement) -> None:
    floors = [Version(clause.version) for clause in one.specifier if clause.operator == ">="]
    assert [locked("oldest.txt")[canonicalize_name(one.name)]] == floors


@pytest.mark.parametrize("one", required("mpi", "plots", "report", "test", "oracles", "docs", "dev"), ids=str)
def test_the_newest_version_locked_is_allowed(one: Requirement) -> None:
    assert locked("newest.txt")[canonicalize_name(one.name)] in one.specifier


def test_paths_named_in_the_script_exist() -> None:
    named = re.findall(r"(?:tests|scripts|instances|\.ci)/[\w./]*\w", RUN)
    assert "tests/solvers/test_highs.py" in named
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_a_commit_is_checked_by_what_ci_checks() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert {repository["repo"] for repository in hooks} == {"local"}
    entries = {hook["entry"] for repository in hooks for hook in repository["hooks"]}
    lint = RUN[RUN.index("\nlint() {") : RUN.index("\n}\n", RUN.index("\nlint() {"))]
    in_ci = re.findall(r"^  \.venv/bin/(.*) \|\| code=1$", lint, re.MULTILINE)
    assert entries == set(in_ci)
