"""``mes-stoch fit``."""

from __future__ import annotations

from pathlib import Path

import click

from mes_stoch.cli import output
from mes_stoch.cli.options import force_option
from mes_stoch.schema.errors import UsageError

_EPILOG = """\b
Examples:
  mes-stoch fit prices.yaml --out mysite/process.json
  mes-stoch fit prices.yaml --out mysite/process.json --diagnose

\b
A specification:
  country: FR
  timezone: Europe/Paris
  period_h: 1
  files:
    - file: day_ahead_2019.csv
      rename: {day_ahead_price_fr_eur_per_mwh: da_price_eur_per_mwh}
  months_kept_back: [2019-03, 2019-09]
  parts:
    - {kind: day_bootstrap, series: [da_price_eur_per_mwh]}

\b
An instance draws from it with
  uncertainty: {kind: synthetic, process: fitted, process_file: process.json, seed: 1}

\b
Exit codes: 0 done, 2 the specification, a file or the command is not right.
"""


@click.command(epilog=_EPILOG, short_help="Fit a scenario process to past series.")
@click.argument("specification", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("process.json"),
    show_default=True,
    metavar="FILE",
    help="File of the fitted process to write.",
)
@click.option(
    "--diagnose",
    is_flag=True,
    help="Hold the process against the months kept back: means, quantiles, autocorrelation, correlation, spikes.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of what --diagnose draws.")
@force_option
def fit(specification: Path, out: Path, diagnose: bool, seed: int, force: bool) -> None:
    """Fit a scenario process to past series, and write its parameters to one file.

    SPECIFICATION is a YAML file that names the files of past series (as publishers write them, see `mes-stoch data`),
    the months to keep back, and the parts of the process in the order in which they draw.
    """
    if out.exists() and not force:
        raise UsageError(f"{out} exists; choose another --out, or add --force to overwrite it")
    from mes_stoch.api import fitting

    fitted = fitting.fit(specification)
    fitted.write(out)
    for line in fitted.lines():
        output.result(line)
    output.result(f"{out}: written")
    if diagnose:
        output.result(fitted.diagnosis_text(seed))
