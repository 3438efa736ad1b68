"""All leaves in one program."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from .capacity import build_capacity
from .devices import build_devices
from .fcas import build_fcas
from .flexibility import build_volumes, settle_flexibility
from .leaf import Leaf
from .markets import build_balances, build_connections, build_markets
from .nodes import ask_nodes
from .read import Site, read
from .rows import Program

_FAMILIES = {
    "energy",
    "imbalance",
    "reserve",
    "free_offer",
    "demand_reduction",
    "local_flexibility",
    "demand_response_tender",
    "capacity_mechanism",
    "fcas",
}


def extensive(site: Site, penalties: Mapping[str, float]) -> Program:
    """The extensive form of a site; penalties of slack by dotted path, as `summary.json` states them."""
    other = {rules["family"] for rules in site.products.values()} - _FAMILIES
    if other:
        raise NotImplementedError(f"families {sorted(other)}")
    program = Program()
    for scenario in site.scenarios:
        leaf = Leaf(site, scenario, program, penalties)
        build_volumes(leaf)
        build_devices(leaf)
        settle_flexibility(leaf)
        build_connections(leaf)
        build_balances(leaf)
        build_markets(leaf)
        ask_nodes(leaf)
        build_capacity(leaf)
        build_fcas(leaf)
    return program


def main() -> None:
    """A finished run once more: its instance, its scenarios, its penalties."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("run", type=Path, help="folder of a run of mes-stoch")
    parser.add_argument("--relaxed", action="store_true", help="without integrality")
    given = parser.parse_args()
    summary = json.loads((given.run / "summary.json").read_text(encoding="utf-8"))
    rules = summary["bid_rules"]
    site = read(given.run / "instance", given.run / "tree.nc", minimum=rules["minimum_bids"], steps=rules["bid_steps"])
    solved = extensive(site, summary["penalties"]).solve(relaxed=given.relaxed)
    lines = [f"{name:45} {value:14.6f}" for name, value in solved.streams.items() if abs(value) > 1e-9]
    lines.append(f"expected profit {solved.profit:.6f}, bound {solved.bound:.6f}; the run's {summary['objective']:.6f}")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
