"""What ``mes-stoch evaluate`` can be asked for, and what of it belongs together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from mes_stoch.schema.errors import UsageError


class _Weights(click.ParamType[tuple[float, ...]]):
    """Numbers with commas between."""

    name = "numbers"

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> tuple[float, ...]:
        try:
            return tuple(float(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"{value!r} is not numbers with commas between, like 0,0.5,1", param, context)


class _Leaves(click.ParamType[int | None]):
    """A number of leaves, or ``all``."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> int | None:
        if value == "all":
            return None
        try:
            count = int(value)
        except ValueError:
            self.fail(f"{value!r} is neither a number of leaves nor 'all'", param, context)
        if count < 1:
            self.fail(f"{value} is not at least 1", param, context)
        return count


_OPTIONS = (
    click.option(
        "--stress",
        is_flag=True,
        help="The stress test of a run: full calls of what it holds at every time, without optimisation.",
    ),
    click.option(
        "--leaves",
        type=_Leaves(),
        default=20,
        show_default=True,
        metavar="N|all",
        help="Leaves of the stress test told in detail, worst first; all are tested.",
    ),
    click.option(
        "--commitment",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Volumes to evaluate, like a run's commitments.csv; default those of the run.",
    ),
    click.option(
        "--site-decisions",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="With --commitment: what is decided of components, like a run's site_decisions.csv; default that beside.",
    ),
    click.option(
        "--values", is_flag=True, help="What information and the stochastic model are worth: WS, RP, EEV, EVPI, VSS."
    ),
    click.option("--products", is_flag=True, help="What each committed product is worth, beside the others and alone."),
    click.option("--day-ahead", is_flag=True, help="What it is worth to know day-ahead prices when these are decided."),
    click.option("--devices", is_flag=True, help="What a little more power and energy of each device is worth."),
    click.option(
        "--device-step",
        type=click.FloatRange(min=0, min_open=True),
        metavar="MW",
        help="Of --devices, MW or MWh; default a tenth of each limit.",
    ),
    click.option(
        "--flexibility",
        is_flag=True,
        help="What the site of a run can offer: how far its exchange can leave its schedule, for how long, at what "
        "cost; and what of it is committed.",
    ),
    click.option(
        "--scenario", metavar="NAME", help="Scenario whose operation --flexibility leaves; default of median profit."
    ),
    click.option("--connection", metavar="NAME", help="Connection of --flexibility; default the one sold over."),
    click.option(
        "--durations",
        type=_Weights(),
        metavar="H,H,...",
        help="Durations of --flexibility, h; default 1,2,4 and those for which products have to be held.",
    ),
    click.option(
        "--return-within",
        type=click.FloatRange(min=0),
        metavar="H",
        help="Time after the longest of them by which the exchange is back to its schedule; default the horizon's end.",
    ),
    click.option("--frontier", is_flag=True, help="Risk and return: the best plans for several weights of risk."),
    click.option(
        "--risk-weights",
        type=_Weights(),
        metavar="B,B,...",
        help="Weights of the frontier, between 0 and 1; default 0,0.1,...,1.",
    ),
    click.option(
        "--cvar-alpha",
        type=click.FloatRange(0.0, 1.0, max_open=True),
        metavar="A",
        help="Measure of the frontier: mean profit of the worst 1 - A of the probability; default the instance's, or "
        "0.95.",
    ),
    click.option(
        "--policies",
        metavar="all|NAME,...",
        help="What others would earn, against the stochastic program: expected_value, energy_only, single_market, "
        "share_of_capacity, two_loop, wait_and_see, and those of installed packages.",
    ),
    click.option(
        "--replications",
        type=click.IntRange(min=2),
        metavar="M",
        help="How far the commitment may be from the best one over all days: from M samples of N scenarios each.",
    ),
    click.option(
        "--policy-leaves",
        type=click.IntRange(min=1),
        metavar="P",
        help="With --replications or --sequential of three stages: day-ahead positions of the commitment are decided "
        "by P further leaves below each node; default as many as it has.",
    ),
    click.option(
        "--interval",
        type=click.Choice(["t", "bootstrap", "block-bootstrap"]),
        help="Intervals of the mean profit and of its worst 5 % for days not drawn; block-bootstrap: scenarios are "
        "days in their order.",
    ),
    click.option(
        "--block-days", type=click.IntRange(min=1), metavar="L", help="Days of a block; default the cube root of all."
    ),
    click.option(
        "--against",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Another commitment to compare with, in the same scenarios.",
    ),
    click.option(
        "--rolling",
        is_flag=True,
        help="What is earned without foresight: every scenario operated period by period, with what is known by then.",
    ),
    click.option(
        "--forecast-scenarios",
        type=click.IntRange(min=1),
        metavar="N",
        help="Scenarios that --rolling forecasts with; default 30.",
    ),
    click.option(
        "--forecast-seed",
        type=click.IntRange(min=0),
        metavar="K",
        help="Their seed, which must not be that of the scenarios operated; default the next one.",
    ),
    click.option(
        "--fan",
        type=click.IntRange(min=1),
        metavar="K",
        help="Courses of the day that --rolling plans a period for, the likeliest; default 1, for the mean of all.",
    ),
    click.option(
        "--workers",
        type=click.IntRange(min=1),
        metavar="N",
        help="Processes that share the scenarios of --rolling; default 1; the numbers do not depend on it.",
    ),
)

#: Options that mean something beside another one alone.
_BESIDE = {
    "risk_weights": "frontier",
    "cvar_alpha": "frontier",
    "forecast_scenarios": "rolling",
    "forecast_seed": "rolling",
    "fan": "rolling",
    "workers": "rolling",
    "device_step": "devices",
    "scenario": "flexibility",
    "connection": "flexibility",
    "durations": "flexibility",
    "return_within": "flexibility",
}
#: Options that are no question by themselves.
_NO_QUESTION = ("leaves", "policy_leaves", *_BESIDE)

ASK = (
    "say what to evaluate: --stress tests whether everything that is held can be delivered, --scenarios and --seed or "
    "--commitment what a commitment earns, --rolling what of it without foresight, --replications how far it may be "
    "from the best one, --values what information and the model are worth, --products what each product is, "
    "--policies what others would earn, --frontier what risk costs, --day-ahead what day-ahead information is worth, "
    "--devices what a MW of each device is, --flexibility what the site can offer, --stability how many scenarios are "
    "enough, --sequential a commitment close enough to the best one"
)

#: Questions that only one process answers.
_BY_SOLVES = (
    "values",
    "products",
    "policies",
    "frontier",
    "day_ahead",
    "devices",
    "replications",
    "rolling",
    "flexibility",
)


def question_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command; it gets them as keywords."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def asks_something(asked: Mapping[str, Any]) -> bool:
    """Whether any of the options is a question.

    Raises
    ------
    UsageError
        An option without the one it belongs to.
    """
    alone = [name for name, owner in _BESIDE.items() if asked[name] is not None and not asked[owner]]
    told = [f"--{name.replace('_', '-')} belongs to --{_BESIDE[name]}" for name in alone]
    if asked["policy_leaves"] is not None and asked["replications"] is None and not asked["sequential"]:
        told.append("--policy-leaves belongs to --replications or --sequential")
    if told:
        raise UsageError("; ".join(told))
    return any(value not in (None, False) for name, value in asked.items() if name not in _NO_QUESTION)


def is_by_solves(asked: Mapping[str, Any]) -> bool:
    """Whether something is asked that ranks cannot share."""
    return any(asked[name] not in (None, False) for name in _BY_SOLVES)
