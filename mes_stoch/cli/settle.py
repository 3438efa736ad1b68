"""``mes-stoch settle``."""

from __future__ import annotations

from pathlib import Path

import click

from mes_stoch.cli import output
from mes_stoch.cli.options import force_option
from mes_stoch.schema.errors import SettlementError, UsageError

_EPILOG = """\b
A line of the ledger is one cash flow:
  quantity x price x hours = amount
positive where the site receives. Scenarios weigh by their probability in the table, not in the ledger.

\b
Examples:
  mes-stoch settle runs/tiny_site-20250115-093000
  mes-stoch settle runs/tiny_site-20250115-093000 --scenario called --out called.csv

\b
Exit codes: 0 the settlement agrees with the optimiser; 2 not the folder of a finished run, a damaged one, or one whose
accounts do not agree (listed; whether it was changed since it was written is said).
"""


@click.command(epilog=_EPILOG, short_help="Recompute every cash flow of a run; write them as a ledger.")
@click.argument("run_dir", metavar="RUN", type=click.Path(path_type=Path))
@click.option("--scenario", metavar="NAME", help="Settle one scenario alone; default all, the table their expectation.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="CSV to write; default RUN/ledger.csv.",
)
@force_option
def settle(run_dir: Path, scenario: str | None, out: Path | None, force: bool) -> None:
    """Recompute every cash flow of a finished run and lay the sums beside the optimiser's.

    Reads the files of the RUN folder alone: the instance's copy, scenarios, decisions and meters. No model and no
    solver is asked, so that a mistake in either is found. Objective, bounds, gap, status, commitments, bid rules,
    probabilities and the manifest's hashes are checked as well.
    """
    from mes_stoch.api import settle as settle_run
    from mes_stoch.io.artifacts.run_folder import LEDGER
    from mes_stoch.report.settlement import render_settlement

    target = run_dir / LEDGER if out is None else out
    if out is not None and out.exists() and not force:
        raise UsageError(f"{out} exists; choose another --out, or add --force to overwrite it")
    settlement = settle_run(run_dir)
    names = settlement.ledger.data.scenarios
    if scenario is not None and scenario not in names:
        shown = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
        raise UsageError(f"the run has no scenario {scenario!r}; it has {shown}")
    output.show(render_settlement(settlement, scenario))
    count = settlement.ledger.write(target, None if scenario is None else [scenario])
    output.status(f"ledger: {target} ({count:,} lines)")
    if settlement.agrees:
        return
    first = [*settlement.disagreements, *settlement.worst_differences()][0]
    if settlement.is_changed:
        raise UsageError(f"the run folder has been changed since it was written, and does not agree: {first}")
    raise SettlementError(
        f"the settlement does not agree with the optimiser: {first}. The files have the hashes they were written with: "
        "unless somebody wrote these anew, it is a fault of the program; please report it with the folder"
    )
