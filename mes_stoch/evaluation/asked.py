"""The parts of an evaluation that need the optimiser's own program, one after another within a time limit."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mes_stoch.evaluation.bracket import Bracket
from mes_stoch.evaluation.evaluation import Evaluation
from mes_stoch.evaluation.intervals import IntervalRule
from mes_stoch.io.commitment_file import GivenCommitments, commitments_from
from mes_stoch.io.readers.locate import listed
from mes_stoch.schema.errors import InterruptedRunError, TimeLimitError, UsageError
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.risk import Risk
from mes_stoch.schema.tree import ScenarioTree

if TYPE_CHECKING:
    from mes_stoch.evaluation.frontier import Frontier
    from mes_stoch.evaluation.rolling.foresight import RollingRequest
    from mes_stoch.policies.policy import Policy
    from mes_stoch.solvers.certificate.result import SolveOptions
    from mes_stoch.solvers.interruption.stop import Stop
    from mes_stoch.solvers.parallel.scenario_communicator import ScenarioCommunicator

logger = logging.getLogger("mes_stoch.evaluation.asked")

#: Fewer replications have no spread.
_LEAST_REPLICATIONS = 2


@dataclass(frozen=True)
class Subject:
    """What is evaluated.

    Parameters
    ----------
    name : str
    instance : Instance
    tree : ScenarioTree
        Scenarios to evaluate over.
    draw : callable
        The tree of a seed, of as many day-ahead nodes and leaves, and with so many further leaves below each node.
    committed : DataFrame or None
        What a run has committed.
    decided : DataFrame or None
        What it has decided of components beside that.
    recourse : Bracket or None
        RP over the tree, where a run has proven it closely enough.
    varied : callable
        The instance with other numbers, by dotted path.
    """

    name: str
    instance: Instance
    tree: ScenarioTree
    draw: Callable[[int, int], ScenarioTree]
    committed: pd.DataFrame | None
    decided: pd.DataFrame | None
    recourse: Bracket | None
    varied: Callable[[Mapping[str, float]], Instance]


@dataclass(frozen=True)
class Asked:
    """What is to be found out; the fields are the keywords of :func:`mes_stoch.api.evaluate`.

    ``profits`` says whether a commitment is to be dispatched, its own or one that is given. ``frontier`` has the
    weights of ``frontier_risk``.
    """

    commitments: pd.DataFrame | str | Path | None
    profits: bool
    replications: int | None
    seed: int | None
    policy_leaves: int | None
    values: bool
    products: bool
    time_limit_s: float | None
    frontier: Sequence[float] | None = None
    frontier_risk: Risk | None = None
    interval: IntervalRule | None = None
    against: pd.DataFrame | str | Path | None = None
    policies: str | Sequence[str | Policy] | None = None
    rolling: RollingRequest | None = None
    day_ahead: bool = False
    devices: bool = False
    device_step: float | None = None
    site_decisions: pd.DataFrame | str | Path | None = None

    @property
    def needs_volumes(self) -> bool:
        return self.profits or self.replications is not None or self.rolling is not None

    @property
    def is_of_expectation(self) -> bool:
        """Whether something is asked that is defined for the expected profit alone."""
        of_commitment = self.replications is not None or self.rolling is not None
        return of_commitment or self.policies is not None or self.day_ahead or self.devices

    @property
    def is_for_ranks(self) -> bool:
        """Whether scenarios can be shared out: commitments that are given, and nothing else."""
        return self.profits and not (self.is_of_expectation or self.is_of_site)

    @property
    def is_of_site(self) -> bool:
        """Whether something is asked that programs of the site are solved for, whatever is committed."""
        is_of_products = self.products or self.policies is not None
        return self.values or is_of_products or self.day_ahead or self.devices or self.frontier is not None

    @property
    def needs_solver(self) -> bool:
        return self.needs_volumes or self.is_of_site


def evaluate_asked(
    found: Evaluation,
    subject: Subject,
    asked: Asked,
    options: SolveOptions,
    told: Callable[[str], object] | None = None,
    communicator: ScenarioCommunicator | None = None,
) -> Evaluation:
    """``found`` with the parts that are asked for; what the time limit came before is left out, with a warning.

    Parameters
    ----------
    communicator : ScenarioCommunicator, optional
        Ranks that share the scenarios of commitments that are given; what they earn is known on the leading one. Other
        parts are one process's work.

    Raises
    ------
    UsageError, InstanceError
        What is asked for does not fit; nothing has been solved then.
    InfeasibleError, UnboundedError, SolveError
    InterruptedRunError
        A signal came that somebody listens to; on all ranks.
    TimeLimitError
        There was no time for any of the parts.
    """
    from mes_stoch.evaluation.commitment import compared_commitments, gap_of_commitment, profits_of_commitment
    from mes_stoch.evaluation.comparison import require_draws
    from mes_stoch.evaluation.day_ahead_information import day_ahead_information
    from mes_stoch.evaluation.device_values import device_values
    from mes_stoch.evaluation.policies import compare_policies
    from mes_stoch.evaluation.product_values import product_values
    from mes_stoch.evaluation.replications import seeds_of
    from mes_stoch.evaluation.rolling.foresight import rolling_of_commitment
    from mes_stoch.evaluation.site_decisions import with_decisions_made
    from mes_stoch.evaluation.values import values_of_site
    from mes_stoch.evaluation.values_with_risk import values_with_risk
    from mes_stoch.model.site_program import build_leaf_program
    from mes_stoch.policies.named import policies_named
    from mes_stoch.solvers.certificate.bounds import NotInTimeError
    from mes_stoch.solvers.interruption.signals import listening
    from mes_stoch.solvers.interruption.stop import Stop
    from mes_stoch.solvers.parallel.scenario_communicator import ScenarioCommunicator

    team = communicator or ScenarioCommunicator()
    stop = Stop.within(asked.time_limit_s, listening())
    _require_expectation(subject, asked)
    if asked.values or asked.is_of_expectation:
        require_no_rule(subject.instance)
    made: list[GivenCommitments] = []
    if asked.needs_volumes:
        given = [_given(subject, asked.commitments, asked.site_decisions)]
        given += [_given(subject, asked.against, None)] if asked.against is not None else []
        try:
            made = [with_decisions_made(one, subject.instance, subject.tree, options, stop, team) for one in given]
        except NotInTimeError as error:
            raise TimeLimitError(f"{error}; give it a longer time limit, or site_decisions") from None
    first, last = (made[0], made[-1]) if made else (GivenCommitments({}), GivenCommitments({}))
    volumes, decisions = first.volumes, first.site_decisions
    rule = asked.interval
    if rule is not None:
        require_draws(subject.tree, rule)
    seeds = [] if asked.replications is None else seeds_of(_root_seed(subject, asked), asked.replications)
    instance, tree, known = subject.instance, subject.tree, subject.recourse
    steps: dict[str, Callable[[], Any]] = {}
    if asked.against is not None:
        name = str(asked.against) if isinstance(asked.against, str | Path) else "the other commitment"
        steps["comparison"] = lambda: compared_commitments(
            instance,
            tree,
            volumes,
            last.volumes,
            options,
            stop,
            told,
            against=name,
            decisions=decisions,
            other_decisions=last.site_decisions,
            rule=rule,
            communicator=team,
        )
    elif asked.profits:
        steps["profits"] = lambda: profits_of_commitment(
            instance, tree, volumes, options, stop, told, decisions=decisions, rule=rule, communicator=team
        )
    if asked.replications is not None:
        steps["optimality_gap"] = lambda: gap_of_commitment(
            instance,
            subject.draw,
            seeds,
            volumes,
            options,
            stop,
            told,
            decisions=decisions,
            policy_leaves=asked.policy_leaves,
        )
    request = asked.rolling
    if request is not None:
        # a level that is decided is known when operation begins
        operated = instance.as_decided(decisions)
        steps["rolling"] = lambda: rolling_of_commitment(operated, tree, volumes, request, options, stop, told)
    if asked.products:
        steps["product_values"] = lambda: product_values(
            build_leaf_program(instance, tree), options, recourse=known, stop=stop, told=told
        )
    risk = instance.risk if instance.risk is not None and instance.risk.beta > 0 else None
    if asked.values and risk is not None:
        steps["values"] = lambda: values_with_risk(
            build_leaf_program(instance, tree), risk, options, recourse=known, stop=stop, told=told
        )
    elif asked.values:
        steps["values"] = lambda: values_of_site(
            build_leaf_program(instance, tree), options, recourse=known, stop=stop, told=told
        )
    if asked.frontier is not None:
        steps["frontier"] = lambda: _frontier(subject, asked, options, stop, told)
    if asked.policies is not None:
        policies = policies_named(asked.policies)
        steps["policies"] = lambda: compare_policies(
            build_leaf_program(instance, tree), policies, options, recourse=known, stop=stop, told=told
        )
    if asked.day_ahead:
        steps["day_ahead_information"] = lambda: day_ahead_information(
            build_leaf_program(instance, tree), options, recourse=known, stop=stop, told=told
        )
    if asked.devices:
        steps["device_values"] = lambda: device_values(
            build_leaf_program(instance, tree),
            subject.varied,
            options,
            step=asked.device_step,
            stop=stop,
            told=told,
        )
    late: list[TimeLimitError] = []
    is_complete = True
    for name, step in steps.items():
        try:
            if team.any(stop()):
                raise NotInTimeError("the time limit came before everything was evaluated")
            part = step()
        except NotInTimeError as error:
            _require_no_interruption(subject.name, stop, team)
            late.append(TimeLimitError(f"{error}; give it a longer time limit, or fewer scenarios"))
            continue
        is_complete = is_complete and (part is None or part.is_complete)
        found = replace(found, **{name: part})
    _require_no_interruption(subject.name, stop, team)
    if found.comparison is not None:
        found = replace(found, profits=found.comparison.first)
    if len(late) == len(steps) and found.stress is None:
        raise late[0]
    for missed in late:
        logger.warning("%s", missed)
    is_cut_short = found.is_cut_short or bool(late) or stop() or not is_complete
    return replace(found, is_cut_short=team.any(is_cut_short))


def _require_no_interruption(name: str, stop: Stop, team: ScenarioCommunicator) -> None:
    """A signal that came while a solver was at work has only been noted: parts cut short by it are no results."""
    if team.any(stop.is_interrupted):
        raise InterruptedRunError(f"{name}: interrupted before everything was evaluated")


def stated_recourse(summary: Mapping[str, Any], gap_rel: float) -> Bracket | None:
    """RP as a run states it, with its instance's risk; ``None`` where it is not known as closely as is asked for."""
    lower, upper, gap = (summary[name] for name in ("bound_lower", "bound_upper", "gap_rel"))
    if lower is None or upper is None or gap is None or gap > gap_rel:
        return None
    return Bracket(float(lower), float(upper))


def _require_expectation(subject: Subject, asked: Asked) -> None:
    risk = subject.instance.risk
    if asked.is_of_expectation and risk is not None and risk.beta > 0:
        raise UsageError(
            "replications, policies, rolling and values of devices and of information are of the expected profit, and "
            "the instance weighs risk beside it: use an instance without risk, or site.with_risk(None)"
        )


def require_no_rule(instance: Instance) -> None:
    """Most parts rest on scenarios by themselves, where a rule over their probabilities has no meaning.

    Raises
    ------
    UsageError
        A product has such a rule.
    """
    ruled = [name for name, product in instance.called_products().items() if product.availability is not None]
    if ruled:
        raise UsageError(
            f"{listed(ruled)} has a rule of availability over all scenarios, and what is asked for looks at scenarios, "
            "or at samples, by themselves, where it would bound nothing; use availability: null for it"
        )


def _frontier(
    subject: Subject,
    asked: Asked,
    options: SolveOptions,
    stop: Stop,
    told: Callable[[str], object] | None,
) -> Frontier:
    from mes_stoch.evaluation.frontier import frontier_of_site
    from mes_stoch.model.risk.measures import measure_of
    from mes_stoch.model.site_program import build_leaf_program

    risk = asked.frontier_risk
    if risk is None or asked.frontier is None:  # pragma: no cover - the caller has seen to it
        raise UsageError("a frontier takes a measure of risk and weights")
    leaves = build_leaf_program(subject.instance, subject.tree)
    alpha = getattr(risk, "alpha", None)
    return frontier_of_site(
        leaves, measure_of(risk), asked.frontier, options, name=risk.measure, alpha=alpha, stop=stop, told=told
    )


def _root_seed(subject: Subject, asked: Asked) -> int:
    """Root of the seeds of independent samples."""
    own = getattr(subject.instance.uncertainty, "seed", None)
    if own is None:
        raise UsageError(
            f"{subject.name} lists its scenarios, and replications take scenarios that are drawn: nothing follows from "
            "a list for days that are not on it"
        )
    if not isinstance(asked.replications, int) or asked.replications < _LEAST_REPLICATIONS:
        raise UsageError(f"an optimality gap takes 2 replications or more, not {asked.replications}")
    if asked.policy_leaves is not None and (not isinstance(asked.policy_leaves, int) or asked.policy_leaves < 1):
        raise UsageError(f"day-ahead positions are decided by 1 leaf or more, not {asked.policy_leaves}")
    seed = own if asked.seed is None else asked.seed
    if not isinstance(seed, int) or seed < 0:
        raise UsageError(f"a seed is a whole number, 0 or more; found {seed}")
    return seed


def _given(
    subject: Subject, given: pd.DataFrame | str | Path | None, decided: pd.DataFrame | str | Path | None
) -> GivenCommitments:
    """Every volume of the root, as given or as the run has committed it, and what is decided beside it."""
    source = subject.committed if given is None else given
    if given is None and decided is None:
        decided = subject.decided
    if source is None:  # pragma: no cover - the caller has seen to it
        raise UsageError("no commitments are given")
    found = commitments_from(source, subject.instance, subject.tree.time, decided)
    for product, count in found.missing.items():
        logger.warning("%d blocks of %s are not given, and taken as 0 MW", count, product)
    return found.with_nothing_else()
