"""A tool in an environment of its own: sites read from a file, costs and the version written to another.

python -m oracles.elsewhere flixopt sites.json costs.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from oracles.sites import OracleSite
from oracles.tools import installed, least_cost


def main(tool: str, given: str, wanted: str) -> None:
    documents = json.loads(Path(given).read_text(encoding="utf-8"))
    costs = [least_cost(tool, OracleSite(**document)) for document in documents]
    Path(wanted).write_text(json.dumps({"version": installed(tool), "costs": costs}), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
