"""Imbalance prices that a rule makes of the balancing price."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from mes_stoch.schema.base import Identifier
from mes_stoch.schema.errors import UsageError
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.part import Part, PartOptions, Stage
from mes_stoch.uncertainty.process import DrawContext, Drawn, Series

Rule = Literal["k_spread", "single", "two_price"]


class ImbalanceOptions(PartOptions):
    """The rule, and the series it reads and makes."""

    stage: Stage = Field(default="realtime", description=PartOptions.model_fields["stage"].description)
    rule: Rule = Field(
        description="`k_spread` (France): long and short apart by a share k of the balancing price; `single`: one "
        "price; `two_price`: who makes the system's imbalance worse pays the balancing price, the others the day-ahead "
        "price."
    )
    balancing: Identifier = Field(description="Balancing price drawn before.")
    day_ahead: Identifier | None = Field(default=None, description="Day-ahead price; what `two_price` needs.")
    long: Identifier = Field(default="imbalance_long_eur_per_mwh", description="Series of the price for long.")
    short: Identifier = Field(default="imbalance_short_eur_per_mwh", description="Series of the price for short.")
    k_per_unit: float | None = Field(
        default=None, ge=0, lt=1, description="k of the rule; from past prices for long and short if not stated."
    )
    shortage: Identifier | None = Field(
        default=None,
        description="Series drawn before whose sign says whether the system is short (above 0) or long (below 0); if "
        "not stated, that of balancing less day-ahead price.",
    )
    direction: Identifier | None = Field(
        default=None, description="Name under which the direction is drawn as a series: 1 short, -1 long, 0 balanced."
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.day_ahead is None and self.rule == "two_price":
            raise ValueError("two_price needs day_ahead")
        if self.day_ahead is None and self.shortage is None and self.direction is not None:
            raise ValueError("a direction needs shortage, or day_ahead")
        return self


class Imbalance(Part):
    """Makes prices of imbalance of the balancing price p; draws nothing by chance.

    Equations
    ---------
    With p_da the day-ahead price and the system short where the direction is above 0::

        k_spread:   long = min(p (1 - k), p (1 + k)),   short = max(p (1 - k), p (1 + k))
        single:     long = short = p
        two_price:  direction > 0:  long = p_da,           short = max(p, p_da)
                    direction < 0:  long = min(p, p_da),   short = p_da
                    direction = 0:  long = short = p_da

    The price for long is never above that for short: nobody earns by being out of balance on both sides. With
    ``day_ahead`` or ``shortage`` the direction is drawn too, as ``latent_direction`` or under a name of its own.

    Source
    ------
    French rule: clients.rte-france.com, dispositif_prix.jsp. One and two prices: Regulation (EU) 2017/2195, Articles 52
    and 55.
    """

    Options: ClassVar[type[PartOptions]] = ImbalanceOptions

    rule: Rule
    balancing: str
    day_ahead: str | None
    long: str
    short: str
    k_per_unit: float
    shortage: str | None
    direction: str | None

    @classmethod
    def fit(cls, history: History, options: PartOptions) -> Self:
        options = ImbalanceOptions.model_validate(options.model_dump())
        k = options.k_per_unit
        if k is None:
            k = _past_k(history, options) if options.rule == "k_spread" else 0.0
        return cls.model_validate({**options.model_dump(), "k_per_unit": k})

    def series_names(self) -> tuple[str, ...]:
        return (self.long, self.short, *([self.direction] if self.direction else []))

    def needs(self) -> tuple[str, ...]:
        return tuple(name for name in (self.balancing, self.day_ahead, self.shortage) if name is not None)

    def draw(self, generator: np.random.Generator, context: DrawContext, known: Mapping[str, Series]) -> Drawn:
        price = known[self.balancing]
        base = price if self.day_ahead is None else known[self.day_ahead]
        direction = np.sign(price - base if self.shortage is None else known[self.shortage])
        if self.rule == "two_price":
            long = np.where(direction < 0.0, np.minimum(price, base), base)
            short = np.where(direction > 0.0, np.maximum(price, base), base)
        else:
            sides = price * (1.0 - self.k_per_unit), price * (1.0 + self.k_per_unit)
            long, short = np.minimum(*sides), np.maximum(*sides)
        drawn = {self.long: np.asarray(long, dtype=float), self.short: np.asarray(short, dtype=float)}
        if self.day_ahead is not None or self.shortage is not None:
            drawn[self.direction or "latent_direction"] = np.asarray(direction, dtype=float)
        return drawn


def _past_k(history: History, options: ImbalanceOptions) -> float:
    """Median of ``(short - long) / |short + long|``, where the balancing price is not about zero."""
    long, short = history.values(options.long), history.values(options.short)
    seen = np.isfinite(long) & np.isfinite(short) & (np.abs(long + short) > 2.0)
    if not seen.any():
        raise UsageError(f"no past period has both {options.long} and {options.short}; state k_per_unit")
    k = float(np.median((short - long)[seen] / np.abs(short + long)[seen]))
    if not 0.0 <= k < 1.0:
        raise UsageError(f"{options.long} and {options.short} of the past are apart by k = {k:g}: not by this rule")
    return k
