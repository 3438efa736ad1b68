"""A synthetic French day with calls of a distributor's local-flexibility contracts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from pydantic import Field

from mes_stoch.schema.base import Model, NonNegative, Positive
from mes_stoch.uncertainty.call_draws import markov_calls
from mes_stoch.uncertainty.call_limits import CallLimits
from mes_stoch.uncertainty.process import DrawContext, Drawn, Series
from mes_stoch.uncertainty.processes.fr_parameters import FrSyntheticDayParameters
from mes_stoch.uncertainty.processes.fr_site import seasonal_temperature
from mes_stoch.uncertainty.processes.fr_synthetic_day import FrSyntheticDay

RESERVED, UNRESERVED = "local_reserved_activation_per_unit", "local_unreserved_activation_per_unit"


class FrLocalDayParameters(FrSyntheticDayParameters):
    """Parameters of ``fr_synthetic_day``, and how often and how long a distributor calls; no figure is public."""

    local_reserved_calls_per_day: NonNegative = Field(
        default=2.0,
        description="Per 24 h in which a call may begin: 2 is one call in four days for a 3-h window. [placeholder]",
    )
    local_unreserved_calls_per_day: NonNegative = Field(
        default=0.5, description="Per 24 h in which a call may begin. [placeholder]"
    )
    local_call_mean_h: Positive = Field(default=1.0, description="Mean length of a call. [placeholder]")
    local_call_cold_sensitivity_per_unit: NonNegative = Field(
        default=0.5,
        description="Calls are exp(s z) times likelier when it is z deviations colder than the season. [placeholder]",
    )


class FrLocalDay(FrSyntheticDay):
    """``fr_synthetic_day`` with calls of two local contracts, one with reservation and one without.

    **Synthetic**: notice, number and length of a distributor's calls are not public.

    **Equations**

    Calls are those of a chain of two states (:func:`~mes_stoch.uncertainty.call_draws.markov_calls`), within the
    limits and the calendars of the contracts that read the series. Local grids are short when it is cold, so with
    ``z[t]`` the deviations below the temperature of the season the rate is::

        rate[t] = calls_per_day exp(s z[t] - s^2 / 2)

    All other series are drawn as in ``fr_synthetic_day``, from the same random numbers.
    """

    Parameters: ClassVar[type[Model]] = FrLocalDayParameters

    def __init__(self, parameters: Model | None = None) -> None:
        values = {} if parameters is None else parameters.model_dump()
        self.parameters: FrLocalDayParameters = FrLocalDayParameters(**values)

    def series_names(self) -> tuple[str, ...]:
        """Names of all series, day-ahead first."""
        return (*super().series_names(), RESERVED, UNRESERVED)

    def draw_realtime(
        self, generator: np.random.Generator, context: DrawContext, day_ahead: Mapping[str, Series]
    ) -> Drawn:
        """What ``fr_synthetic_day`` draws, and the calls of both contracts."""
        drawn = super().draw_realtime(generator, context, day_ahead)
        p = self.parameters
        s = p.local_call_cold_sensitivity_per_unit
        colder = seasonal_temperature(context, p) - drawn["outdoor_temperature_degc"]
        z = colder / p.temperature_day_sd_k if p.temperature_day_sd_k > 0 else np.zeros(context.periods)
        likelihood = np.exp(s * z - 0.5 * s**2)
        # spawned after those of the parent, whose draws stay as they are
        reserved, unreserved = generator.spawn(2)
        for name, source, per_day in (
            (RESERVED, reserved, p.local_reserved_calls_per_day),
            (UNRESERVED, unreserved, p.local_unreserved_calls_per_day),
        ):
            limits = context.call_limits.get(name, CallLimits())
            drawn[name] = markov_calls(source, context, limits, per_day * likelihood, p.local_call_mean_h, name)
        return drawn
