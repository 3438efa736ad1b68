"""``scripts/file_hygiene.py``: every rule catches its case, and leaves alone what only looks like it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / "scripts" / "file_hygiene.py"

# Put together here, so that the script finds nothing in this file.
SLASH = "/"
MERGE = "<" * 7


def check(folder: Path, *names: object) -> tuple[int, list[str]]:
    """Exit code and lines of the script, run in a folder."""
    command = [sys.executable, str(SCRIPT), *map(str, names)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        pytest.param(b"a = 1 \n", "1: blanks at the end of the line", id="blank"),
        pytest.param(b"a\n\t\nb\n", "2: blanks at the end of the line", id="tab"),
        pytest.param(b"a\nb", "2: no line feed at the end of the file", id="no line feed"),
        pytest.param(b"a\n\n", "2: an empty line at the end of the file", id="empty line"),
        pytest.param(b"a\r\nb\n", "1: a carriage return", id="carriage return"),
        pytest.param(b"\xef\xbb\xbfa\n", "1: a byte order mark", id="byte order mark"),
        pytest.param("fine\nprix 3 €\n".encode("cp1252"), "2: not UTF-8 (byte 0x80)", id="another encoding"),
        pytest.param(f"a\n{MERGE} HEAD\n".encode(), "2: a merge mark", id="merge, first"),
        pytest.param(f"{'|' * 7} base\n".encode(), "1: a merge mark", id="merge, base"),
        pytest.param(f"{'>' * 7} branch\n".encode(), "1: a merge mark", id="merge, last"),
        pytest.param(
            f"see {SLASH}work/data/x.csv\n".encode(), f"1: {SLASH}work: a path of one machine", id="a folder of work"
        ),
        pytest.param(f'"{SLASH}root/.cache"\n'.encode(), f"1: {SLASH}root: a path of one machine", id="home of root"),
        pytest.param(f"cd {SLASH}home/ann\n".encode(), f"1: {SLASH}home/ann: a path of one machine", id="a home"),
        pytest.param(f"cd {SLASH}Users/ann\n".encode(), f"1: {SLASH}Users/ann: a path of one machine", id="a Mac"),
        pytest.param(
            f"file://{SLASH}home/ann/x\n".encode(),
            f"1: {SLASH}home/ann: a path of one machine",
            id="in an address",
        ),
        pytest.param(b"x" * 80 + b"\n" + b"0123456789\n" * 45_500, "1: 500,581 bytes, more than 500,000", id="size"),
    ],
)
def test_a_rule_catches_its_case(tmp_path: Path, content: bytes, problem: str) -> None:
    (tmp_path / "file.txt").write_bytes(content)
    assert check(tmp_path, "file.txt") == (1, [f"file.txt:{problem}"])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.py", b""),
        ("text.md", "A heading\n=======\n\n3 € a MWh\n".encode()),
        (
            "paths.md",
            b"build/work/x, ../work/x, $HOME/work/x, ~/home/x, https://example.org/home/x, /workshop/x, /root\n",
        ),
        ("one_line_feed.csv", b"a,b\n"),
        ("picture.png", b"\x89PNG\r\n\x1a\n\x00 \n\n"),
        ("just_small_enough.txt", b"0123456789" * 49_999 + b"012345678\n"),
    ],
)
def test_what_only_looks_like_it_is_left_alone(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert check(tmp_path, name) == (0, [])


def test_a_large_picture_is_too_large(tmp_path: Path) -> None:
    (tmp_path / "large.png").write_bytes(b"\x00" * 500_001)
    assert check(tmp_path, "large.png") == (1, ["large.png:1: 500,001 bytes, more than 500,000"])


def test_all_problems_of_all_files_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"x \ny\t\n")
    (tmp_path / "b.txt").write_bytes(b"z")
    assert check(tmp_path, "a.txt", "b.txt") == (
        1,
        [
            "a.txt:1: blanks at the end of the line",
            "a.txt:2: blanks at the end of the line",
            "b.txt:1: no line feed at the end of the file",
        ],
    )


def test_without_names_it_looks_at_what_git_would_commit(tmp_path: Path) -> None:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / ".gitignore").write_bytes(b"ignored.txt\n")
    for name in ("ignored.txt", "new.txt", "staged.txt", "taken away.txt"):
        (tmp_path / name).write_bytes(b"x")
    subprocess.run(["git", "add", "staged.txt", "taken away.txt"], cwd=tmp_path, check=True)
    (tmp_path / "taken away.txt").unlink()
    assert check(tmp_path) == (
        1,
        [f"{name}:1: no line feed at the end of the file" for name in ("new.txt", "staged.txt")],
    )
