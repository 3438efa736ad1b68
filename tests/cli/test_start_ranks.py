"""`--ranks N` starts the launcher, and is the one that a user signals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers import signalled
from helpers.launched import command, environment

from mes_stoch.cli.main import run

TIME_LIMIT_S = 120


@pytest.mark.mpi
def test_ranks_are_started(mpiexec: str, tiny: str, tmp_path: Path) -> None:
    line = command(1, "solve", tiny, "--method", "decomposition", "--ranks", 2, "--out", "run", "--no-figures")
    done = subprocess.run(
        line, capture_output=True, text=True, timeout=TIME_LIMIT_S, cwd=tmp_path, env=environment(), check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("proven interval") == 1
    summary = json.loads((tmp_path / "run" / "summary.json").read_text(encoding="utf-8"))
    assert summary["ranks"] == 2
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text(encoding="utf-8"))
    assert "--ranks 2" in manifest["command"]


@pytest.mark.mpi
def test_an_error_of_the_ranks_has_its_own_code(mpiexec: str, tmp_path: Path) -> None:
    line = command(1, "solve", "nothing", "--ranks", 2)
    done = subprocess.run(
        line, capture_output=True, text=True, timeout=TIME_LIMIT_S, cwd=tmp_path, env=environment(), check=False
    )
    assert done.returncode == 2
    assert done.stderr.count("found no such folder") == 1


def test_ranks_under_a_launcher_of_another_number(
    tiny: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PMI_SIZE", "2")
    monkeypatch.setenv("PMI_RANK", "0")
    code, _ = run(["solve", tiny, "--ranks", "3"])
    assert code == 2
    assert "--ranks 3 under a launcher that has started 2" in capsys.readouterr().err.replace("\n", " ")


@pytest.mark.mpi
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are looked at through /proc")
def test_ranks_end_when_the_starting_process_is_killed(mpiexec: str, instances: Path, tmp_path: Path) -> None:
    """SIGKILL cannot be passed on; the end of the pipe can be read."""
    line = command(1, "solve", instances / "hospital_fr", "--scenarios", 6, "--gap", "1e-9", "--ranks", 2)
    line += ["--method", "decomposition", "--out", "run", "--no-figures"]
    mark = {**environment(), signalled.MARK: str(tmp_path)}
    with (tmp_path / "said").open("wb") as said:
        process = subprocess.Popen(line, stdout=said, stderr=said, env=mark, cwd=tmp_path, start_new_session=True)
        try:
            assert signalled.wait_for(lambda: signalled.listening(str(tmp_path)) == 3, 60)
            time.sleep(1.0)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            assert signalled.wait_for(lambda: not list(signalled.marked(str(tmp_path))), signalled.PATIENCE_S)
        finally:
            for pid in signalled.marked(str(tmp_path)):
                os.kill(pid, signal.SIGKILL)
    text = (tmp_path / "said").read_text(encoding="utf-8")
    assert "interrupted" in text
    assert "Traceback" not in text
    assert (tmp_path / "run" / "manifest.json").exists() or not (tmp_path / "run").exists()
