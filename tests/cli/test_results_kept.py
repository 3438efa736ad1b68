"""A finished solve is not lost: to a second run, a full disk, a folder nobody may write to, an output nobody reads."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

MES_STOCH = [sys.executable, "-m", "mes_stoch"]
TIME_LIMIT_S = 120
#: The right answer of tiny_site (its README works it out by hand).
PROFIT_EUR = -687.5


def run(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*MES_STOCH, *map(str, arguments)],
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "timeout": TIME_LIMIT_S, **options},
        check=False,
    )


@pytest.fixture
def small_disk() -> Iterator[Callable[[int], Path]]:
    """Mounts a file system of so many kB."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("a full disk needs the right to mount one")
    mounted: list[Path] = []

    def mount(kilobytes: int) -> Path:
        place = Path(tempfile.mkdtemp(prefix="mes-stoch-disk-"))
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(place)], capture_output=True, check=False
        )
        if done.returncode != 0:
            place.rmdir()
            pytest.skip("no file system can be mounted here, though this is root")
        mounted.append(place)
        return place

    yield mount
    for place in mounted:
        subprocess.run(["umount", str(place)], check=True)
        place.rmdir()


def fill(folder: Path) -> None:
    """Use up a disk."""
    with (folder / "other").open("wb", buffering=0) as stream, contextlib.suppress(OSError):
        while True:
            stream.write(bytes(1024))


@pytest.mark.parametrize("kilobytes", [40, 200])
def test_a_full_disk_costs_the_large_files_alone(small_disk: Callable[[int], Path], tiny: str, kilobytes: int) -> None:
    out = small_disk(kilobytes) / "run"
    done = run("solve", tiny, "--out", out, "--quiet")
    assert done.returncode == 2
    assert "No space left on device" in done.stderr
    assert "Written: summary.json, commitments.csv" in done.stderr
    assert "manifest.json. Make room" in done.stderr
    assert "crash" not in done.stderr
    # asked to be quiet, but there is no other place for it
    assert "-687.50" in done.stdout
    assert json.loads((out / "summary.json").read_text(encoding="utf-8"))["objective"] == pytest.approx(PROFIT_EUR)
    assert "fr_afrr_up,up" in (out / "commitments.csv").read_text(encoding="utf-8")
    assert not (out / "manifest.json").exists()
    assert not list(out.glob(".*"))
    again = run("report", out)
    assert (again.returncode, "unfinished" in again.stderr) == (2, True)


def test_a_disk_that_others_fill_during_the_solve(small_disk: Callable[[int], Path], tiny: str) -> None:
    """Room for the summary was kept: without it nothing at all could be written."""
    disk = small_disk(300)
    out = disk / "run"
    script = (
        "import sys\nfrom pathlib import Path\nfrom mes_stoch.report.run import Run\n"
        "write = Run.write_to\n"
        "def fill(self, target):\n"
        "    with (target.path.parent / 'other').open('wb', buffering=0) as stream:\n"
        "        try:\n            while True: stream.write(bytes(1024))\n        except OSError: pass\n"
        "    write(self, target)\n"
        "Run.write_to = fill\n"
        "from mes_stoch.cli.main import main\nmain(sys.argv[1:])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "solve", tiny, "--out", str(out), "--quiet"],
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_S,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert json.loads((out / "summary.json").read_text(encoding="utf-8"))["objective"] == pytest.approx(PROFIT_EUR)
    assert (out / "commitments.csv").is_file()


def test_a_figure_is_not_worth_a_run(small_disk: Callable[[int], Path], tiny: str) -> None:
    out = small_disk(600) / "run"
    assert run("solve", tiny, "--out", out, "--no-figures").returncode == 0
    fill(out.parent)
    done = run("report", out)
    assert done.returncode == 0
    assert "-687.50" in done.stdout
    assert "bounds.png: No space left" in done.stderr or "commitments_dispatch.png: No space left" in done.stderr


def test_a_folder_that_cannot_be_written_is_found_before_the_solve(tiny: str, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    drop = [
        "setpriv",
        "--bounding-set",
        "-dac_override,-dac_read_search",
        "--inh-caps",
        "-dac_override,-dac_read_search",
    ]
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        pytest.skip("root may write anywhere, and there is no setpriv to give up that right")
    done = subprocess.run(
        [*(drop if os.geteuid() == 0 else []), *MES_STOCH, "solve", tiny, "--out", str(closed)],
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_S,
        check=False,
    )
    assert done.returncode == 2
    assert "Permission denied" in done.stderr
    assert "proven bounds" not in done.stderr


def test_two_runs_into_one_folder(tiny: str, tmp_path: Path) -> None:
    out = tmp_path / "run"
    command = [*MES_STOCH, "solve", tiny, "--out", str(out), "--no-figures", "--quiet"]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    told = [process.communicate(timeout=TIME_LIMIT_S) for process in processes]
    codes = [process.returncode for process in processes]
    assert sorted(codes) == [0, 2, 2]
    for code, (_, err) in zip(codes, told, strict=True):
        assert code == 0 or "at work" in err or "already holds a run" in err
    assert (out / "manifest.json").is_file()
    assert not list(out.glob("claim-*"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_an_output_that_is_full(tiny: str, tmp_path: Path) -> None:
    out = tmp_path / "run"
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = run("solve", tiny, "--out", out, "--no-figures", stdout=full)
        assert done.returncode == 2
        assert f"standard output cannot be written: No space left on device; the results are in {out}" in done.stderr
        assert (out / "manifest.json").is_file()
        # what cannot be said costs nothing
        assert run("report", out, "--no-figures", stderr=full).returncode == 0
        assert run("solve", tiny, "--out", out, "--force", "--no-figures", stderr=full).returncode == 0


def test_an_output_that_is_closed(tiny: str, tmp_path: Path) -> None:
    out = tmp_path / "run"
    shell = '"$@" >&- 2>&-'
    done = subprocess.run(
        ["sh", "-c", shell, "sh", *MES_STOCH, "solve", tiny, "--out", str(out), "--no-figures"],
        timeout=TIME_LIMIT_S,
        check=False,
    )
    assert done.returncode == 2
    # nothing that was meant for the closed output has gone into a result
    assert run("settle", out).returncode == 0


def test_a_reader_that_has_gone(tiny: str, tmp_path: Path) -> None:
    out = tmp_path / "run"
    read, write = os.pipe()
    os.close(read)
    done = run("solve", tiny, "--out", out, "--no-figures", stdout=write)
    os.close(write)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert (out / "manifest.json").is_file()


def test_a_linked_instance_is_copied_by_content(tiny: str, tmp_path: Path) -> None:
    linked, shared, out = tmp_path / "linked", tmp_path / "shared.yaml", tmp_path / "run"
    shutil.copytree(tiny, linked)
    (linked / "instance.yaml").rename(shared)
    (linked / "instance.yaml").symlink_to(shared)
    assert run("solve", linked, "--out", out, "--no-figures").returncode == 0
    shared.unlink()
    copy = out / "instance" / "instance.yaml"
    assert not copy.is_symlink()
    assert copy.read_bytes() == (Path(tiny) / "instance.yaml").read_bytes()
    assert run("settle", out).returncode == 0
