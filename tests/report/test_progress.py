"""Progress is told in profit form; bars are shown where they are asked for, and by rank 0 alone."""

from __future__ import annotations

import math
import sys
from types import ModuleType, SimpleNamespace

import pytest

import mes_stoch as ms
from mes_stoch.report.progress import Progress, progress_of
from mes_stoch.report.progress_bar import NotebookBar, is_notebook, solve_bar, told_by_bar
from mes_stoch.solvers.certificate.result import TracePoint
from mes_stoch.solvers.parallel import mpi


def test_bounds_on_cost_become_bounds_on_profit() -> None:
    # between 1,000 and 1,100 of cost is between -1,100 and -1,000 of profit: a gap of 100 over 1,100
    now = progress_of(TracePoint(2.5, 3, lower=1000.0, upper=1100.0, kind="safe", method="ph"))
    assert (now.bound_lower, now.bound_upper, now.profit) == (-1100.0, -1000.0, -1100.0)
    assert now.gap_rel == pytest.approx(1 / 11)
    assert (now.method, now.elapsed_s, now.iteration, now.bound_kind, now.is_proven) == ("ph", 2.5, 3, "safe", True)


def test_a_missing_bound_is_no_profit() -> None:
    now = progress_of(TracePoint(0.0, 0, lower=-math.inf, upper=math.inf, kind="search"))
    assert math.isnan(now.profit)
    assert (now.gap_rel, now.is_proven) == (math.inf, False)


def test_names_of_former_versions_are_read_with_a_note() -> None:
    now = Progress("ef", 1.5, 0, -1100.0, -1000.0, "safe")
    for name, former in {"lower": 1000.0, "upper": 1100.0, "time_s": 1.5, "kind": "safe"}.items():
        with pytest.warns(DeprecationWarning, match=rf"Progress\.{name} goes with the next release"):
            assert getattr(now, name) == former
    with pytest.raises(AttributeError, match="no attribute 'cost'"):
        _ = now.cost


def test_a_solve_tells_its_callback_of_profit(tiny_site: ms.Site) -> None:
    seen: list[Progress] = []
    ms.solve(tiny_site, progress=seen.append)
    assert seen[-1].profit == pytest.approx(-687.5)
    assert seen[-1].bound_upper == pytest.approx(-687.5)
    assert seen[-1].method == "ef"


def test_nothing_is_shown_unless_it_is_asked_for(tiny_site: ms.Site, capfd: pytest.CaptureFixture[str]) -> None:
    run = ms.solve(tiny_site)
    ms.evaluate(run, commitments=run.commitments)
    assert capfd.readouterr() == ("", "")
    run = ms.solve(tiny_site, progress=True)
    shown = capfd.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("solve tiny_site")
    assert "ef: -687.50 to -687.50 EUR" in " ".join(shown.err.split())
    ms.evaluate(run, commitments=run.commitments, progress=True)
    shown = capfd.readouterr()
    assert shown.out == ""
    assert "4 of 4 dispatched" in " ".join(shown.err.split())


def test_other_ranks_show_none(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(mpi, "rank", lambda: 1)
    with solve_bar("solve", 0.01, "EUR") as show:
        assert show is None
    told: list[str] = []
    with told_by_bar("evaluate", told.append, progress=True) as tell:
        assert tell is not None
        tell("one")
    assert told == ["one"]
    assert capfd.readouterr() == ("", "")


def test_a_notebook_gets_one_line_of_html_that_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    display = ModuleType("IPython.display")
    display.HTML = str  # type: ignore[attr-defined]
    handle = SimpleNamespace(update=lines.append)
    display.display = lambda line, display_id: lines.append(line) or handle  # type: ignore[attr-defined]
    shell = ModuleType("IPython")
    monkeypatch.setitem(sys.modules, "IPython", shell)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    # IPython in a terminal has a shell without a kernel
    shell.get_ipython = SimpleNamespace  # type: ignore[attr-defined]
    assert not is_notebook()
    shell.get_ipython = lambda: SimpleNamespace(kernel=object())  # type: ignore[attr-defined]
    assert is_notebook()
    bar = NotebookBar("solve <b>")
    bar.show("a & b", 0.5)
    bar.close()
    assert lines[0].startswith("solve &lt;b&gt; <progress max='1'></progress>")
    assert "<progress max='1' value=\"0.5000\">" in lines[-1]
    assert lines[-1].endswith("a &amp; b")
