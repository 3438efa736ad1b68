"""What follows from samples for days not drawn: how many scenarios are enough, and how far from the best one is."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mes_stoch.api.ending import ended
from mes_stoch.api.sites import Site, site_of
from mes_stoch.api.solving import SolveRequest
from mes_stoch.evaluation.asked import require_no_rule
from mes_stoch.evaluation.commitment import root_of
from mes_stoch.evaluation.evaluation import Evaluation
from mes_stoch.evaluation.samples import SiteSamples
from mes_stoch.evaluation.sequential import FIRST, MOST, sample_until
from mes_stoch.evaluation.stability import stability as solve_samples
from mes_stoch.io.commitment_file import commitments_from
from mes_stoch.model.site_program import build_leaf_program
from mes_stoch.report.progress_bar import told_by_bar
from mes_stoch.schema.errors import UsageError
from mes_stoch.schema.tree import ScenarioTree

if TYPE_CHECKING:
    import pandas as pd

    from mes_stoch.report.run import Run

logger = logging.getLogger("mes_stoch.api")

DEFAULT_SIZES = (10, 30, 100)
DEFAULT_SAMPLES = 5
_COMMON_TIMES = 2


def stability(
    site: Site,
    sizes: Sequence[int] = DEFAULT_SIZES,
    *,
    replications: int = DEFAULT_SAMPLES,
    scenarios: int | None = None,
    seed: int | None = None,
    leaves_per_day_ahead_node: int | None = None,
    wanted_error: float | None = None,
    wanted_error_rel: float | None = None,
    gap_rel: float | None = None,
    time_limit_s: float | None = None,
    told: Callable[[str], object] | None = None,
    progress: bool = False,
) -> Evaluation:
    """How many scenarios are enough: samples of several sizes, and their commitments over one common sample.

    Parameters
    ----------
    site : Site
        With a process that draws its scenarios.
    sizes : sequence of int
        Numbers of scenarios; of day-ahead nodes where these have several leaves.
    replications : int
        Samples of each size.
    scenarios : int, optional
        Of the common sample; default twice the largest size.
    seed : int, optional
        Root of all seeds; default the instance's own.
    leaves_per_day_ahead_node : int, optional
        More than 1 makes three stages; default the instance's own.
    wanted_error, wanted_error_rel : float, optional
        Standard error of a mean profit that is wanted, in the instance's currency, or as a share of that mean.
    gap_rel, time_limit_s, told, progress
        As for :func:`mes_stoch.evaluate`.

    Returns
    -------
    Evaluation
        With ``stability``: ``table()``, ``recommended`` and ``recommended_by_gap``.

    Raises
    ------
    UsageError, InstanceError, InfeasibleError
    TimeLimitError
        There was no time for two samples of each size.
    InterruptedRunError
        A signal came that somebody listens to.

    >>> import mes_stoch as ms
    >>> site = ms.read("instances/enedis_local")
    >>> found = ms.stability(site, (2, 4), replications=2, scenarios=6, wanted_error_rel=0.01).stability
    >>> found.table()["samples"].to_dict()
    {2: 2, 4: 2}
    """
    own, below = _drawn(site, leaves_per_day_ahead_node)
    options = SolveRequest(gap_rel=gap_rel).options_within(site.instance, time_limit_s)
    common = _COMMON_TIMES * max(sizes, default=1) if scenarios is None else scenarios
    bar = told_by_bar(f"stability of {site.name}", told, progress=progress)
    with ended(site.name, time_limit_s) as stop, bar as telling:
        found = solve_samples(
            _samples(site, below).program,
            sizes,
            replications,
            common,
            own if seed is None else seed,
            options,
            wanted_error=wanted_error,
            wanted_error_rel=wanted_error_rel,
            currency=site.instance.currency,
            stop=stop,
            told=telling,
        )
    return Evaluation(site.name, stability=found, is_cut_short=not found.is_complete)


def sequential_sampling(
    subject: Run | Site,
    wanted_gap: float | None = None,
    *,
    wanted_gap_rel: float | None = None,
    commitments: pd.DataFrame | str | Path | None = None,
    site_decisions: pd.DataFrame | str | Path | None = None,
    scenarios: int | None = None,
    most_scenarios: int | None = None,
    seed: int | None = None,
    leaves_per_day_ahead_node: int | None = None,
    policy_leaves: int | None = None,
    gap_rel: float | None = None,
    time_limit_s: float | None = None,
    told: Callable[[str], object] | None = None,
    progress: bool = False,
) -> Evaluation:
    """Let samples grow until a commitment is within a wanted gap of the best over all days, with 95 % confidence.

    Parameters
    ----------
    subject : Run or Site
        A run's commitment is taken, unless another one is given; for a site each sample finds one.
    wanted_gap, wanted_gap_rel : float
        One of the two: expected profit over the horizon, in the instance's currency, or a share of what the commitment
        of a first sample earns in it.
    commitments : DataFrame or path, optional
    site_decisions : DataFrame or path, optional
        What is decided of components beside them; default as for :func:`mes_stoch.evaluate`, and all have to be given.
    scenarios, most_scenarios : int, optional
        Of the first samples, and the most; default 20 and 2,000; of day-ahead nodes where these have several leaves.
    seed : int, optional
        Root of all seeds; default the instance's own.
    leaves_per_day_ahead_node, policy_leaves : int, optional
        As for :func:`mes_stoch.evaluate`.
    gap_rel, time_limit_s, told, progress
        As for :func:`mes_stoch.evaluate`; the gap of a solve should be well within the wanted one.

    Returns
    -------
    Evaluation
        With ``sequential``, and ``commitments``, those of its candidate.

    Raises
    ------
    UsageError, InstanceError, InfeasibleError
    TimeLimitError
        There was no time for the first samples.
    InterruptedRunError
        A signal came that somebody listens to.

    >>> import mes_stoch as ms
    >>> site = ms.read("instances/enedis_local")
    >>> found = ms.sequential_sampling(site, 1000.0, scenarios=4).sequential
    >>> found.is_reached, len(found.steps)
    (True, 1)
    """
    site = subject if isinstance(subject, Site) else site_of(subject)
    own, below = _drawn(site, leaves_per_day_ahead_node)
    options = SolveRequest(gap_rel=gap_rel).options_within(site.instance, time_limit_s)
    samples = _samples(site, below, policy_leaves)
    if commitments is None and not isinstance(subject, Site):
        commitments, site_decisions = subject.commitments, subject.site_decisions
    root = None
    if commitments is not None:
        given = commitments_from(commitments, site.instance, samples.compiled.tree.time, site_decisions)
        root = root_of(samples.compiled, given.with_nothing_else().volumes, given.site_decisions)
    bar = told_by_bar(f"samples of {site.name}", told, progress=progress)
    with ended(site.name, time_limit_s) as stop, bar as telling:
        found = sample_until(
            samples,
            wanted_gap,
            own if seed is None else seed,
            options,
            wanted_rel=wanted_gap_rel,
            root=root,
            first=FIRST if scenarios is None else scenarios,
            most=MOST if most_scenarios is None else most_scenarios,
            currency=site.instance.currency,
            stop=stop,
            told=telling,
        )
    return Evaluation(
        site.name,
        sequential=found,
        commitments=samples.compiled.commitments(found.root),
        site_decisions=samples.compiled.site_decisions(found.root),
        is_cut_short=not found.is_complete,
    )


def _drawn(site: Site, leaves: int | None) -> tuple[int, int]:
    """The instance's own seed, and leaves below a node."""
    uncertainty = site.instance.uncertainty
    seed, own = getattr(uncertainty, "seed", None), getattr(uncertainty, "leaves_per_day_ahead_node", 1)
    if seed is None:
        raise UsageError(f"{site.name} lists its scenarios, and samples take scenarios that are drawn")
    if site.is_risk_averse:
        raise UsageError(
            "samples are compared by the expected profit, and the instance weighs risk beside it: use "
            "site.with_risk(None)"
        )
    require_no_rule(site.instance)
    if getattr(uncertainty, "reduction", None) is not None or getattr(uncertainty, "tilted_calls", None):
        logger.warning(
            "%s: samples are independent draws of equal weight; the reduction or the tilted calls that the instance "
            "states are left out here",
            site.name,
        )
    return int(seed), int(own if leaves is None else leaves)


def _samples(site: Site, below: int, policy_leaves: int | None = None) -> SiteSamples:
    """Independent samples of a site."""

    def draw(nodes: int, leaves: int, seed: int) -> ScenarioTree:
        return site.draws(nodes * leaves, seed, leaves_per_day_ahead_node=leaves)

    compiled = build_leaf_program(site.instance, site.draws(below, leaves_per_day_ahead_node=below))
    return SiteSamples(compiled, draw, below, policy_leaves)
