"""``mes-stoch evaluate`` by samples that are drawn for it: ``--stability`` and ``--sequential``."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mes_stoch.cli import output
from mes_stoch.schema.errors import UsageError

if TYPE_CHECKING:
    from mes_stoch.api import Run, Site
    from mes_stoch.evaluation.evaluation import Evaluation


@dataclass(frozen=True)
class Amount:
    """Money, or a share of an expected profit."""

    value: float
    is_share: bool


class _AmountType(click.ParamType[Amount]):
    """An amount of money, or a share written with a percent sign."""

    name = "amount"

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> Amount:
        text = str(value).strip()
        try:
            number = float(text.removesuffix("%"))
        except ValueError:
            self.fail(f"{value!r} is neither an amount of money nor a share such as 1%", param, context)
        if not (math.isfinite(number) and number > 0):
            self.fail(f"{value} is not above 0", param, context)
        return Amount(number / 100, True) if text.endswith("%") else Amount(number, False)


class _Sizes(click.ParamType[tuple[int, ...]]):
    """Numbers of scenarios, with commas between them."""

    name = "numbers"

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> tuple[int, ...]:
        try:
            found = tuple(int(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"{value!r} is not a list of whole numbers such as 10,30,100", param, context)
        return found


_OPTIONS = (
    click.option(
        "--stability",
        is_flag=True,
        help="How results settle with the number of scenarios: M samples of each of several sizes.",
    ),
    click.option("--sizes", type=_Sizes(), metavar="N,N,...", help="Of --stability; default 10,30,100."),
    click.option(
        "--wanted-error",
        type=_AmountType(),
        metavar="E|P%",
        help="Of --stability: how many scenarios does a standard error of E, or of P % of the profit, take?",
    ),
    click.option(
        "--sequential",
        is_flag=True,
        help="Let samples grow, from N scenarios on, until a commitment is within --wanted-gap of the best over all "
        "days.",
    ),
    click.option(
        "--wanted-gap", type=_AmountType(), metavar="G|P%", help="Of --sequential; P % of what a first sample promises."
    ),
    click.option("--most-scenarios", type=click.IntRange(min=2), metavar="N", help="Of --sequential; default 2000."),
)


def sampling_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command; it gets them as keywords."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def asks_for_samples(asked: Mapping[str, Any]) -> bool:
    """Whether one of the two is asked for.

    Raises
    ------
    UsageError
        Both, or an option of one that is not.
    """
    if asked["stability"] and asked["sequential"]:
        raise UsageError("--stability and --sequential draw samples of their own; give one of them")
    for owner, names in (("stability", ("sizes", "wanted_error")), ("sequential", ("wanted_gap", "most_scenarios"))):
        for name in names:
            if asked[name] is not None and not asked[owner]:
                raise UsageError(f"--{name.replace('_', '-')} belongs to --{owner}")
    if asked["sequential"] and asked["wanted_gap"] is None:
        raise UsageError("--sequential takes the gap that is wanted: --wanted-gap G, or P% of the profit")
    return bool(asked["stability"] or asked["sequential"])


_ALONE = (
    "stress",
    "values",
    "products",
    "policies",
    "frontier",
    "day_ahead",
    "devices",
    "rolling",
    "flexibility",
    "interval",
    "block_days",
    "against",
)


def from_samples(subject: Site | Run, asked: Mapping[str, Any], drawn: Mapping[str, Any]) -> Evaluation:
    """What is asked of samples.

    Parameters
    ----------
    asked : dict
        Options of the command.
    drawn : dict
        How samples are drawn and solved: keywords that both have.

    Raises
    ------
    UsageError, InstanceError, InfeasibleError, TimeLimitError
    """
    from mes_stoch import api
    from mes_stoch.api import sampling

    name = "stability" if asked["stability"] else "sequential"
    if any(asked[other] not in (None, False) for other in _ALONE):
        raise UsageError(f"--{name} draws samples of its own; ask for the rest in a command of its own")
    site = subject if isinstance(subject, api.Site) else api.site_of(subject)
    replications, commitments = asked["replications"], asked["commitment"]
    if asked["stability"]:
        if commitments is not None or asked["policy_leaves"] is not None:
            raise UsageError("--stability evaluates the samples' own commitments, with positions decided by node")
        wanted: Amount | None = asked["wanted_error"]
        return api.stability(
            site,
            asked["sizes"] or sampling.DEFAULT_SIZES,
            replications=replications or sampling.DEFAULT_SAMPLES,
            wanted_error=None if wanted is None or wanted.is_share else wanted.value,
            wanted_error_rel=wanted.value if wanted is not None and wanted.is_share else None,
            told=output.status,
            **drawn,
        )
    if replications is not None:
        raise UsageError("--sequential chooses its samples itself; leave --replications out")
    limit: Amount = asked["wanted_gap"]
    return api.sequential_sampling(
        subject,
        None if limit.is_share else limit.value,
        wanted_gap_rel=limit.value if limit.is_share else None,
        commitments=commitments,
        site_decisions=asked["site_decisions"],
        most_scenarios=asked["most_scenarios"],
        policy_leaves=asked["policy_leaves"],
        told=output.status,
        **drawn,
    )


def commitments_beside(target: Path) -> Path:
    """Where a commitment is written that samples have found."""
    return target.with_name(f"{target.stem}_commitments.csv")


def write_commitment(found: Evaluation, target: Path) -> None:
    """The commitment that samples have found, beside ``evaluation.json``."""
    if found.commitments is not None and found.sequential is not None and not found.sequential.is_given:
        from mes_stoch.io.artifacts.run_folder import RunFolder
        from mes_stoch.io.site_decision_file import beside
        from mes_stoch.report.run import commitments_as_text

        name = commitments_beside(target).name
        written = RunFolder(target.parent).put_frame(name, commitments_as_text(found.commitments))
        output.status(f"commitment: {written}")
        if found.site_decisions is not None and not found.site_decisions.empty:
            RunFolder(target.parent).put_frame(beside(target.parent / name).name, found.site_decisions)
