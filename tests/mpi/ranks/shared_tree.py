"""Every rank: draw its share of a tree and solve, with a note of what it drew; rank 0 prints what all of them noted.

shared_tree.py INSTANCE SCENARIOS LEAVES [--method M] [--compared | --as-stated | --command] [--tilted] [--unsound RANK]
               [--reduced-from N]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from dataclasses import replace

import numpy as np

import mes_stoch as ms
from mes_stoch.api.shared_trees import drawn_by_this_rank, tree_of_all
from mes_stoch.cli.main import run as run_command
from mes_stoch.schema.reduction import Reduction
from mes_stoch.solvers.parallel import mpi
from mes_stoch.uncertainty import tree_draws
from mes_stoch.uncertainty.handed_in import private_copy

parser = argparse.ArgumentParser()
parser.add_argument("instance")
parser.add_argument("scenarios", type=int)
parser.add_argument("leaves", type=int)
parser.add_argument("--method", default="decomposition")
parser.add_argument("--gap", type=float, default=0.05)
parser.add_argument("--compared", action="store_true", help="then solve a tree that every rank has drawn whole")
parser.add_argument("--command", action="store_true", help="as the command `mes-stoch solve`, not from Python")
parser.add_argument("--as-stated", action="store_true", help="no tree is handed in: the instance's own numbers")
parser.add_argument("--unsound", type=int, default=-1, help="rank whose data have a gap")
parser.add_argument("--tilted", action="store_true")
parser.add_argument("--reduced-from", type=int, help="scenarios that are drawn, and chosen among")
arguments = parser.parse_args()

drawn: list[int] = []
draw_day_ahead_node, draw_leaf = tree_draws.draw_day_ahead_node, tree_draws.draw_leaf


def noted(process, context, seed, node):
    drawn.append(node)
    return draw_day_ahead_node(process, context, seed, node)


def with_a_gap(*details):
    values = draw_leaf(*details)
    if mpi.rank() == arguments.unsound:
        return {name: np.full_like(one, np.nan) for name, one in values.items()}
    return values


def digests(tree):
    """Of each scenario that this rank holds, by name: a hash of its series."""
    held = tree.held
    return {
        name: hashlib.sha256(b"".join(held.values(series, place).tobytes() for series in held.series_names)).hexdigest()
        for place, name in enumerate(held.scenario_names)
    }


def numbers(run):
    return {
        "solved": [run.objective, run.summary["bound_upper"], run.summary["solver"].get("passes")],
        "trace": run.trace[["iteration", "bound_lower", "bound_upper"]].to_numpy().tolist(),
        "volumes": run.commitments["volume_mw"].tolist(),
        "profits": run.profit.tolist(),
        "values": hashlib.sha256(b"".join(run.solution[name].values.tobytes() for name in run.solution)).hexdigest(),
    }


with mpi.abort_on_failure():
    tree_draws.draw_day_ahead_node, tree_draws.draw_leaf = noted, with_a_gap
    communicator = mpi.world()
    if arguments.command:
        asked = ["--scenarios", str(arguments.scenarios), "--method", arguments.method, "--no-figures", "--out", "run"]
        sys.exit(run_command(["solve", arguments.instance, *asked])[0])
    site = ms.read(arguments.instance)
    update = {"scenarios": arguments.scenarios, "leaves_per_day_ahead_node": arguments.leaves}
    if arguments.tilted:
        update["tilted_calls"] = {"local_reserved_activation_per_unit": 5.0}
    if arguments.reduced_from is not None:
        update["reduction"] = Reduction(from_scenarios=arguments.reduced_from)
    # a list is as long as it is
    stated = site.instance.uncertainty.model_copy(update=update if site.loaded.scenario_series is None else {})
    site = ms.Site(replace(site.loaded, instance=site.instance.model_copy(update={"uncertainty": stated})))
    tree, held, first = None, {}, []
    if not arguments.as_stated:
        tree = tree_of_all(drawn_by_this_rank(site, arguments.method))
        held, first = digests(tree), list(drawn)
        drawn.clear()
    run = ms.solve(site, tree, method=arguments.method, gap_rel=arguments.gap)
    notes = {"held": held, "drawn": first, "drawn_while_solving": list(drawn)}
    notes = [notes] if communicator is None else communicator.gather(notes)
    whole = site.tree()
    known = ms.solve(site, whole, method=arguments.method, gap_rel=arguments.gap) if arguments.compared else None
    if run is not None:
        sys.stdout.write(
            json.dumps(
                {
                    "ranks": notes,
                    "shared": numbers(run),
                    "whole": None if known is None else numbers(known),
                    "tree_is_whole": bool(run.tree.dataset.identical(private_copy(whole).dataset)),
                    "probabilities": run.tree.probabilities.tolist(),
                }
            )
        )
