"""Volumes that are given, in the program of a site: their profit over a tree, and their gap over samples."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from mes_stoch.evaluation.comparison import Comparison, compare
from mes_stoch.evaluation.day_ahead_policy import policy_costs
from mes_stoch.evaluation.intervals import IntervalRule, intervals_of
from mes_stoch.evaluation.profit import Profits, joint_profits_of, require_sample, seed_of
from mes_stoch.evaluation.replications import OptimalityGap, Policy, optimality_gap
from mes_stoch.io.readers.locate import listed
from mes_stoch.model.program import FloatArray, StochasticProgram
from mes_stoch.model.site_program import SiteProgram, build_leaf_program, bundled, by_day_ahead_node
from mes_stoch.schema.errors import UsageError
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.site_decision import SiteKey
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.interruption.stop import Stop
from mes_stoch.solvers.parallel.scenario_communicator import ScenarioCommunicator

_STEPS_TOLD = 10

#: The tree of a seed, and with so many further leaves below every day-ahead node.
Draw = Callable[[int, int], ScenarioTree]


def profits_of_commitment(
    instance: Instance,
    tree: ScenarioTree,
    volumes: Mapping[str, FloatArray],
    options: SolveOptions,
    stop: Stop,
    told: Callable[[str], object] | None = None,
    *,
    decisions: Mapping[SiteKey, float] | None = None,
    rule: IntervalRule | None = None,
    communicator: ScenarioCommunicator | None = None,
) -> Profits | None:
    """What given volumes earn in every scenario of a tree.

    Parameters
    ----------
    volumes : dict of str to array, shape (blocks,)
        Every volume of the root, by product.
    decisions : dict of (component, quantity) to float, optional
        What is decided of components beside them.
    rule : IntervalRule, optional
        By which intervals are made, besides that of Student's t.
    communicator : ScenarioCommunicator, optional
        Ranks that share the scenarios; the leading one has the profits, the others ``None``.

    Raises
    ------
    UsageError
        The root decides more than volumes.
    InfeasibleError, NotInTimeError
    """
    leaves = build_leaf_program(instance, tree)
    root = root_of(leaves, volumes, decisions)
    return _profits(leaves, root, options, stop, told, rule, communicator or ScenarioCommunicator())


def compared_commitments(
    instance: Instance,
    tree: ScenarioTree,
    volumes: Mapping[str, FloatArray],
    other: Mapping[str, FloatArray],
    options: SolveOptions,
    stop: Stop,
    told: Callable[[str], object] | None = None,
    *,
    against: str,
    decisions: Mapping[SiteKey, float] | None = None,
    other_decisions: Mapping[SiteKey, float] | None = None,
    rule: IntervalRule | None = None,
    communicator: ScenarioCommunicator | None = None,
) -> Comparison | None:
    """What given volumes earn more than others, in the same scenarios.

    Parameters
    ----------
    other : dict of str to array
        What ``volumes`` are compared with, called ``against``.

    Raises
    ------
    UsageError, InfeasibleError, NotInTimeError
    """
    leaves = build_leaf_program(instance, tree)
    first, second = root_of(leaves, volumes, decisions), root_of(leaves, other, other_decisions)
    team = communicator or ScenarioCommunicator()
    own = _profits(leaves, first, options, stop, told, rule, team)
    its = _profits(leaves, second, options, stop, told, None, team)
    return None if own is None or its is None else compare(own, its, against, rule)


def _profits(
    leaves: SiteProgram,
    root: FloatArray,
    options: SolveOptions,
    stop: Stop,
    told: Callable[[str], object] | None,
    rule: IntervalRule | None,
    team: ScenarioCommunicator,
) -> Profits | None:
    program = by_day_ahead_node(leaves, leaves)
    # progress of this rank's part, which is as large as the others'
    count = len(team.local_indices(len(program.scenario_names)))

    def progress(done: int) -> None:
        if told is not None and (done * _STEPS_TOLD) // count > ((done - 1) * _STEPS_TOLD) // count:
            told(f"{done} of {count} dispatched")

    found = joint_profits_of(program, root, team, gap_rel=options.gap_rel, stop=stop, told=progress)
    draws = None if found is None else found.draws()
    if found is None or rule is None or draws is None:
        return found
    return replace(found, intervals=intervals_of(draws, rule))


def root_of(
    leaves: SiteProgram, volumes: Mapping[str, FloatArray], decisions: Mapping[SiteKey, float] | None = None
) -> FloatArray:
    """Volumes, and what is decided of components beside them, as the root of a program.

    Raises
    ------
    UsageError
        The first stage decides more than is given: a number of a component, or positions of a market.
    """
    given = leaves.with_commitments(volumes).with_site_decisions(decisions or {})
    columns = given.root.columns
    lower, upper = given.structure.column_lower[columns], given.structure.column_upper[columns]
    still_open = set(columns[lower < upper].tolist())
    groups = [group for group in given.column_groups if not still_open.isdisjoint(group.positions.tolist())]
    if undecided := [group.name for group in groups if group.role == "site_decision"]:
        raise UsageError(
            f"the first stage decides {listed(undecided)} as well, and the commitment does not say what: give "
            "it in site_decisions"
        )
    if groups:
        owners = listed(list(dict.fromkeys(group.owner for group in groups)))
        raise UsageError(
            f"the first stage decides more than committed volumes (positions of {owners}, with the stage commit), and "
            "a file of commitments does not give them; give these markets the stage day_ahead"
        )
    return lower


def gap_of_commitment(
    instance: Instance,
    draw: Draw,
    seeds: Sequence[int],
    volumes: Mapping[str, FloatArray],
    options: SolveOptions,
    stop: Stop,
    told: Callable[[str], object] | None = None,
    *,
    decisions: Mapping[SiteKey, float] | None = None,
    policy_leaves: int | None = None,
) -> OptimalityGap:
    """How far given volumes may be from the best ones over all days that could be drawn.

    Parameters
    ----------
    draw : callable
        The tree of a seed, of independent draws, and with so many further leaves below each day-ahead node.
    policy_leaves : int, optional
        By how many further leaves day-ahead positions are decided, with three stages; default as many as a node has.

    Raises
    ------
    UsageError
        Scenarios that are no independent draws.
    InfeasibleError, NotInTimeError, SolveError
    """
    tree = draw(seeds[0], 0)
    require_sample(tree, "replications take")
    if seed_of(tree) is None:
        raise UsageError("scenarios that the instance lists are no draws, so nothing follows for other days")
    leaves = build_leaf_program(instance, tree)
    root = root_of(leaves, volumes, decisions)
    if tree.is_two_stage:
        return optimality_gap(
            lambda seed: (leaves.with_tree(draw(seed, 0)), root),
            seeds,
            options,
            currency=instance.currency,
            stop=stop,
            told=told,
        )
    below = len(tree.scenario_names) // len(tree.day_ahead_nodes)
    further = below if policy_leaves is None else policy_leaves
    found = optimality_gap(
        lambda seed: three_stage_sample(leaves, draw(seed, further), below, root, options),
        seeds,
        options,
        currency=instance.currency,
        stop=stop,
        told=told,
    )
    return replace(found, leaves_per_node=below, policy_leaves=further)


def three_stage_sample(
    leaves: SiteProgram, tree: ScenarioTree, below: int, root: FloatArray, options: SolveOptions
) -> tuple[StochasticProgram, Policy]:
    """A sample's program and the candidate's policy in it.

    Parameters
    ----------
    leaves : SiteProgram
        Of any tree of the same instance.
    tree : ScenarioTree
        With more leaves below each node than the sample has.
    below : int
        The first so many leaves of each node are the sample; the others are what positions are decided by.
    """
    nodes = tree.day_ahead_nodes.values()
    own = leaves.with_tree(tree.part([leaf for node in nodes for leaf in node[:below]]))
    other = leaves.with_tree(tree.part([leaf for node in nodes for leaf in node[below:]]))
    evaluated, deciding = bundled(own), bundled(other)

    def policy(stop: Stop) -> FloatArray:
        return policy_costs(deciding, evaluated, leaves.day_ahead_columns, root, gap_rel=options.gap_rel, stop=stop)

    return evaluated, policy
