"""``mes-stoch evaluate RUN --flexibility``: the table, the document, the figure, and options that belong to it."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

import mes_stoch as ms
from mes_stoch.cli.main import run as run_command
from mes_stoch.evaluation.evaluation import evaluation_schema
from mes_stoch.schema.errors import UsageError


@pytest.fixture(scope="module")
def tiny_run(tmp_path_factory: pytest.TempPathFactory, instances: Path) -> Path:
    site = ms.read(instances / "tiny_site")
    return ms.solve(site, site.tree(), method="ef").write(tmp_path_factory.mktemp("runs") / "tiny")


def call(*arguments: object) -> int:
    return run_command([str(argument) for argument in arguments])[0]


def test_table_document_and_figure(tiny_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "offer.json"
    assert call("evaluate", tiny_run, "--flexibility", "--durations", "0.25,1,4", "--out", target) == 0
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 100
    assert "15 min" in shown
    assert "more than can be delivered at 0" in shown
    document = json.loads(target.read_text(encoding="utf-8"))
    jsonschema.validate(document, evaluation_schema())
    points = document["flexibility"]["points"]
    # four hours, three durations, two directions
    assert len(points) == 24
    # 3 MW of the process can be shed, and 2 MW of the chp be had back; 3 MW are committed for an hour
    first = {(point["direction"], point["duration_h"]): point for point in points[:6]}
    assert first["up", 1.0]["deviation_mw"] == pytest.approx(3.0, abs=1e-4)
    assert first["up", 1.0]["committed_mw"] == pytest.approx(3.0, abs=1e-4)
    assert (tmp_path / "figures" / "offer_flexibility.png").stat().st_size > 20_000


def test_from_python_and_what_stays_in_the_document(tiny_run: Path) -> None:
    found = ms.evaluate(tiny_run, flexibility=True, durations_h=[1.0], scenario=ms.read_run(tiny_run).profit.index[1])
    assert found.flexibility is not None
    assert set(found.flexibility.table()["duration_h"]) == {1.0}
    figure = ms.plot.flexibility(found, tiny_run / "offer.png")
    assert (tiny_run / "offer.png").is_file()
    assert "what grid can offer" in figure.get_suptitle()
    with pytest.raises(UsageError, match="no flexibility to draw"):
        ms.plot.flexibility(ms.evaluate(tiny_run, stress=True))
    assert found.flexibility.scenario == ms.read_run(tiny_run).profit.index[1]
    target = tiny_run / "evaluation.json"
    ms.evaluate(tiny_run, stress=True).write(target)
    found.write(target)
    document = json.loads(target.read_text(encoding="utf-8"))
    assert document["stress"] is not None
    assert document["flexibility"]["connection"] == "grid"


def test_what_does_not_go_together(instances: Path, tiny_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("evaluate", instances / "tiny_site", "--flexibility") == 2
    assert "flexibility takes a run" in capsys.readouterr().err
    assert call("evaluate", tiny_run, "--stress", "--durations", "1,2", "--return-within", "3") == 2
    told = capsys.readouterr().err
    assert "--durations belongs to --flexibility" in told
    assert "--return-within belongs to --flexibility" in told
    assert call("evaluate", tiny_run, "--flexibility", "--scenario", "nobody") == 2
    assert "no scenario 'nobody'" in capsys.readouterr().err
    with pytest.raises(UsageError, match="of flexibility=True alone"):
        ms.evaluate(tiny_run, stress=True, return_h=1.0)


def test_a_time_limit_leaves_what_was_found(tiny_run: Path, tmp_path: Path) -> None:
    target = tmp_path / "late.json"
    assert call("evaluate", tiny_run, "--flexibility", "--time-limit", "0.001", "--out", target) == 4
    assert json.loads(target.read_text(encoding="utf-8"))["flexibility"]["points"] == []
