"""``mes-stoch tree`` by reduction: options, and what is said of a tree that is reduced or weighted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

from mes_stoch.schema.errors import UsageError

if TYPE_CHECKING:
    from mes_stoch.schema.tree import ScenarioTree

_OPTIONS = (
    click.option(
        "--reduce-from",
        "from_scenarios",
        type=click.IntRange(min=2),
        metavar="M",
        help="Draw M scenarios and keep N that stand for them.",
    ),
    click.option(
        "--reduce-from-leaves",
        "from_leaves_per_day_ahead_node",
        type=click.IntRange(min=1),
        metavar="K",
        help="Of them, K below each day-ahead node, of which L are kept; default L.",
    ),
    click.option(
        "--clustering",
        is_flag=True,
        help="Make day-ahead nodes by clustering M paths by what is known day-ahead, with L leaves each.",
    ),
    click.option(
        "--method",
        type=click.Choice(["fast_forward", "k_medoids", "backward"]),
        help="Of --reduce-from; default fast_forward.",
    ),
    click.option("--order", type=click.IntRange(1, 2), help="Order of the Wasserstein distance; default 1."),
    click.option(
        "--event-weight",
        type=click.FloatRange(min=0),
        metavar="W",
        help="Weight of activations in the distance beside their own 1.",
    ),
    click.option(
        "--series-weight",
        "series_weights",
        multiple=True,
        metavar="SERIES=W",
        help="Weight of a series in the distance, 1 where not given; may be repeated.",
    ),
    click.option(
        "--keep-extremes", is_flag=True, help="Keep the extreme scenarios of every series, whatever the distance."
    ),
    click.option(
        "--keep-extremes-of",
        "keep_extremes_of",
        multiple=True,
        metavar="SERIES",
        help="The same of one series; may be repeated.",
    ),
    click.option(
        "--match-moments",
        type=click.Choice(["mean", "variance", "correlation"]),
        multiple=True,
        help="Adjust probabilities to the moments of all M scenarios; may be repeated.",
    ),
    click.option("--reduction-seed", "reduction_seed", type=click.IntRange(min=0), help="Of k_medoids; default 0."),
    click.option("--starts", type=click.IntRange(min=1), help="Of k_medoids; default 1."),
    click.option(
        "--plain",
        is_flag=True,
        help="Independent draws of equal weight, whatever reduction or tilted calls the instance states.",
    ),
)


def reduction_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command; it gets them as keywords."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def reduction_asked(given: Mapping[str, Any], *, plain: bool) -> dict[str, Any] | None:
    """What ``site.tree(reduction=...)`` takes; ``None`` where the instance decides.

    Raises
    ------
    UsageError
        Options that do not go together.
    """
    asked = {name: value for name, value in given.items() if _is_given(value)}
    if not asked:
        return None
    options = _option_names()
    if plain:
        raise UsageError("--plain takes no reduction; leave one of the two out")
    if "from_scenarios" not in asked:
        raise UsageError(f"{', '.join(options[name] for name in asked)}: of --reduce-from M, which is not given")
    asked["series_weights"] = dict(_weight(text) for text in asked.pop("series_weights", ()))
    chosen = list(asked.pop("keep_extremes_of", ()))
    asked["keep_extremes"] = asked.get("keep_extremes", False) or chosen or False
    if "reduction_seed" in asked:
        asked["seed"] = asked.pop("reduction_seed")
    if "match_moments" in asked:
        asked["match_moments"] = list(asked["match_moments"])
    return asked


def _is_given(value: Any) -> bool:
    """Whether an option was written; its value may be 0, which equals ``False`` without being it."""
    return not (value is None or value is False or value == ())


def _option_names() -> dict[str, str]:
    """By keyword the option that gives it."""
    command = click.command()(reduction_options(lambda: None))
    return {str(parameter.name): parameter.opts[0] for parameter in command.params}


def _weight(text: str) -> tuple[str, float]:
    series, _, number = text.partition("=")
    try:
        return series, float(number)
    except ValueError:
        raise UsageError(f"--series-weight takes SERIES=W, such as da_price_eur_per_mwh=2; found {text!r}") from None


def weighting_lines(tree: ScenarioTree) -> list[str]:
    """How a tree came about whose scenarios are no plain draws."""
    about = tree.dataset.attrs
    if tree.weighting is None:
        return []
    lines = [f"  {tree.weighting}: no independent draws of equal weight"]
    if "reduction_accuracy" in about:
        lines.append(
            f"  relative accuracy {about['reduction_accuracy']:.1%} (0: the best single scenario, 100 %: the sample); "
            f"{about['reduction_distance']}"
        )
    if "moments_matched" in about:
        lines.append(f"  {about['moments_matched']} as in the sample, to {about['moments_miss']:.2g}")
    if "effective_scenarios" in about:
        lines.append(f"  drawn scenarios are worth {about['effective_scenarios']:.1f} of equal weight")
    return lines
