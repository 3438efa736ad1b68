"""What a notebook or a terminal shows of the objects a person holds: short, escaped, nothing from outside."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

import mes_stoch as ms
from mes_stoch.report.run import Run


def test_short_in_a_terminal(tiny_site: ms.Site, tiny_run: Run) -> None:
    found = ms.evaluate(tiny_run, stress=True, commitments=tiny_run.commitments)
    settlement = ms.settle(tiny_run)
    assert repr(tiny_site) == (
        "<Site tiny_site: 6 components, 3 products, 4 periods of 1 h from 2025-01-15T00:00 (Europe/Paris)>"
    )
    assert repr(tiny_site.tree()) == (
        "<ScenarioTree of 4 scenarios: 4 periods from 2025-01-15T00:00:00+01:00, 3 series>"
    )
    assert repr(found) == "<Evaluation of tiny_site: stress, profits>"
    assert repr(settlement.ledger).endswith("in 4 scenarios, EUR>")


def test_html_is_well_formed_and_loads_nothing(tiny_site: ms.Site, tiny_run: Run) -> None:
    found = ms.evaluate(
        tiny_run, stress=True, commitments=tiny_run.commitments, values=True, policies="energy_only", gap_rel=1e-6
    )
    shown = {
        "site": tiny_site._repr_html_(),
        "tree": tiny_site.tree()._repr_html_(),
        "run": tiny_run._repr_html_(),
        "evaluation": found._repr_html_(),
        "ledger": ms.settle(tiny_run).ledger._repr_html_(),
    }
    for name, html in shown.items():
        ElementTree.fromstring(html)
        assert len(html) < 5000, name
        assert not re.search(r"src=|href=|url\(|<script", html), name
    # of the commitment 3 MW and -687.50 EUR: instances/tiny_site/README.md; without it -770.0 EUR
    assert "fr_afrr_up 3 to 3 MW" in shown["run"]
    assert "<td>-687.50 EUR</td>" in shown["run"]
    assert "<td>-687.50 EUR</td>" in shown["evaluation"]
    assert re.search(r"lost by energy_only</th><td>82\.50 to 82\.50 EUR", shown["evaluation"])


def test_what_a_user_wrote_is_escaped(instances: Path, tmp_path: Path) -> None:
    shutil.copytree(instances / "tiny_site", tmp_path / "site")
    path = tmp_path / "site" / "instance.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub("description: .*", 'description: "<script>1 < 2</script>"', text), encoding="utf-8")
    html = ms.read(tmp_path / "site")._repr_html_()
    assert "&lt;script&gt;1 &lt; 2" in html
    assert "<script" not in html


def test_a_run_without_a_commitment_says_so(tiny_run: Run) -> None:
    summary = {**tiny_run.summary, "objective": None, "bound_upper": None, "status": "limit"}
    html = replace(tiny_run, summary=summary, commitments=tiny_run.commitments.iloc[:0])._repr_html_()
    assert "<td>limit</td>" in html
    assert "<td>none</td>" in html


def test_a_ledger_has_moments_in_local_time(tiny_run: Run) -> None:
    ledger = ms.settle(tiny_run).ledger
    frame = ledger.frame()
    assert str(frame["time"].dtype.tz) == "Europe/Paris"
    assert [moment.isoformat() for moment in frame["time"]] == ledger.lines()["time"].tolist()
    # a quarter of each scenario's profit: instances/tiny_site/README.md
    assert 0.25 * frame["amount"].sum() == pytest.approx(-687.5)
