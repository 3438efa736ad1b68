"""Arguments that several commands share."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from mes_stoch.schema.errors import UsageError
from mes_stoch.solvers.option_ranges import RANGES


class InRange(click.ParamType[float]):
    """A number within the range of an option of :class:`~mes_stoch.solvers.certificate.result.SolveOptions`."""

    name = "number"

    def __init__(self, option: str) -> None:
        self._range = RANGES[option]

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> float:
        try:
            number = float(value)
        except ValueError:
            self.fail(f"{value!r} is not a number", param, context)
        complaint = self._range.complaint(number)
        if complaint is not None:
            self.fail(complaint, param, context)
        return number


instance_argument = click.argument("instance", type=click.Path(path_type=Path))

scenarios_option = click.option(
    "--scenarios",
    type=click.IntRange(min=1),
    metavar="N",
    help="How many scenarios to draw; default the instance's own number. An instance with explicit scenarios takes "
    "all of them, and any other number is an error.",
)

leaves_option = click.option(
    "--leaves",
    type=click.IntRange(min=1),
    metavar="L",
    help="Scenarios below each day-ahead node: L above 1 makes three stages, in which day-ahead positions are decided "
    "before intraday prices and calls are known; 1 makes two. N is a multiple of L. Default the instance's own.",
)

seed_option = click.option(
    "--seed", type=click.IntRange(min=0), metavar="K", help="Root seed of the draw; default the instance's own."
)

#: Of ``--method``.
METHOD = click.Choice(["auto", "ef", "decomposition", "ph"])

whole_time_limit_option = click.option(
    "--time-limit", type=InRange("time_limit_s"), metavar="S", help="Seconds for everything together."
)


def _settings(_context: click.Context, _option: click.Parameter, texts: tuple[str, ...]) -> dict[str, Any]:
    from mes_stoch.io.overrides.settings import settings_from

    return settings_from(texts)


set_option = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="PATH=VALUE",
    callback=_settings,
    help="Replace an entry of instance.yaml by its dotted path, as components.battery.energy_max_mwh=8; a column of "
    "its CSV files, as series.price_eur_per_mwh=*1.1 (a multiple), =40 (a number) or =file.csv. May be repeated.",
)


def require_instance(overrides: Mapping[str, Any], *, is_run: bool) -> None:
    """Refuse to change the site of a run, whose commitments are of the site as it was solved.

    Raises
    ------
    UsageError
    """
    if overrides and is_run:
        raise UsageError("--set changes an INSTANCE; the site of a RUN is the one that was solved")


force_option = click.option("--force", is_flag=True, help="Overwrite what an earlier run wrote there.")

figures_option = click.option("--no-figures", is_flag=True, help="Draw nothing.")
