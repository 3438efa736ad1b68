"""What is to be reached, and whether the measured rows reach it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from mes_stoch.bench.settings import DRIVER_RANKS
from mes_stoch.bench.store import Row, finite

#: ``open``: a peer was stopped too early to tell.
Verdict = Literal["yes", "no", "open", "not measured"]

_EF_SIZE = 100
_DRIVER_SIZES = (30, 100)
_FLOOR_SIZES = (100, 1000)
_LARGE = 1000
_LARGEST, _SMALLEST = 10000, 100


@dataclass(frozen=True)
class Goal:
    """One goal with what was measured for it.

    Parameters
    ----------
    text : str
        What is compared with what.
    scenarios : str
        At which size.
    goal : str
        The value to reach.
    measured : str
        The value measured, with what it is made of; ``-`` where it was not.
    reached : str
    """

    text: str
    scenarios: str
    goal: str
    measured: str
    reached: Verdict


def goals(rows: Sequence[Row], limit_factor: float) -> list[Goal]:
    """All goals, judged by rows without bid rules."""
    plain = [row for row in rows if not row["bids"] and row["status"] != "failed"]
    return [
        *(_floor(plain, size) for size in _FLOOR_SIZES),
        _peer(plain, "ef", _EF_SIZE, limit_factor),
        *(_peer(plain, "mpisppy_driver", size, limit_factor) for size in _DRIVER_SIZES),
        _hedging(plain),
        _stamping(plain),
        _memory(plain),
        _flat(plain),
        _speed_up(plain),
    ]


def own_at(rows: Iterable[Row], size: int, ranks: int | None = None) -> list[Row]:
    """The own solver's runs at a size that reached their gap, most ranks first."""
    found = [
        row
        for row in rows
        if row["kind"] == "own"
        and row["scenarios"] == size
        and not row["bids"]
        and row["process_time_to_gap_s"] is not None
        and (ranks is None or row["ranks"] == ranks)
    ]
    return sorted(found, key=lambda row: -int(row["ranks"]))


def own_timed(rows: Iterable[Row]) -> list[Row]:
    """The own solver's runs without bid rules that have a time, at every size."""
    return [row for row in rows if row["kind"] == "own" and not row["bids"] and row["time_s"] is not None]


def own_beside(rows: Sequence[Row], kind: str, size: int) -> Row | None:
    """The own solver's run that a peer is compared with.

    Beside mpi-sppy's driver the one with as many ranks as that takes; otherwise, or where there is none, the one with
    as many as there are cores, or the most below that.
    """
    same_ranks = own_at(rows, size, DRIVER_RANKS) if kind == "mpisppy_driver" else []
    within_cores = (row for row in own_at(rows, size) if int(row["ranks"]) <= int(row["cores"]))
    return same_ranks[0] if same_ranks else next(within_cores, None)


def times_slower(peer: Row, own: Row, limit_factor: float) -> tuple[float, bool]:
    """How many times longer a peer took, start of its processes included, and whether it was stopped before its end.

    A peer that was stopped counts with the factor at which it was.
    """
    reference = float(own["process_time_to_gap_s"])
    if peer["process_time_to_gap_s"] is not None:
        return float(peer["process_time_to_gap_s"]) / reference, False
    return min(float(peer["process_wall_s"]) / reference, limit_factor), True


def _floor(rows: Sequence[Row], size: int) -> Goal:
    text = "time to the gap / one cold MIP solve of every scenario"
    measured: list[tuple[float, str]] = []
    for own in own_at(rows, size):
        for floor in rows:
            same = (floor["kind"], floor["variant"], floor["scenarios"]) == ("floor", "scenario_options", size)
            if same and floor["ranks"] == own["ranks"] and floor["time_s"]:
                ratio = float(own["time_s"]) / float(floor["time_s"])
                cpu = float(own["time_cpu_s"]) / float(floor["time_cpu_s"])
                times = f"{own['time_s']:.1f} / {floor['time_s']:.1f} s, {_ranks(own)}; CPU {cpu:.2f}"
                measured.append((ratio, f"{ratio:.2f} ({times})"))
    # every number of ranks has to reach it
    return _judge(text, f"{size:,}", "<= 2, then 1", measured, lambda ratio: ratio <= 2, worst=max)


def _peer(rows: Sequence[Row], kind: str, size: int, limit_factor: float) -> Goal:
    text = {
        "ef": "HiGHS on the extensive form, the better of two / own solver, all cores",
        "mpisppy_driver": "mpi-sppy's generic_cylinders, the better of two / own solver, same ranks",
    }[kind]
    own = own_beside(rows, kind, size)
    measured = []
    for peer in rows:
        if peer["kind"] != kind or peer["scenarios"] != size or own is None or not _comparable(peer):
            continue
        ratio, stopped = times_slower(peer, own, limit_factor)
        took = f"{peer['process_wall_s']:.0f} / {own['process_time_to_gap_s']:.1f} s, own solver with {_ranks(own)}"
        measured.append((ratio, f"{'> ' if stopped else ''}{ratio:.1f} ({took})"))
    goal = _judge(text, f"{size:,}", ">= 20", measured, lambda ratio: ratio >= 20 * (1 - 1e-9), worst=min)
    too_early = goal.reached == "no" and goal.measured.startswith(">")
    return replace(goal, reached="open") if too_early else goal


def _comparable(peer: Row) -> bool:
    """A peer that ended by itself without the gap says nothing of time."""
    return peer["process_time_to_gap_s"] is not None or peer["status"] == "stopped"


def _hedging(rows: Sequence[Row]) -> Goal:
    measured = []
    for row in rows:
        if row["kind"] == "hedging":
            ratio = float(row["through_ms"]) / float(row["bare_ms"])
            measured.append((ratio, f"{ratio:.2f} ({row['through_ms']:.2f} / {row['bare_ms']:.2f} CPU-ms)"))
    text = "PH scenario-iteration through mpi-sppy / bare HiGHS re-solve (LP)"
    return _judge(text, _sizes(rows, "hedging"), "<= 1.3", measured, lambda ratio: ratio <= 1.3, worst=max)


def _stamping(rows: Sequence[Row]) -> Goal:
    measured = []
    for row in rows:
        if row["kind"] == "stamping":
            total = float(row["stamp_ms"]) + float(row["hand_over_ms"])
            measured.append((total, f"{total:.2f} ms ({row['stamp_ms']:.2f} + {row['hand_over_ms']:.2f} CPU-ms)"))
    text = "stamped build and hand-over per scenario"
    return _judge(text, _sizes(rows, "stamping"), "<= 2 ms", measured, lambda ms: ms <= 2.0, worst=max)


def _memory(rows: Sequence[Row]) -> Goal:
    measured = []
    for row in own_at(rows, _LARGEST):
        gib = finite(row["peak_memory_mib"]) / 1024
        if math.isfinite(gib):
            measured.append((gib, f"{gib:.1f} GiB ({_ranks(row)})"))
    text = "peak memory, all processes"
    return _judge(text, f"{_LARGEST:,}", "<= 16 GiB", measured, lambda gib: gib <= 16.0, worst=max)


def _flat(rows: Sequence[Row]) -> Goal:
    small, large = own_at(rows, _SMALLEST, 1), own_at(rows, _LARGEST, 1)
    measured = []
    if small and large:
        per = [1000 * float(row["time_cpu_s"]) / int(row["scenarios"]) for row in (small[0], large[0])]
        change = per[1] / per[0] - 1
        measured.append((abs(change), f"{100 * change:+.1f} % ({per[0]:.0f} -> {per[1]:.0f} CPU-ms)"))
    scenarios = f"{_SMALLEST:,} -> {_LARGEST:,}"
    return _judge("cost per scenario", scenarios, "within 15 %", measured, lambda change: change <= 0.15, worst=max)


def _speed_up(rows: Sequence[Row]) -> Goal:
    one, two = own_at(rows, _LARGE, 1), own_at(rows, _LARGE, 2)
    measured = []
    if one and two:
        ratio = float(one[0]["time_s"]) / float(two[0]["time_s"])
        measured.append((ratio, f"{ratio:.2f} ({one[0]['time_s']:.1f} / {two[0]['time_s']:.1f} s)"))
    return _judge("2 ranks against 1", f"{_LARGE:,}", ">= 1.8", measured, lambda ratio: ratio >= 1.8, worst=min)


def _judge(
    text: str,
    scenarios: str,
    goal: str,
    measured: list[tuple[float, str]],
    reaches: Callable[[float], bool],
    *,
    worst: Callable[..., tuple[float, str]],
) -> Goal:
    """A goal is judged by the measurement that is worst for the own solver."""
    if not measured:
        return Goal(text, scenarios, goal, "-", "not measured")
    value, said = worst(measured, key=lambda one: one[0])
    return Goal(text, scenarios, goal, said, "yes" if reaches(value) else "no")


def _ranks(row: Row) -> str:
    return "1 process" if row["ranks"] == 1 else f"{row['ranks']} processes"


def _sizes(rows: Iterable[Row], kind: str) -> str:
    return ", ".join(f"{row['scenarios']:,}" for row in rows if row["kind"] == kind) or "-"
