"""Outages of a unit, fitted to a record of the share of it that was available."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from mes_stoch.schema.base import Identifier
from mes_stoch.schema.errors import UsageError
from mes_stoch.schema.outage import MaintenanceWindow, Outages
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.hour_classes import follows
from mes_stoch.uncertainty.fitted.part import Part, PartOptions, Stage
from mes_stoch.uncertainty.outages import available_share
from mes_stoch.uncertainty.process import DrawContext, Drawn, Series


class UnitOutageOptions(PartOptions):
    """A record of a unit."""

    stage: Stage = Field(default="realtime", description=PartOptions.model_fields["stage"].description)
    available: Identifier = Field(description="Past share of the unit that was available, 0 to 1, forced outages only.")
    out_below: Annotated[float, Field(gt=0, le=1)] = Field(
        default=0.999, description="Share below which the unit counts as in an outage."
    )
    series: Identifier = Field(description="Name of the available share that is drawn.")
    in_service_at_start: bool | None = Field(
        default=None, description="State in the first period drawn; null: as likely as in the long run."
    )
    maintenance: list[MaintenanceWindow] = Field(
        default_factory=list, description="Planned outages of the horizon, in which nothing is available."
    )


class UnitOutage(Part):
    """Available share of a unit that fails and is repaired.

    Equations
    ---------
    A chain of two states in continuous time, read at the period ``h`` of the record: over pairs of neighbouring periods
    with ``n0`` in service before and ``n01`` out after that (``n1``, ``n10`` likewise)::

        p = n01 / n0,   q = n10 / n1,   l + m = -log(1 - p - q) / h
        mean time to failure = 1 / l = (p + q) / (p (l + m)),   mean time to repair = 1 / m = (p + q) / (q (l + m))

    which is the maximum of the likelihood, as chances and rates determine each other where ``p + q < 1``. What stays
    available in an outage is the mean over the periods out. Draws are those of
    :func:`~mes_stoch.uncertainty.outages.available_share`.

    Source
    ------
    Kalbfleisch, Lawless (1985), The analysis of panel data under a Markov assumption, Journal of the American
    Statistical Association 80(392), 863-871, https://www.jstor.org/stable/2288545.
    """

    Options: ClassVar[type[PartOptions]] = UnitOutageOptions

    series: str
    outages: Outages
    past_available: str | None = Field(default=None, description="Past series that it was fitted to.")

    @classmethod
    def fit(cls, history: History, options: PartOptions) -> Self:
        options = UnitOutageOptions.model_validate(options.model_dump())
        share = history.values(options.available)
        known = np.isfinite(share)
        if not known.any() or share[known].min() < 0.0 or share[known].max() > 1.0 + 1e-9:
            raise UsageError(f"{options.available} is to hold shares that were available, between 0 and 1")
        out = known & (np.nan_to_num(share) < options.out_below)
        to_failure_h, to_repair_h = _times(out, known, history)
        outages = Outages(
            mean_time_to_failure_h=to_failure_h,
            mean_time_to_repair_h=to_repair_h,
            available_in_outage_per_unit=float(share[out].mean()) if out.any() else 0.0,
            in_service_at_start=options.in_service_at_start,
            maintenance=options.maintenance,
        )
        return cls(stage=options.stage, series=options.series, outages=outages, past_available=options.available)

    def series_names(self) -> tuple[str, ...]:
        return (self.series,)

    def past_values(self, history: History) -> pd.DataFrame:
        if self.past_available is None or self.past_available not in history.frame.columns:
            return super().past_values(history)
        return pd.DataFrame({self.series: history.values(self.past_available)}, index=history.time)

    def draw(self, generator: np.random.Generator, context: DrawContext, known: Mapping[str, Series]) -> Drawn:
        return {self.series: available_share(generator, context, self.outages)}


def _times(out: NDArray[np.bool_], known: NDArray[np.bool_], history: History) -> tuple[float | None, float]:
    """Mean times to failure and to repair, h; of a unit that never failed there is none, and any to repair."""
    pairs = follows(history.time, history.period_h)[1:] & known[1:] & known[:-1]
    before, after = out[:-1][pairs], out[1:][pairs]
    failures, repairs = int((~before & after).sum()), int((before & ~after).sum())
    if failures == 0:
        return None, Outages().mean_time_to_repair_h
    if repairs == 0:
        raise UsageError("the record has failures and no repair: give a longer one")
    fails, repaired = failures / int((~before).sum()), repairs / int(before.sum())
    if fails + repaired >= 1.0:
        raise UsageError(
            "the unit changes its state so often that the record cannot tell how long it stays in one; give it in "
            "shorter periods"
        )
    both = -math.log1p(-fails - repaired) / history.period_h
    whole = fails + repaired
    return whole / (fails * both), whole / (repaired * both)
