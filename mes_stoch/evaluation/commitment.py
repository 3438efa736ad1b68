"""Volumes that are given, in the program of a site: their profit over a tree, and their gap over samples."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from mes_stoch.evaluation.profit import Profits, profits_of, seed_of
from mes_stoch.evaluation.replications import OptimalityGap, optimality_gap
from mes_stoch.model.program import FloatArray
from mes_stoch.model.site_program import SiteProgram, build_leaf_program, by_day_ahead_node
from mes_stoch.schema.errors import UsageError
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.interruption.stop import Stop

_STEPS_TOLD = 10


def profits_of_commitment(
    instance: Instance,
    tree: ScenarioTree,
    volumes: Mapping[str, FloatArray],
    options: SolveOptions,
    stop: Stop,
    told: Callable[[str], object] | None = None,
) -> Profits:
    """What given volumes earn in every scenario of a tree.

    Parameters
    ----------
    volumes : dict of str to array, shape (blocks,)
        Every volume of the root, by product.

    Raises
    ------
    UsageError
        The root decides more than volumes.
    InfeasibleError, NotInTimeError
    """
    leaves = build_leaf_program(instance, tree)
    root = root_of(leaves, volumes)
    program = by_day_ahead_node(leaves, leaves)
    count = len(program.scenario_names)

    def progress(done: int) -> None:
        if told is not None and (done * _STEPS_TOLD) // count > ((done - 1) * _STEPS_TOLD) // count:
            told(f"{done} of {count} dispatched")

    return profits_of(program, root, gap_rel=options.gap_rel, stop=stop, told=progress)


def root_of(leaves: SiteProgram, volumes: Mapping[str, FloatArray]) -> FloatArray:
    """Volumes as the root of a program; an error where it decides more than they say."""
    given = leaves.with_commitments(volumes)
    columns = given.root.columns
    lower, upper = given.structure.column_lower[columns], given.structure.column_upper[columns]
    open_names = [name for name, is_open in zip(given.root.names, lower < upper, strict=True) if is_open]
    if open_names:
        owners = ", ".join(dict.fromkeys(name.split(".")[0] for name in open_names))
        raise UsageError(
            f"the first stage decides more than committed volumes (positions of {owners}, with the stage commit), and "
            "a file of commitments does not give them; give these markets the stage day_ahead"
        )
    return lower


def gap_of_commitment(
    instance: Instance,
    draw: Callable[[int], ScenarioTree],
    seeds: Sequence[int],
    volumes: Mapping[str, FloatArray],
    options: SolveOptions,
    stop: Stop,
    told: Callable[[str], object] | None = None,
) -> OptimalityGap:
    """How far given volumes may be from the best ones over all days that could be drawn.

    Parameters
    ----------
    draw : callable
        The tree of a seed: independent draws, one leaf for each day-ahead node.

    Raises
    ------
    UsageError
        Scenarios that are no independent draws.
    InfeasibleError, NotInTimeError, SolveError
    """

    def sample(seed: int) -> tuple[SiteProgram, FloatArray]:
        tree = draw(seed)
        if seed_of(tree) is None:
            raise UsageError("scenarios that the instance lists are no draws, so nothing follows for other days")
        if not tree.is_two_stage:
            raise UsageError(
                "replications take one leaf for each day-ahead node: with more, leaves below a node are a sample as "
                "well, and make the candidate look better than it is; use --leaves-per-node 1"
            )
        leaves = build_leaf_program(instance, tree)
        return leaves, root_of(leaves, volumes)

    return optimality_gap(sample, seeds, options, currency=instance.currency, stop=stop, told=told)
