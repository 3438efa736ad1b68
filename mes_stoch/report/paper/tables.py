"""Tables of a run as files: commitments, streams and, where they were evaluated, policies; CSV and LaTeX."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from mes_stoch.io.artifacts.run_folder import TABLES, RunFolder
from mes_stoch.io.csv_text import csv_text
from mes_stoch.report.html.source import ReportSource
from mes_stoch.report.paper.latex import latex_table
from mes_stoch.report.tables import stream_label, streams_by_group
from mes_stoch.schema.evaluation import PoliciesResult
from mes_stoch.schema.units import with_currency

_SMALL = 5e-7


class NamedTable(NamedTuple):
    """A table with the name of its files and what stands above it."""

    name: str
    caption: str
    frame: pd.DataFrame


def write_tables(source: ReportSource) -> list[Path]:
    """Write every table of a run into ``tables/`` of its folder, as CSV and as LaTeX.

    Raises
    ------
    WriteError
        A file cannot be written.
    """
    target, written = RunFolder(source.folder), []
    for table in paper_tables(source):
        contents = {"csv": csv_text(table.frame), "tex": latex_table(table.frame, table.caption, table.name)}
        for suffix, text in contents.items():
            place = f"{TABLES}/{table.name}.{suffix}"
            written.append(target.put(place, lambda stream, own=text: stream.write(own.encode("utf-8"))))  # type: ignore[misc]
    return written


def paper_tables(source: ReportSource) -> Iterator[NamedTable]:
    """What can be said of a run in tables; those that would be empty are left out."""
    run = source.run
    if run.objective is None:
        return
    site, money = run.summary["instance"], run.currency
    if not run.commitments.empty:
        yield NamedTable("commitments", f"Commitments of {site} by product and block.", _commitments(source))
    text = f"Expected revenues and costs of {site} by stream, {money} over the horizon."
    yield NamedTable("streams", text, _streams(source))
    document = source.evaluation
    if document is not None and document.policies is not None:
        count = document.policies.scenarios
        text = f"Policies at {site} over the same {count} scenarios, {money}; proven brackets."
        yield NamedTable("policies", text, _policies(document.policies))


def _commitments(source: ReportSource) -> pd.DataFrame:
    table, code = source.run.commitments, source.currency
    volumes = [column for column in table.columns if column.startswith("volume_")]
    kept = table[table[volumes].abs().max(axis=1) > _SMALL]
    found = {
        "product": kept["product"].astype(str),
        "direction": kept["direction"].astype(str),
        "block start": [f"{time:%Y-%m-%d %H:%M}" for time in kept["block_start"]],
        "block end": [f"{time:%Y-%m-%d %H:%M}" for time in kept["block_end"]],
    }
    for column in (name for name in table.columns if name.startswith("price_")):
        found[with_currency(column, code)] = kept[column]
    units = {"volume_mw": "MW", "volume_mvar": "Mvar"}
    for column in volumes:
        found[f"volume, {units[column]}"] = kept[column].astype(float)
    return pd.DataFrame(found).reset_index(drop=True)


def _streams(source: ReportSource) -> pd.DataFrame:
    run = source.run
    rows = [
        (group, stream_label(name), value)
        for group, own in streams_by_group(run).items()
        for name, value in sorted(own.items(), key=lambda item: -abs(item[1]))
    ]
    rows.append(("Expected profit", "", sum(value for _, _, value in rows)))
    horizon, year = f"{run.currency} over the horizon", f"{run.currency} a year"
    frame = pd.DataFrame(rows, columns=["group", "stream", horizon])
    exact = frame[horizon].astype(float)
    # a cent of a day is euros of a year: what is rounded is not multiplied
    a_year = exact * float(run.summary["horizons_per_year"])
    return frame.assign(**{horizon: exact.round(2), year: a_year.round(0)})


def _policies(found: PoliciesResult) -> pd.DataFrame:
    money = found.currency
    rows: list[tuple[str | float | None, ...]] = [
        ("stochastic program", found.recourse.lower, found.recourse.upper, None, None, None)
    ]
    for name, one in found.policies.items():
        cvar = None if one.evaluated is None else next(iter(one.evaluated.profit_cvar.values()), None)
        rows.append((name, one.profit.lower, one.profit.upper, one.loss.lower, one.loss.upper, cvar))
    columns = ["policy"] + [
        f"{what}, {money}" for what in ("profit at least", "profit at most", "loss at least", "loss at most", "CVaR")
    ]
    frame = pd.DataFrame(rows, columns=columns)
    # cents, and zero in the place of what rounding leaves of a difference
    return frame.assign(**{name: frame[name].astype(float).round(2) + 0.0 for name in columns[1:]})
