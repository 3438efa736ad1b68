"""What day-ahead information and a MW of each device are worth, by hand."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from helpers.three_stage_folder import THREE_STAGE_PROFIT, TWO_STAGE_PROFIT, write_folder

import mes_stoch as ms
from mes_stoch.cli.main import run as run_command
from mes_stoch.evaluation.bracket import Bracket
from mes_stoch.evaluation.evaluation import evaluation_schema
from mes_stoch.schema.errors import UsageError

_PLAIN_LOW = """\
scenario,time,da_price_eur_per_mwh,id_price_eur_per_mwh
low,2025-01-15T00:00+01:00,50,20
high,2025-01-15T00:00+01:00,50,90
plain,2025-01-15T00:00+01:00,50,20
"""


def middle(bracket: Bracket) -> float:
    assert 0 <= bracket.width <= 1e-4
    return (bracket.lower + bracket.upper) / 2


def test_information_by_hand(tmp_path: Path) -> None:
    """The folder's site, but with an intraday price of 20 at ``plain`` too, whose best positions are those of ``low``.

    A position each: 3/4 (10 G + 30) + 1/4 (10 G + 40) = 10 G + 32.5, so r = 2: 24 + 32.5 = 56.5.
    A position a node: 10 G + 2.5 for low and high with d = G - 1, and (10 G + 30) / 2: 15 G + 17.5, so r = 0: 47.5.
    One position: 3/4 low(d) + 1/4 high(d) has the slopes 22.5 - 10 up to d = 1 and 7.5 - 10 beyond: d = 1,
    3/4 * 30 + (50 G - 40) / 4 = 12.5 G + 12.5, so r = 0: 37.5.
    """
    site = ms.read(write_folder(tmp_path / "site", scenarios=_PLAIN_LOW))
    found = ms.evaluate(site, day_ahead=True, gap_rel=1e-9).day_ahead_information
    assert found is not None
    levels = [middle(bracket) for bracket in (found.nothing_known, found.node_known, found.leaf_known)]
    assert levels == pytest.approx([37.5, 47.5, 56.5])
    assert middle(found.value) == pytest.approx(10.0)
    assert middle(found.foresight) == pytest.approx(9.0)


def test_information_that_changes_nothing(tmp_path: Path) -> None:
    """As the folder is, ``plain`` earns the same with any position within 1 MW: that of the others will do."""
    site = ms.read(write_folder(tmp_path / "site"))
    found = ms.evaluate(site, day_ahead=True, gap_rel=1e-9).day_ahead_information
    assert found is not None
    assert middle(found.value) == pytest.approx(0.0, abs=1e-4)
    assert middle(found.foresight) == pytest.approx(TWO_STAGE_PROFIT - THREE_STAGE_PROFIT)


def test_a_generator_by_hand(tmp_path: Path) -> None:
    """With G beyond 2 the folder's d = G - 1 is beyond 1, where ``low`` rises by 10: low and high earn 10 G + 10 and
    10 G + 40, together with ``plain`` 10 G + 12.5.

    So the generator's slope is 15 below 2 MW and 10 above: the shadow price of more is 10. A step of 0.2 MW goes into
    reserve, which pays 12: 2.4.
    """
    site = ms.read(write_folder(tmp_path / "site"))
    found = ms.evaluate(site, devices=True, device_step=0.2, gap_rel=1e-9).device_values
    assert found is not None
    generator = found.devices["components.generator.power_max_mw"]
    assert (generator.limit, generator.step, generator.unit) == (2.0, 0.2, "MW")
    assert generator.shadow_price == pytest.approx(10.0, rel=1e-4)
    assert middle(generator.step_value) == pytest.approx(2.4, abs=1e-4)
    # 100 MW of grid are never used
    grid = found.devices["components.grid.export_max_mw"]
    assert grid.shadow_price == pytest.approx(0.0, abs=1e-6)
    assert middle(grid.step_value) == pytest.approx(0.0, abs=1e-4)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, target = write_folder(tmp_path / "site"), tmp_path / "found.json"
    assert run_command(["evaluate", str(folder), "--devices", "--day-ahead", "--out", str(target)])[0] == 0
    shown = capsys.readouterr().out
    assert "generator.power_max_mw" in shown
    assert "value of the day-ahead information" in shown
    assert max(len(line) for line in shown.splitlines()) <= 110
    document = json.loads(target.read_text(encoding="utf-8"))
    jsonschema.validate(document, evaluation_schema())
    # a tenth of 2 MW, all of it sold as reserve at 12
    assert document["device_values"]["devices"]["components.generator.power_max_mw"]["step_value"][
        "upper"
    ] == pytest.approx(2.4, abs=0.1)


def test_what_makes_no_sense(tmp_path: Path, instances: Path) -> None:
    site = ms.read(write_folder(tmp_path / "site"))
    with pytest.raises(UsageError, match="above 0 MW"):
        ms.evaluate(site, devices=True, device_step=0.0)
    with pytest.raises(UsageError, match="weighs risk"):
        ms.evaluate(site.with_risk("worst_case"), devices=True)


def test_a_run_has_devices_as_its_instance_has(tmp_path: Path) -> None:
    """A run's instance is a copy of its own, from which the limits are varied."""
    run = ms.solve(ms.read(write_folder(tmp_path / "site")))
    assert run is not None
    found = ms.evaluate(run, devices=True, device_step=0.2, gap_rel=1e-9).device_values
    assert found is not None
    assert middle(found.devices["components.generator.power_max_mw"].step_value) == pytest.approx(2.4, abs=1e-4)
