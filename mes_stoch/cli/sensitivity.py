"""``mes-stoch sensitivity``."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from mes_stoch.cli import output
from mes_stoch.cli.options import METHOD, force_option, instance_argument, scenarios_option, seed_option, set_option
from mes_stoch.schema.errors import UsageError

_EPILOG = """\b
Examples:
  mes-stoch sensitivity instances/hospital_fr --scenarios 20 --gap 0.001
  mes-stoch sensitivity instances/hospital_fr --field products.fr_fcr.sustain_h=0.25,0.5
  mes-stoch sensitivity instances/tiny_site --field components.battery.energy_max_mwh=4,8 --out sizes.csv

\b
Exit codes: 0 done, 2 the instance or the command is not right, 4 a gap was not reached (the table is
written all the same).
"""


@click.command(epilog=_EPILOG, short_help="Solve again with other values of rules that are not known.")
@instance_argument
@set_option
@click.option(
    "--sustain",
    is_flag=True,
    help="Vary every time to be held that no source settles (aFRR, FCR, local contracts). The default without --field.",
)
@click.option(
    "--field",
    "fields",
    multiple=True,
    metavar="PATH=V1,V2",
    help="Vary a number of instance.yaml by its dotted path; may be repeated.",
)
@scenarios_option
@seed_option
@click.option("--method", type=METHOD, help="As for solve.")
@click.option("--gap", type=click.FloatRange(min=0, min_open=True), metavar="G", help="Relative gap of each solve.")
@click.option(
    "--time-limit", type=click.FloatRange(min=0, min_open=True), metavar="S", help="Seconds for each of the solves."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="CSV to write; default runs/<instance>-sensitivity-<time>.csv.",
)
@force_option
def sensitivity(
    instance: Path,
    overrides: dict[str, Any],
    sustain: bool,
    fields: tuple[str, ...],
    scenarios: int | None,
    seed: int | None,
    method: str | None,
    gap: float | None,
    time_limit: float | None,
    out: Path | None,
    force: bool,
) -> int:
    """Show how much the answer hangs on rules that are not known.

    Each rule is varied alone and the whole program is solved again over the same scenarios. Printed are expected
    profit, its proven interval, the change and the volume committed; the CSV has every product's.
    """
    from mes_stoch import api
    from mes_stoch.io.csv_text import csv_text
    from mes_stoch.io.files import made_folder, write_whole
    from mes_stoch.report.sensitivity import render_sensitivity

    if out is not None and out.exists() and not force:
        raise UsageError(f"{out} exists; choose another --out, or add --force to overwrite it")
    site = api.read(instance, overrides)
    wanted = _fields(fields)
    if sustain or not wanted:
        wanted = {**api.sustain_fields(site), **wanted}
    table = api.sensitivity(
        site,
        wanted,
        tree=site.tree(scenarios, seed),
        method=method or site.instance.solve.method,
        gap_rel=gap,
        time_limit_s=time_limit,
        remark=output.status,
    )
    output.status("")
    output.show(render_sensitivity(table, site.instance.currency))
    target = out or Path("runs") / f"{site.name}-sensitivity-{datetime.now():%Y%m%d-%H%M%S}.csv"
    made_folder(target.parent)
    text = csv_text(table)
    write_whole(target, lambda stream: stream.write(text.encode("utf-8")))
    output.result(f"Table: {target}")
    return 4 if table["status"].isin(["limit", "interrupted"]).any() else 0


def _fields(texts: tuple[str, ...]) -> dict[str, list[float]]:
    """``products.fr_fcr.sustain_h=0.25,0.5`` as a path and its values."""
    found: dict[str, list[float]] = {}
    for text in texts:
        path, equals, values = text.partition("=")
        try:
            numbers = [float(value) for value in values.split(",")]
        except ValueError:
            numbers = []
        if not (path and equals and numbers):
            raise UsageError(f"--field {text}: write PATH=V1,V2 with numbers, as products.fr_fcr.sustain_h=0.25,0.5")
        found.setdefault(path, []).extend(numbers)
    return found
