"""Progress lines are few, aligned, and in profit form."""

from __future__ import annotations

import math
import time

from mes_stoch.cli.progress import ProgressLines, progress_line
from mes_stoch.report.progress import Progress


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_line_has_time_iteration_bounds_and_gap() -> None:
    words = progress_line(Progress("ef", 12.5, 7, 1000.0, 1100.0)).split()
    assert words == ["12.5s", "7", "1,000.00", "1,100.00", "9.09", "%"]


def test_a_missing_bound_is_never_a_number() -> None:
    line = progress_line(Progress("ef", 0.0, 0, -5.0, math.inf))
    assert "inf" not in line
    assert line.split() == ["0.0s", "0", "-5.00", "none", "yet", "-"]


def test_lines_are_throttled_but_the_last_is_never_lost() -> None:
    lines: list[str] = []
    clock = Clock()
    progress = ProgressLines(lines.append, every_s=2.0, clock=clock)
    for second in range(6):
        clock.now = float(second)
        progress(Progress("ef", clock.now, second, -1.0, 1.0))
    progress.close()
    progress.close()
    assert [line.split()[1] for line in lines] == ["iteration", "0", "2", "4", "5"]
    assert len({len(line) for line in lines}) == 1


def test_silence_is_broken() -> None:
    lines: list[str] = []
    with ProgressLines(lines.append, silence_s=0.0):
        deadline = time.monotonic() + 10.0
        while not lines and time.monotonic() < deadline:
            time.sleep(0.05)
    assert "at work" in lines[0]


def test_what_a_search_says_of_itself_is_called_so() -> None:
    assert progress_line(Progress("ef", 1.0, 0, 1000.0, 1100.0, "search")).endswith("%  search")
    assert progress_line(Progress("ef", 1.0, 0, 1000.0, 1100.0)).endswith("%")


def test_around_nothing_the_gap_is_relative_to_the_money_that_could_move() -> None:
    line = progress_line(Progress("ef", 1.0, 0, 0.0, 1e-9, gap_floor=0.001))
    assert line.split()[-2:] == ["0.0001", "%"]
