"""``mes-stoch bench`` tells a user what is wrong with a command, in one message and with exit code 2."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mes_stoch.cli.main import run

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> tuple[int, str, str]:
        code, _ = run(["bench", *map(str, arguments)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--measures", "speed"), "unknown measure 'speed'; the measures are own, floor, ef"),
        (("--measures", ","), "nothing to measure"),
        (("--sizes", "10,x"), "'10,x' is not a list of positive whole numbers such as 10,30,100"),
        (("--ranks", "0"), "'0' is not a list of positive whole numbers"),
        (("--method", "magic"), "unknown method 'magic'; the methods are"),
        (("--gap", "0"), "--gap"),
        (("--preset", "huge"), "'huge' is not one of"),
        (("--sizes", "3"), "tiny_site has 4 explicit scenarios, and 3 were asked for"),
        # the names of before: understood, as the next thing that is wrong shows
        (("--measures", "ours,stock", "--sizes", "3"), "tiny_site has 4 explicit scenarios, and 3 were asked for"),
        (("--sizes", "4", "--measures", "floor", "--seed", "1"), "a seed has no meaning"),
    ],
)
def test_wrong_options(command: Command, instances: Path, options: tuple[str, ...], message: str):
    code, out, err = command(instances / "tiny_site", *options)
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err
    assert not list(Path("benchmarks").glob("*/measurements")), "nothing was measured"


def test_not_under_a_launcher(command: Command, instances: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PMI_SIZE", "2")
    monkeypatch.setenv("PMI_RANK", "0")
    code, _, err = command(instances / "tiny_site", "--measures", "stamping", "--sizes", "4")
    assert code == 2
    assert "starts its ranks itself" in err


def test_a_document_without_marks_is_told_before_anything_is_measured(
    command: Command, instances: Path, tmp_path: Path
):
    (tmp_path / "page.md").write_text("# Page\n", encoding="utf-8")
    code, _, err = command(instances / "tiny_site", "--measures", "stamping", "--sizes", "4", "--write-docs", "page.md")
    assert code == 2
    assert "page.md lacks the lines" in err
    assert not (tmp_path / "benchmarks").exists()


def test_no_instance(command: Command):
    code, _, err = command("nowhere")
    assert code == 2
    assert "nowhere" in err


def test_a_folder_of_something_else_is_left_alone(command: Command, instances: Path, tmp_path: Path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work", encoding="utf-8")
    code, _, err = command(instances / "tiny_site", "--out", "mine", "--force", "--measures", "floor", "--sizes", "4")
    assert code == 2
    assert "thesis.txt" in err
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


def test_a_report_of_nothing(command: Command, instances: Path, tmp_path: Path):
    code, _, err = command(instances / "tiny_site", "--out", "none", "--report-only")
    assert code == 2
    assert "holds no measurements" in err


def test_help_teaches(command: Command):
    code, out, _ = command("--help")
    assert code == 0
    words = ("floor", "mpisppy_driver", "stock", "handover", "hedging", "--limit-factor", "--report-only", "goes on")
    for word in (*words, "Exit codes"):
        assert word in out


def test_measure_print_and_write_the_document(command: Command, instances: Path, tmp_path: Path):
    page = tmp_path / "page.md"
    page.write_text("# Page\n<!-- bench:start -->\n<!-- bench:end -->\n", encoding="utf-8")
    options = ("--measures", "stamping", "--stamping-scenarios", "4", "--sizes", "4", "--out", "out")
    code, out, err = command(instances / "tiny_site", *options, "--write-docs", page)
    assert code == 0, err
    assert "stamped build and hand-over per scenario" in out
    assert "[1/1] stamping, 4 scenarios, 1 process ..." in err
    assert "stamped build and hand-over per scenario" in page.read_text(encoding="utf-8")
    assert (tmp_path / "out" / "table.md").read_text(encoding="utf-8") in out
    page.write_text("# Page\n<!-- bench:start -->\n<!-- bench:end -->\n", encoding="utf-8")
    code, again, err = command(instances / "tiny_site", "--out", "out", "--report-only", "--write-docs", page)
    assert (code, again) == (0, out)
    assert "stamping, 4 scenarios" not in err, "nothing is measured again"


def test_without_psutil_nothing_is_measured(command: Command, instances: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "psutil", None)
    code, out, err = command(instances / "tiny_site", "--measures", "stamping", "--sizes", "4")
    assert (code, out) == (2, "")
    assert "psutil is not installed: pip install 'mes_stoch[bench]'" in err
    assert not Path("benchmarks").exists()


def test_a_measurement_that_fails_is_told_and_the_others_are_kept(
    command: Command, instances: Path, monkeypatch: pytest.MonkeyPatch
):
    # no extensive form can be handed over by a package that is hidden from the measurement's process
    monkeypatch.setenv("PYTHONPATH", str(_without_linopy(Path("hidden"))))
    options = ("--measures", "handover", "--sizes", "4", "--out", "out")
    code, out, err = command(instances / "tiny_site", *options)
    assert code == 4, err
    assert "handover-linopy-n4-r1" in out
    assert "linopy is not installed: pip install 'mes_stoch[bench]'" in out
    assert "stamped arrays" in out


def _without_linopy(folder: Path) -> Path:
    folder.mkdir()
    (folder / "linopy.py").write_text("raise ModuleNotFoundError('linopy', name='linopy')\n", encoding="utf-8")
    return folder.resolve()
