"""What an evaluation is about: a run or a site, and the scenarios that it is evaluated over."""

from __future__ import annotations

import logging
from pathlib import Path

from mes_stoch.api.sites import Site, checked_tree, site_of
from mes_stoch.evaluation.asked import Subject, stated_recourse
from mes_stoch.report.run import Run, read_run
from mes_stoch.schema.tree import ScenarioTree

logger = logging.getLogger("mes_stoch.api")


def opened(subject: Run | Site | str | Path) -> tuple[Run | None, Site]:
    """A run, read from its folder where it is named, and its site; files that have changed since are told."""
    if isinstance(subject, Site):
        return None, subject
    if isinstance(subject, Run):
        return subject, site_of(subject)
    run = read_run(subject, allow_changed=True)
    for line in run.changed:
        logger.warning("the run has been changed since it was written: %s", line)
    return run, site_of(run)


def tree_to_evaluate(site: Site, run: Run | None, tree: ScenarioTree | None) -> ScenarioTree:
    """The tree handed in, checked; else the run's own, else one drawn as the instance says."""
    if tree is None:
        return site.tree() if run is None else run.tree
    return checked_tree(site, tree)[0]


def warn_of_own_scenarios(run: Run, tree: ScenarioTree) -> None:
    """What a commitment earns in the scenarios it was chosen for says too much of other days."""
    seed = tree.dataset.attrs.get("seed")
    if seed is not None and seed == run.tree.dataset.attrs.get("seed"):
        logger.warning(
            "the commitment was made for scenarios of seed %s: for days not drawn, what it earns in them is too good, "
            "and so are its intervals; take another seed",
            seed,
        )


def warn_of_weights(tree: ScenarioTree) -> None:
    """What is found over scenarios that were chosen or weighted holds over them, and their spread says nothing more."""
    if tree.weighting is not None:
        logger.warning(
            "the tree is %s: an expected profit over it has no standard error and no interval for days not drawn; "
            "independent draws have (site.draws(...))",
            tree.weighting,
        )


def subject_of(site: Site, run: Run | None, tree: ScenarioTree, gap_rel: float) -> Subject:
    """What is evaluated, with what a run has committed and proven."""
    nodes = len(tree.day_ahead_nodes)
    below = len(tree.scenario_names) // nodes
    known = None
    if run is not None and tree is run.tree and not run.changed:
        known = stated_recourse(run.summary, gap_rel)
    return Subject(
        name=site.name,
        instance=site.instance,
        tree=tree,
        draw=lambda seed, further: site.draws(
            nodes * (below + further), seed, leaves_per_day_ahead_node=below + further
        ),
        committed=None if run is None else run.commitments,
        decided=None if run is None else run.site_decisions,
        recourse=known,
        varied=lambda values: site.replace(values).instance,
    )
