"""What a part of a fitted process is: its parameters, how they are fitted, and how it draws.

A fitted process is a list of parts. Each draws some series, at the day-ahead node or at a leaf, and sees what parts
before it have drawn: an intraday price can be a spread on the day-ahead price, a call likelier when the price is high.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field

from mes_stoch.schema.base import Model
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.process import DrawContext, Drawn, Series

Stage = Literal["day_ahead", "realtime"]

#: Beginning of the names of series that later parts read and no scenario holds.
LATENT = "latent_"
#: A latent series whose sum over the periods is the logarithm of the likelihood ratio of what was drawn: of a part
#: that draws something likelier than it is. Those of several parts are added up, and weight the scenario.
LOG_WEIGHT = "latent_log_weight"


class PartOptions(Model):
    """What a specification says of a part: its stage, its series, and how to fit it."""

    stage: Stage = Field(
        default="day_ahead",
        description="`day_ahead`: known when that market clears, the same in all leaves of a node; `realtime`: "
        "drawn in each leaf.",
    )


class Part(Model):
    """Fitted parameters of one part of a process.

    A part is a frozen model: its fields are its parameters, which the file of the process holds as JSON. What takes
    time to prepare from them is a ``cached_property``.

    A part may draw **latent** series beside those of :meth:`series_names`, whose names begin with ``latent_``: later
    parts read them, and no scenario holds them.
    """

    Options: ClassVar[type[PartOptions]]

    stage: Stage

    @classmethod
    @abstractmethod
    def fit(cls, history: History, options: PartOptions) -> Self:
        """Parameters from past series.

        Raises
        ------
        UsageError
            Series that are not there, or too few of their values.
        """

    @abstractmethod
    def series_names(self) -> tuple[str, ...]:
        """Series that it draws, each named with its unit."""

    @abstractmethod
    def draw(self, generator: np.random.Generator, context: DrawContext, known: Mapping[str, Series]) -> Drawn:
        """One finite number a period for each of its series.

        Parameters
        ----------
        generator : numpy.random.Generator
            Of this part alone: what other parts draw moves nothing here.
        context : DrawContext
        known : mapping
            Series of the instance common to all scenarios (a forecast), and those that parts before this one have
            drawn, each of shape (periods,).
        """

    def past_values(self, history: History) -> pd.DataFrame:
        """Past values of the series that it draws, by the times of a history; without those that it does not have.

        Those of the same names, unless a part draws what follows from other series: a share of a power, say.
        """
        return history.frame[[name for name in self.series_names() if name in history.frame.columns]]

    def needs(self) -> tuple[str, ...]:
        """Series that it reads from ``known``."""
        return ()

    def tilted(self) -> dict[str, float]:
        """Series that it draws likelier than they are, and by what factor; their parts have a field ``tilt``."""
        return {}
