"""All leaves in one program."""

from __future__ import annotations

import argparse
from pathlib import Path

from .capacity import build_capacity
from .devices import build_devices
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


def extensive(site: Site) -> Program:
    """The extensive form of a site."""
    other = {rules["family"] for rules in site.products.values()} - _FAMILIES
    if other:
        raise NotImplementedError(f"families {sorted(other)}")
    program = Program()
    for scenario in site.scenarios:
        leaf = Leaf(site, scenario, program)
        build_volumes(leaf)
        build_devices(leaf)
        settle_flexibility(leaf)
        build_connections(leaf)
        build_balances(leaf)
        build_markets(leaf)
        ask_nodes(leaf)
        build_capacity(leaf)
    return program


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("instance", type=Path)
    parser.add_argument("tree", type=Path)
    parser.add_argument("--relaxed", action="store_true")
    parser.add_argument("--gap", type=float, default=1e-9)
    given = parser.parse_args()
    solved = extensive(read(given.instance, given.tree)).solve(given.gap, relaxed=given.relaxed)
    for name, value in solved.streams.items():
        if abs(value) > 1e-9:
            print(f"{name:45} {value:14.6f}")  # noqa: T201
    print(f"expected profit {solved.profit:.6f}, bound {solved.bound:.6f}")  # noqa: T201


if __name__ == "__main__":
    main()
