"""Ctrl-C ends a long run with what it has proven so far."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

HOSPITAL = Path(__file__).resolve().parents[2] / "instances" / "hospital_fr"


@pytest.mark.slow
@pytest.mark.parametrize("method", ["ef", "ph"])
def test_interrupted_run_writes_a_proven_interval(tmp_path: Path, method: str) -> None:
    out = tmp_path / "run"
    command = [sys.executable, "-m", "mes_stoch", "solve", str(HOSPITAL), "--scenarios", "8", "--method", method]
    with subprocess.Popen(
        [*command, "--gap", "1e-9", "--out", str(out), "--no-figures"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        # the first row with a gap: both bounds are there, however slow the machine
        for line in process.stderr:
            if "%" in line:
                break
        time.sleep(1.0)
        assert process.poll() is None, "the run ended before it could be interrupted"
        process.send_signal(signal.SIGINT)
        process.stderr.read()
        code = process.wait(timeout=120)
    assert code == 5
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert summary["status"] == "interrupted"
    assert summary["bound_lower"] <= summary["bound_upper"]
    assert summary["objective"] == pytest.approx(summary["bound_lower"])
