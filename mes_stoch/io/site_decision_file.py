"""Decisions of the site that are given, from a file like a run's ``site_decisions.csv`` or a table like it.

Columns ``component``, ``quantity`` and ``value``; ``unit``, which a run writes as well, is not read. A decision that no
row names is not given.
"""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd

from mes_stoch.io.readers.csv_table import Table, numbers, read_table
from mes_stoch.io.readers.locate import did_you_mean, listed, show
from mes_stoch.io.readers.reporter import Reporter
from mes_stoch.schema.errors import InstanceError, Issue, UsageError
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.site_decision import SiteDecision, SiteKey

#: By how much a value may miss a bound: files are written with a few digits, and solvers leave rounding.
TOLERANCE = 1e-6

_COLUMNS = ("component", "quantity", "value")


def site_decisions_from(source: pd.DataFrame | str | Path, instance: Instance) -> dict[SiteKey, float]:
    """Decisions by component and quantity, within their bounds.

    Raises
    ------
    UsageError
        There is no such file.
    InstanceError
        With everything that is wrong: decisions that the instance does not leave open, values out of their bounds.
    """
    if isinstance(source, str | Path):
        path = Path(source)
        if not path.is_file():
            raise UsageError(f"{path}: no such file of decisions of the site")
        reporter, where = Reporter(path.name), str(path)
        table = read_table(path, reporter, _COLUMNS)
    else:
        reporter, where = Reporter("site_decisions"), "the decisions of the site"
        table = _as_table(source, reporter)
    found = {} if table is None else _read(table, reporter, instance.site_decisions())
    if reporter.has_issues or table is None:
        raise InstanceError(where, sorted(reporter.issues, key=_line))
    return found


def beside(commitments: Path) -> Path:
    """Where decisions of the site stand that belong to a file of commitments: ``site_decisions.csv`` of its name."""
    return commitments.with_name(commitments.name.replace("commitments", "site_decisions"))


def _as_table(frame: pd.DataFrame, reporter: Reporter) -> Table | None:
    if not isinstance(frame, pd.DataFrame) or not frame.columns.is_unique:
        raise UsageError("decisions of the site are a file, or a table like Run.site_decisions with each column once")
    names = [str(name) for name in frame.columns]
    for name in _COLUMNS:
        if name not in names:
            reporter.add(None, name, f"columns {listed(names)}", f"a column {name}")
    if reporter.has_issues:
        return None
    columns = {name: ["" if pd.isna(cell) else str(cell) for cell in frame[name]] for name in _COLUMNS}
    return Table(columns, range(1, len(frame) + 1))


def _read(table: Table, reporter: Reporter, known: dict[SiteKey, SiteDecision]) -> dict[SiteKey, float]:
    values = numbers(table, ["value"], reporter)["value"]
    found: dict[SiteKey, float] = {}
    for row, line in enumerate(table.lines):
        key, value = (table.columns["component"][row], table.columns["quantity"][row]), float(values[row])
        decision = known.get(key)
        if decision is None:
            names = [f"{name} {quantity}" for name, quantity in known]
            expected = "a decision that the instance leaves open"
            reporter.add(line, "component", show(" ".join(key)), expected, did_you_mean(" ".join(key), names, "open"))
        elif key in found:
            reporter.add(line, "quantity", f"{' '.join(key)} again", "each decision once")
        elif math.isfinite(value):
            found[key] = min(max(value, decision.lower), decision.upper)
            if abs(found[key] - value) > TOLERANCE * max(1.0, abs(value)):
                expected = f"{decision.lower:g} to {decision.upper:g} {decision.unit}"
                reporter.add(line, "value", f"{value:g} of {' '.join(key)}", expected)
    return found


def _line(issue: Issue) -> int:
    return issue.line or 0
