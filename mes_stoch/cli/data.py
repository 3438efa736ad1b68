"""``mes-stoch data``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mes_stoch.cli import output
from mes_stoch.cli.options import force_option
from mes_stoch.schema.errors import MarketFileError, UsageError

if TYPE_CHECKING:
    from mes_stoch.io.market_files.market_file import ClockRule
    from mes_stoch.io.market_files.market_series import MarketSeries
    from mes_stoch.io.market_files.market_table import MarketTable

_EPILOG = """\b
Examples:
  mes-stoch data "Day-ahead Prices_202201010000-202301010000.csv"      what is in it: span, units, gaps, outliers
  mes-stoch data prices_2024.csv prices_2025.csv imbalance.csv --period 15min --out fr.csv
  mes-stoch data prices.csv --from 2025-01-15 --to 2025-01-16 --out instances/mine/series.csv
  mes-stoch data PUBLIC_DVD_DISPATCHPRICE_202401010000.zip --series energy_price_vic1_aud_per_mwh --out vic1.csv
  mes-stoch data load.csv --columns "time=Zeit, zone=Europe/Berlin, decimal=comma, Last kW=demand_kw"
  mes-stoch data --layouts                                             the layouts that are known

\b
A column map (--columns) is for files of no known layout: text as above, or a file with a line an entry.
  time=COLUMN         the stamps; - for a first column without a name
  zone=ZONE           their zone: Europe/Paris, UTC, +01:00
  COLUMN=NAME         a series; its name ends in the unit: _eur_per_mwh, _mw, _mwh, _degc, _per_unit
  date=COLUMN         the days, where time has the hours alone
  area=COLUMN         where there is a row for each area and period
  format=             iso, day_first, month_first, year_first, compact
  separator=          comma, semicolon, tab;  decimal= point, comma;  thousands= point, comma, space, none
  header=LINE         line of the header;  stamp=end where stamps are ends of periods

\b
From Python: ms.read_market_file(FILE).frame, .findings, .aligned("15min"), .write("series.csv").

\b
Exit codes: 0 done, 2 a file cannot be read without a guess (every problem with its line), or the command is not right.
"""


@click.command(epilog=_EPILOG, short_help="Read market files as downloaded; show what is in them; write tidy series.")
@click.argument("files", metavar="FILE...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--layout", metavar="NAME", help="Of all files; default the layout that recognises each.")
@click.option("--layouts", is_flag=True, help="List the layouts, with what each is recognised by, and stop.")
@click.option("--columns", metavar="MAP", help="What the columns are, in files of no known layout (see below).")
@click.option("--zone", metavar="ZONE", help="Zone of stamps without an offset; default the layout's.")
@click.option(
    "--clock",
    type=click.Choice(["clock", "removed"]),
    help="'removed': every day of the file has 24 hours, whatever the clock does; default the layout's.",
)
@click.option("--series", metavar="NAME,...", help="Of --out: the series to write; default all.")
@click.option(
    "--period",
    metavar="LENGTH",
    help="Of --out: periods of 1h, 30min, 15min or other whole minutes that divide an hour.",
)
@click.option("--from", "first", metavar="TIME", help="Of --out: first period, local time such as 2025-01-15.")
@click.option("--to", "last", metavar="TIME", help="Of --out: end of the last period, local time.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), metavar="CSV", help="Write the series, for an instance."
)
@click.option(
    "--outliers", type=click.IntRange(min=0), default=3, metavar="N", help="Outliers shown of each series; default 3."
)
@force_option
def data(
    files: tuple[Path, ...],
    layout: str | None,
    layouts: bool,
    columns: str | None,
    zone: str | None,
    clock: ClockRule | None,
    series: str | None,
    period: str | None,
    first: str | None,
    last: str | None,
    out: Path | None,
    outliers: int,
    force: bool,
) -> None:
    """Read files of prices, volumes or weather as their publishers write them, and show what is in them.

    ENTSO-E, RTE, regelleistung.net, SMARD, Energy-Charts, EPEX SPOT, Energinet, epftoolbox, AEMO, PVGIS,
    renewables.ninja and Open-Meteo are known; of any other CSV say what the columns are. Shown are the span, zone,
    period and unit of each series, gaps, repeats, how days of 23 and 25 hours were read, and outliers, each with its
    line. Whatever could only be guessed is refused.

    With --out the series are written as an instance takes them: time with its offset, units in the names of columns.
    """
    if layouts:
        _show_layouts()
        return
    if not files:
        raise UsageError("which file? Give one or more: mes-stoch data FILE...")
    needs_out = {"--series": series, "--period": period, "--from": first, "--to": last}
    unused = [name for name, value in needs_out.items() if value is not None]
    if out is None and unused:
        raise UsageError(f"{', '.join(unused)} of --out: name a file to write")
    if out is not None and out.exists() and not force:
        raise UsageError(f"{out} exists; choose another place, or add --force to overwrite it")
    tables = _read(files, layout, columns, zone, clock)
    from mes_stoch.io.market_files.merging import merged_series, resolution_line
    from mes_stoch.report.market_table import render_market_table

    for table in tables:
        output.show(render_market_table(table, table.outliers(outliers) if outliers else ()))
        output.result("")
    if out is None:
        line = resolution_line([one for table in tables for one in table.series])
        if line is not None:
            output.result(line)
        return
    merged = merged_series(tables)
    if series is not None:
        merged = _chosen(merged, series)
    _write(out, merged, period, first, last)


def _read(
    files: tuple[Path, ...], layout: str | None, columns: str | None, zone: str | None, clock: ClockRule | None
) -> list[MarketTable]:
    """All files, or the problems of all that cannot be read."""
    from mes_stoch.io.market_files.front import read_market_file

    tables, errors = [], []
    for path in files:
        try:
            tables.append(read_market_file(path, layout, columns, zone=zone, clock=clock))
        except MarketFileError as error:
            errors.append(error)
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise UsageError("\n".join(str(error) for error in errors))
    return tables


def _chosen(series: tuple[MarketSeries, ...], names: str) -> tuple[MarketSeries, ...]:
    from mes_stoch.io.readers.locate import did_you_mean

    by_name = {one.name: one for one in series}
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    for name in wanted:
        if name not in by_name:
            raise UsageError(f"no series {name}; {did_you_mean(name, list(by_name), 'there are')}")
    return tuple(by_name[name] for name in wanted)


def _write(
    out: Path, series: tuple[MarketSeries, ...], period: str | None, first: str | None, last: str | None
) -> None:
    from mes_stoch.io.market_files.merging import resolution_line
    from mes_stoch.io.market_files.tidy_csv import tidy_frame, write_frame

    line = resolution_line(series)
    if line is not None:
        output.status(line)
    frame = tidy_frame(series, period, first, last)
    missing = frame.isna().sum()
    for name, count in missing[missing > 0].items():
        output.status(f"warning: {name} has no number in {count} of {len(frame)} periods; they are empty in {out}")
    write_frame(out, frame)
    output.status(f"{len(frame)} periods of {len(frame.columns)} series: {out}")


def _show_layouts() -> None:
    from mes_stoch.io.market_files.front import GENERIC, layouts_in_words

    for name, words in layouts_in_words().items():
        output.result(f"{name:<24}{words}")
    output.result(f"{GENERIC:<24}columns that a column map names (--columns)")
