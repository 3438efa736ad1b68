"""What a package index gets: a source distribution that is the repository, and a wheel that needs no other file."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email import message_from_string
from pathlib import Path

import pytest
from helpers.own_pip import pip

ROOT = Path(__file__).resolve().parent.parent
#: What a build adds to a source distribution.
_ADDED = ("PKG-INFO", "setup.cfg")


@pytest.fixture(scope="module")
def tracked() -> set[str]:
    """Files that git tracks, and that are there."""
    if not (ROOT / ".git").exists():
        pytest.skip("no checkout: git says which files there are")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return {name for name in listed.split("\0") if name and (ROOT / name).is_file()}


@pytest.fixture(scope="module")
def sdist(tracked: set[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source distribution of a clean checkout, unpacked."""
    scratch = tmp_path_factory.mktemp("sdist")
    for name in tracked:
        (scratch / "source" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, scratch / "source" / name)
    (requirement,) = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]
    pip("install", "-q", "--target", str(scratch / "backend"), requirement)
    _build(scratch, scratch / "source", "sdist")
    (archive,) = scratch.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        opened.extractall(scratch, filter="data")
    return scratch / archive.name.removesuffix(".tar.gz")


@pytest.fixture(scope="module")
def wheel(sdist: Path) -> Path:
    """The wheel that is made of the source distribution, as an installer without one does."""
    _build(sdist.parent, sdist, "wheel")
    (made,) = sdist.parent.glob("*.whl")
    return made


def _build(scratch: Path, source: Path, what: str) -> None:
    code = f"import sys, setuptools.build_meta as backend; backend.build_{what}(sys.argv[1])"
    _python(scratch / "backend", source, "-c", code, str(scratch))


def test_a_source_distribution_is_the_repository(sdist: Path, tracked: set[str]) -> None:
    found = {path.relative_to(sdist).as_posix() for path in sdist.rglob("*") if path.is_file()}
    assert tracked - found == set()
    assert {name for name in found - tracked if "egg-info/" not in name} == set(_ADDED)


def test_a_wheel_has_every_file_of_the_package(wheel: Path, tracked: set[str]) -> None:
    """Code, catalogue, JSON Schema, pieces of new sites, templates of reports, and the mark of its types."""
    with zipfile.ZipFile(wheel) as opened:
        names = set(opened.namelist())
    assert {name for name in names if ".dist-info/" not in name} == {
        name for name in tracked if name.startswith("mes_stoch/")
    }
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_a_wheel_says_what_the_readme_says(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        (name,) = (name for name in opened.namelist() if name.endswith(".dist-info/METADATA"))
        told = message_from_string(opened.read(name).decode("utf-8"))
    assert told["Name"] == "mes_stoch"
    assert told["License-Expression"] == "Apache-2.0"
    assert told["Description-Content-Type"] == "text/markdown"
    assert str(told.get_payload()).strip() == (ROOT / "README.md").read_text(encoding="utf-8").strip()


def test_a_wheel_starts_a_site_by_itself(wheel: Path, tmp_path: Path) -> None:
    """Away from the checkout: pieces, catalogue and schema come out of the wheel."""
    installed, empty = tmp_path / "installed", tmp_path / "empty"
    pip("install", "-q", "--no-deps", "--no-compile", "--target", str(installed), str(wheel))
    empty.mkdir()
    assert _python(installed, empty, "-c", "import mes_stoch; print(mes_stoch.__file__)").startswith(str(installed))
    _python(installed, empty, "-m", "mes_stoch", "new", "my_site", "--site", "battery")
    assert "my_site is valid: 96 periods" in _python(installed, empty, "-m", "mes_stoch", "validate", "my_site")


def _python(installed: Path, folder: Path, *arguments: str) -> str:
    """What a Python prints that finds what is installed there before anything else."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(installed)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout
