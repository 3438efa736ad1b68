"""The tutorial, step by step: every command of its page runs in an empty folder, and does what the page says."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pandas as pd
import pytest

import mes_stoch as ms
from mes_stoch.cli.main import run as run_command

PAGE = Path(__file__).resolve().parent.parent / "docs" / "tutorial.md"


def commands() -> list[tuple[list[str], bool]]:
    """Every command of the page, and whether it is to fail."""
    blocks = re.findall(r"^```bash( fails)?\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    return [(shlex.split(line)[1:], bool(fails)) for fails, text in blocks for line in text.splitlines()]


@pytest.mark.slow
def test_every_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("plotly", reason="plotly is not installed (extra report)")
    monkeypatch.chdir(tmp_path)
    steps = commands()
    assert [words[0] for words, _ in steps] == [
        "new", "validate", "validate", "site", "solve", "evaluate", "settle", "solve", "report", "report",
    ]  # fmt: skip
    said = {}
    for number, (words, fails) in enumerate(steps):
        code, _ = run_command(words)
        said[number] = "".join(capfd.readouterr())
        assert code == (2 if fails else 0), said[number]
    # 1: the slip is told with the name that was meant
    assert "my_shop is valid: 96 periods" in said[1]
    assert "found 'batery'; expected a component of the instance. Hint: did you mean battery?" in said[2]
    assert (tmp_path / "figures" / "lattice.png").is_file()
    # 3: bids in steps of 0.1 MW, and an interval within the gap that was asked for
    first = ms.read_run("runs/first")
    assert first.summary["gap_rel"] <= 0.02
    assert set(first.commitments["product"]) >= {"fr_afrr_up", "fr_afrr_down"}
    assert (pd.to_numeric(first.commitments["volume_mw"]) * 10 % 1).round(6).isin([0.0, 1.0]).all()
    # 4: nothing is missing, and the accounts agree
    assert "All that is held can be delivered" in said[5]
    assert "The two accounts agree" in said[6]
    # 5: the run says what was replaced; more of a free battery cannot be proven to earn less
    manifest = json.loads(Path("runs/larger/manifest.json").read_text(encoding="utf-8"))
    assert manifest["changed_in_python"] == {"components.battery.energy_max_mwh": 2}
    assert ms.read_run("runs/larger").summary["bound_upper"] >= first.summary["bound_lower"]
    # 6: pages that ask the network for nothing
    for page in ("runs/first/report.html", "comparison.html"):
        text = Path(page).read_text(encoding="utf-8")
        assert "plotly" in text
        assert not re.search(r"<(script|link|img)[^>]+(src|href)=[\"']https?:", text)
    assert "components.battery.energy_max_mwh" in Path("comparison.html").read_text(encoding="utf-8")
