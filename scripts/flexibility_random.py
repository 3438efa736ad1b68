"""Work out what random sites that hold reserve can offer, in every leaf and from every period on.

    python scripts/flexibility_random.py --sites 40 --out docs/evidence

Writes ``flexibility_sites.csv`` with a line a site, and ``flexibility.json`` with date, versions and totals. No
commitment may lie outside what can be delivered, no curve rise with the duration, none pass one that has more freedom.
The sites are those of ``tests/helpers/random_reserves.py``, by seed; a thinned version runs with the tests.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from helpers.evidence import about_sites, options_of, table_of_sites, write_summary
from helpers.offered_sites import RULES, offered


def main(arguments: list[str] | None = None) -> int:
    """Entry point; 1 if any rule is broken."""
    options = options_of(__doc__, arguments, sites=40)
    table = table_of_sites(options, offered, "flexibility_sites.csv")
    totals = {name: int(table[name].sum()) for name in ("points", "committed", "not_returned", *RULES)}
    write_summary(options.out, "flexibility.json", {**about_sites(table), **totals})
    return int(any(totals[rule] for rule in RULES))


if __name__ == "__main__":
    sys.exit(main())
