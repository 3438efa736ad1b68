"""Instances made of links, pipes and devices, names that are commands, and options that make no sense."""

from __future__ import annotations

import os
import re
import shutil
import time
from pathlib import Path

import pytest

import mes_stoch as ms
from mes_stoch.cli.main import run
from mes_stoch.schema.errors import InstanceError, UsageError
from mes_stoch.uncertainty import room
from mes_stoch.uncertainty.room import MOST_SCENARIOS, require_room

ODD = {
    "pipe": (os.mkfifo, "a named pipe"),
    "device": (lambda path: path.symlink_to("/dev/zero"), "a device"),
    "folder": (lambda path: path.mkdir(), "a folder"),
    "sparse": (lambda path: _sparse(path), "a file of 1,099,511,627,776 bytes"),
}


def _sparse(path: Path) -> None:
    with path.open("wb") as stream:
        stream.truncate(2**40)


@pytest.fixture
def folder(instances: Path, tmp_path: Path) -> Path:
    target = tmp_path / "site"
    shutil.copytree(instances / "tiny_site", target)
    return target


@pytest.mark.parametrize("file", ["scenarios.csv", "instance.yaml"])
@pytest.mark.parametrize("what", ODD)
def test_what_is_no_file_is_an_issue(folder: Path, file: str, what: str) -> None:
    make, word = ODD[what]
    (folder / file).unlink()
    make(folder / file)
    begun = time.monotonic()
    with pytest.raises(InstanceError, match=rf"{file}.*found {word}"):
        ms.read(folder)
    assert time.monotonic() - begun < 20


def test_a_pipe_that_nothing_needs_is_left_out_of_the_run(folder: Path, tmp_path: Path) -> None:
    (folder / "README.md").unlink()
    os.mkfifo(folder / "README.md")
    out = ms.solve(ms.read(folder), method="ef").write(tmp_path / "run")
    assert not (out / "instance" / "README.md").exists()


def test_linked_files_are_copied_by_content_and_others_stay_where_they_are(folder: Path, tmp_path: Path) -> None:
    shared, secret = tmp_path / "shared.csv", tmp_path / "secret"
    (folder / "scenarios.csv").rename(shared)
    (folder / "scenarios.csv").symlink_to(shared)
    secret.write_text("mine", encoding="utf-8")
    (folder / "README.md").unlink()
    (folder / "README.md").symlink_to(secret)
    out = ms.solve(ms.read(folder), method="ef").write(tmp_path / "run")
    copy = out / "instance" / "scenarios.csv"
    assert not copy.is_symlink()
    assert copy.read_bytes() == shared.read_bytes()
    # nothing was read from it, so nothing of it belongs in a run that others may see
    assert not (out / "instance" / "README.md").exists()


@pytest.mark.parametrize(
    ("name", "word"), [("=HYPERLINK(1)", "makes a formula"), ("@low", "formula"), ("\x1b[2Jlow", "control characters")]
)
def test_names_of_scenarios_that_are_commands(folder: Path, name: str, word: str) -> None:
    path = folder / "scenarios.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("\nlow,", f"\n{name},"), encoding="utf-8")
    with pytest.raises(InstanceError, match=rf"scenarios\.csv:2: scenario: .*{word}"):
        ms.read(folder)


@pytest.mark.parametrize(
    ("name", "problem"),
    [("spare/extra_mw", "holds a slash"), ("<spare_mw", "begins with '<'"), (".spare_mw", "begins with '.'")],
)
def test_names_of_series_that_no_result_file_can_hold(folder: Path, name: str, problem: str) -> None:
    path = folder / "scenarios.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([f"{lines[0]},{name}", *(f"{line},1" for line in lines[1:])]), encoding="utf-8")
    with pytest.raises(InstanceError, match=rf"{re.escape(name)}.*{re.escape(problem)}"):
        ms.read(folder)


def test_no_terminal_is_told_what_to_do(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / "instance.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("carrier: heat", 'carrier: "\\e]0;pwned\\a\\e[2Jheat"'), encoding="utf-8")
    code, _ = run(["validate", str(folder)])
    said = capsys.readouterr()
    assert code == 2
    assert "pwned" in said.out + said.err
    assert "\x1b" not in said.out + said.err
    assert "\x07" not in said.out + said.err


@pytest.mark.parametrize(
    "options",
    [
        ["--rho-factor", "inf"],
        ["--rho-factor", "1e300"],
        ["--rho-factor", "nan"],
        ["--time-limit", "inf"],
        ["--gap", "inf"],
        ["--threads", "1000000"],
        ["--iterations", "1" + "0" * 30],
    ],
)
def test_options_that_would_never_end(instances: Path, options: list[str], tmp_path: Path) -> None:
    begun = time.monotonic()
    code, _ = run(["solve", str(instances / "tiny_site"), "--method", "ph", "--out", str(tmp_path / "run"), *options])
    assert code == 2
    assert time.monotonic() - begun < 20
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("count", [10**9, 10**30])
def test_a_billion_scenarios(instances: Path, count: int, capsys: pytest.CaptureFixture[str]) -> None:
    code, _ = run(["tree", str(instances / "hospital_fr"), "--scenarios", str(count)])
    assert code == 2
    assert f"{count:,} scenarios are more than the {MOST_SCENARIOS:,}" in capsys.readouterr().err


def test_scenarios_that_do_not_fit_into_memory() -> None:
    """1,000 scenarios x 96 periods x 10 series x 8 bytes, three times over: 23 MB."""
    require_room(1000, 96, 10, available_bytes=23_040_000)
    with pytest.raises(UsageError, match="at most 999 fit"):
        require_room(1000, 96, 10, available_bytes=23_039_999)


def test_a_machine_that_does_not_say_what_is_free(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It has 1,000 pages of 4,096 bytes; a scenario of the test above takes 23,040: 177."""
    monkeypatch.setattr(room, "Path", lambda _: tmp_path / "meminfo")
    monkeypatch.setattr(os, "sysconf", {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 1000}.__getitem__)
    require_room(177, 96, 10)
    with pytest.raises(UsageError, match="at most 177 fit"):
        require_room(1000, 96, 10)


@pytest.mark.parametrize(
    ("name", "value"),
    [("rho_factor", float("inf")), ("gap_rel", float("nan")), ("time_limit_s", 1e300), ("threads", 0)],
)
def test_options_in_python(instances: Path, name: str, value: float) -> None:
    with pytest.raises(UsageError, match=name):
        ms.solve(ms.read(instances / "tiny_site"), **{name: value})
