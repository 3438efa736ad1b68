"""The benchmark's result as text: goals first, then every row a reader may want to check them by."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from mes_stoch.bench.goals import goals, own_at, own_beside, own_timed, times_slower
from mes_stoch.bench.phases import PHASES
from mes_stoch.bench.store import BenchFolder, Row, finite

_LABELS = {
    ("own", ""): "own solver",
    ("floor", "scenario_options"): "floor: every scenario once",
    ("floor", "highs_defaults"): "floor, HiGHS' defaults",
    ("ef", "simplex"): "HiGHS, extensive form",
    ("ef", "interior_point"): "HiGHS, extensive form, interior point",
    ("mpisppy_driver", "scenarios"): "generic_cylinders",
    ("handover", "stamped"): "stamped arrays",
    ("handover", "linopy"): "linopy",
}
_VERSIONS = ("mes_stoch", "highspy", "pyomo", "mpi-sppy", "mpi4py", "mpich", "openmpi", "linopy", "numpy", "scipy")


def report(folder: BenchFolder) -> str:
    """Markdown of everything, which reads as well on a terminal."""
    rows = folder.rows()
    head = folder.head
    factor = float(head["settings"]["limit_factor"])
    parts = [
        _origin(head, rows),
        _section("Goals", _goals(rows, factor)),
        _section("Time to the certified gap, bid rules off", _times(rows, factor)),
        _section("Bid steps and minimum bids on", _with_bids(rows)),
        _section("Where the own solver's time goes, wall seconds", _phases(rows)),
        _section("Cost per scenario", _scaling(rows)),
        _section("Building the extensive form and handing it to HiGHS", _handover(rows)),
        _section("One scenario before anything is solved, CPU milliseconds", _stamping(rows)),
        _section("Failed", _failed(rows)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def row_label(row: Row) -> str:
    """What was measured, in a reader's words."""
    name = _LABELS.get((row["kind"], row["variant"] or ""))
    if name is None and row["kind"] == "mpisppy_driver":
        name = f"generic_cylinders, {row['variant'].replace('_', ' ')}"
    if row["kind"] == "own" and ":" in str(row["method"]):
        return f"own solver, {str(row['method']).partition(': ')[2]}"
    return name or str(row["kind"])


def _origin(head: dict[str, Any], rows: Sequence[Row]) -> str:
    machine, settings, versions = head["machine"], head["settings"], head["versions"]
    dates = sorted({str(row["ended_utc"])[:10] for row in rows})
    codes = sorted({str(row["code"]) for row in rows if row["code"]})
    seeds = sorted({str(row["seed"]) for row in rows if row["seed"] is not None})
    measured = dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"
    used = ", ".join(f"{name} {versions[name]}" for name in _VERSIONS if versions.get(name))
    loads = [finite(row["load_average"]) for row in rows]
    load = max((value for value in loads if math.isfinite(value)), default=math.nan)
    lines = [
        f"Instance `{settings['instance']}`, seed {', '.join(seeds) or 'none'}; method `{settings['method']}`; gap "
        f"{100 * settings['gap_rel']:g} %. Measured {measured}.",
        f"Machine: {machine['cpu']}, {machine['cores']} cores, {machine['memory_gib']} GiB; {machine['system']}; load "
        f"average before a measurement at most {load:.1f}.",
        f"Versions: Python {versions['python']}, {used}.",
    ]
    if len(codes) > 1:
        lines.append(f"**Rows of {len(codes)} different states of the code** ({', '.join(codes)}): not one run.")
    return "\n".join(lines)


def _goals(rows: Sequence[Row], factor: float) -> str:
    header = ("measure", "scenarios", "goal", "measured", "reached")
    found = [(goal.text, goal.scenarios, goal.goal, goal.measured, goal.reached) for goal in goals(rows, factor)]
    return table(header, found)


def _times(rows: Sequence[Row], factor: float) -> str:
    chosen = _ordered(
        row for row in rows if row["kind"] in ("own", "floor", "ef", "mpisppy_driver") and not row["bids"]
    )
    header = ("scenarios", "who", "processes", "s", "CPU s", "s with start", "/ own", "MiB", "gap %", "profit EUR in")
    return table(header, [_time_row(rows, row, factor) for row in chosen if row["status"] != "failed"])


def _time_row(rows: Sequence[Row], row: Row, factor: float) -> tuple[str, ...]:
    return (
        f"{row['scenarios']:,}",
        row_label(row),
        _processes(row),
        _seconds(row["time_s"]) if row["status"] != "stopped" else f"> {_seconds(row['process_wall_s'])}",
        _seconds(row["time_cpu_s"] if row["time_cpu_s"] is not None else row["process_cpu_s"]),
        _seconds(row["process_wall_s"]),
        _against_own(rows, row, factor),
        _number(row["peak_memory_mib"], "{:.0f}"),
        _number(row["gap_reached"], "{:.3f}", 100.0),
        _interval(row),
    )


def _against_own(rows: Sequence[Row], row: Row, factor: float) -> str:
    size = int(row["scenarios"])
    if row["kind"] == "floor":
        own_runs = own_at(rows, size, int(row["ranks"]))
        return f"{row['time_s'] / own_runs[0]['time_s']:.2f} x" if own_runs and row["time_s"] else "-"
    if row["kind"] not in ("ef", "mpisppy_driver"):
        return ""
    own = own_beside(rows, row["kind"], size)
    if own is None:
        return "-"
    if row["process_time_to_gap_s"] is None and row["status"] != "stopped":
        return "gap not reached"
    ratio, stopped = times_slower(row, own, factor)
    return f"> {ratio:.3g} x" if stopped else f"{ratio:.1f} x"


def _with_bids(rows: Sequence[Row]) -> str:
    header = ("scenarios", "processes", "status", "s", "CPU s", "gap %", "profit EUR in", "s without the rules")
    found = []
    for row in _ordered(row for row in rows if row["bids"] and row["status"] != "failed"):
        without = own_at(rows, int(row["scenarios"]), int(row["ranks"]))
        found.append(
            (
                f"{row['scenarios']:,}",
                str(row["ranks"]),
                str(row["status"]).replace("_", " "),
                _seconds(row["time_s"]),
                _seconds(row["time_cpu_s"]),
                _number(row["gap_reached"], "{:.3f}", 100.0),
                _interval(row),
                _seconds(without[0]["time_s"]) if without else "-",
            )
        )
    return table(header, found)


def _phases(rows: Sequence[Row]) -> str:
    header = ("scenarios", "processes", *(phase.replace("_", "-") for phase in PHASES))
    return table(
        header,
        [
            (f"{row['scenarios']:,}", str(row["ranks"]), *(_seconds(row[f"{phase}_s"]) for phase in PHASES))
            for row in _ordered(own_timed(rows))
        ],
    )


def _scaling(rows: Sequence[Row]) -> str:
    header = ("scenarios", "processes", "ms", "CPU ms", "MiB", "MiB a scenario")
    found = []
    for row in _ordered(own_timed(rows)):
        count = int(row["scenarios"])
        found.append(
            (
                f"{count:,}",
                str(row["ranks"]),
                _number(row["time_s"], "{:.1f}", 1000 / count),
                _number(row["time_cpu_s"], "{:.1f}", 1000 / count),
                _number(row["peak_memory_mib"], "{:.0f}"),
                _number(row["peak_memory_mib"], "{:.2f}", 1 / count),
            )
        )
    return table(header, found)


def _handover(rows: Sequence[Row]) -> str:
    header = ("scenarios", "who", "build s", "hand-over s", "CPU s", "MiB", "rows", "columns", "entries")
    found = [
        (
            f"{row['scenarios']:,}",
            row_label(row),
            _number(row["build_s"], "{:.3f}"),
            _number(row["hand_over_s"], "{:.3f}"),
            _number(row["time_cpu_s"], "{:.3f}"),
            _number(row["peak_memory_mib"], "{:.0f}"),
            *(_number(row[name], "{:,.0f}") for name in ("rows", "columns", "entries")),
        )
        for row in _ordered(row for row in rows if row["kind"] == "handover" and row["status"] != "failed")
    ]
    return table(header, found)


def _stamping(rows: Sequence[Row]) -> str:
    header = ("scenarios", "draw", "stamp", "hand-over", "compile, once, s")
    found = [
        (
            f"{row['scenarios']:,}",
            *(_number(row[f"{name}_ms"], "{:.2f}") for name in ("draw", "stamp", "hand_over")),
            _seconds(row["compile_s"]),
        )
        for row in _ordered(row for row in rows if row["kind"] == "stamping" and row["status"] != "failed")
    ]
    return table(header, found)


def _failed(rows: Sequence[Row]) -> str:
    found = [(row["key"], str(row["note"])) for row in _ordered(row for row in rows if row["status"] == "failed")]
    return table(("measurement", "what it said"), found)


def _ordered(rows: Iterable[Row]) -> list[Row]:
    order = {kind: position for position, kind in enumerate(("own", "floor", "ef", "mpisppy_driver", "handover"))}
    key: Callable[[Row], tuple[Any, ...]] = lambda row: (  # noqa: E731
        row["scenarios"],
        order.get(row["kind"], len(order)),
        row["ranks"],
        row["variant"] or "",
    )
    return sorted(rows, key=key)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table with aligned columns; nothing without rows.

    >>> print(table(("who", "s"), [("own", "1.5")]))
    | who | s   |
    |-----|-----|
    | own | 1.5 |
    """
    if not rows:
        return ""
    cells = [[str(cell).replace("|", "/").replace("\n", " ") for cell in row] for row in (header, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def _section(title: str, content: str) -> str:
    return f"### {title}\n\n{content}" if content else ""


def _processes(row: Row) -> str:
    threads = int(row["threads"] or 1)
    return str(row["ranks"]) if threads == 1 else f"{row['ranks']} of {threads} threads"


def _interval(row: Row) -> str:
    lower, upper = finite(row["bound_lower"]), finite(row["bound_upper"])
    if math.isnan(lower) and math.isnan(upper):
        return "-"
    left = "none" if math.isnan(lower) else f"{lower:,.1f}"
    right = "none" if math.isnan(upper) else f"{upper:,.1f}"
    return f"[{left}, {right}]"


def _seconds(value: Any) -> str:
    number = finite(value)
    if math.isnan(number):
        return "-"
    return f"{number:.2f}" if number < 100 else f"{number:.0f}"


def _number(value: Any, form: str, factor: float = 1.0) -> str:
    number = finite(value)
    return "-" if math.isnan(number) else form.format(factor * number)
