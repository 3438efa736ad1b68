"""``import mes_stoch as ms``: the names of the front door, whatever was imported before."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import mes_stoch as ms
from mes_stoch.report.progress import Progress
from mes_stoch.schema.errors import UsageError
from mes_stoch.solvers.certificate import bounds


def test_solve_is_the_function_and_the_package(instances: Path) -> None:
    assert bounds.__name__ == "mes_stoch.solvers.certificate.bounds"
    points: list[Progress] = []
    run = ms.solve(ms.read(instances / "tiny_site"), progress=points.append)
    assert run.objective == pytest.approx(-687.5)
    assert isinstance(run, ms.Run)
    assert points[-1].profit == pytest.approx(-687.5)


@pytest.mark.parametrize("first", ["ms.solve", "import mes_stoch.solvers.certificate.result", "ms.read"])
def test_order_of_import_does_not_matter(first: str) -> None:
    lines = ["import inspect", "import mes_stoch as ms", first, "assert inspect.isfunction(ms.solve)"]
    lines += ["import mes_stoch.solvers.highs.model, mes_stoch.settlement", "assert inspect.isfunction(ms.solve)"]
    lines += ["assert inspect.isfunction(ms.settle)", "assert ms.solvers.highs.model.version()"]
    code = "\n".join(lines)
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_run_can_be_written_and_read(instances: Path, tmp_path: Path) -> None:
    site = ms.read(instances / "tiny_site")
    run = ms.solve(site, site.tree())
    again = ms.read_run(run.write(tmp_path / "run"))
    assert again.objective == run.objective
    assert again.settings.command is None


def test_bid_rules_of_a_site_can_be_switched(instances: Path) -> None:
    site = ms.read(instances / "tiny_site")
    assert site.with_bids() is site
    assert site.with_bids(minimum=True, steps=True) is site
    free = site.with_bids(steps=False)
    assert (free.instance.bids.minimum, free.instance.bids.steps) == (True, False)
    assert site.instance.bids.steps
    run = ms.solve(free.with_bids(minimum=False))
    assert run.summary["bid_rules"] == {"minimum_bids": False, "bid_steps": False}


def test_numbers_that_were_changed_before_stay_changed(instances: Path) -> None:
    once = ms.read(instances / "tiny_site").replace({"components.grid.import_max_mw": 7.0})
    twice = once.replace({"components.grid.export_max_mw": 6.0})
    limits = [site.instance.components["grid"].import_max_mw for site in (once, twice)]  # type: ignore[attr-defined]
    assert limits == [7.0, 7.0]
    again = twice.replace({"components.grid.import_max_mw": 8.0}).instance.components["grid"]
    assert (again.import_max_mw, again.export_max_mw) == (8.0, 6.0)  # type: ignore[attr-defined]


def test_options_that_make_no_sense(instances: Path) -> None:
    site = ms.read(instances / "tiny_site")
    with pytest.raises(UsageError, match="auto, ef, decomposition and ph"):
        ms.solve(site, method="simplex")
    for option in ("gap_rel", "time_limit_s", "threads"):
        with pytest.raises(UsageError, match=option):
            ms.solve(site, **{option: 0})
    with pytest.raises(AttributeError, match="no attribute 'solv'"):
        _ = ms.solv
