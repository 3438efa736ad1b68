"""Energy bids called in merit order: which bid prices are called, and the marginal price that is paid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from mes_stoch.schema.base import Identifier, Model, NonNegative, Positive
from mes_stoch.schema.errors import UsageError
from mes_stoch.uncertainty.fitted.field_types import PeriodHours, require_shape
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.hour_classes import follows
from mes_stoch.uncertainty.fitted.normal_scores import NormalScores
from mes_stoch.uncertainty.fitted.part import Part, PartOptions, Stage
from mes_stoch.uncertainty.fitted.persistence import Components, Memory, Persistence
from mes_stoch.uncertainty.process import DrawContext, Drawn, Series

#: Most points of the curve that are kept.
KNOTS = 60


class Bid(Model):
    """An energy bid, of which the share called is drawn."""

    series: Identifier = Field(description="Name of the share called of this bid.")
    price_eur_per_mwh: float = Field(description="At which it stands in the merit order.")


class MeritOrderOptions(PartOptions):
    """Activated volumes and marginal prices of the past, and the bids."""

    stage: Stage = Field(default="realtime", description=PartOptions.model_fields["stage"].description)
    direction: Literal["up", "down"] = Field(
        default="up", description="up: bids are called from the cheapest on; down: from the one that pays most on."
    )
    volume: Identifier = Field(
        description="Past series of what was activated in this direction, MW, not negative; also read when drawing."
    )
    price: Identifier = Field(description="Past series of the marginal price of what was activated.")
    reference: Identifier | None = Field(
        default=None, description="Price that the merit order moves with, such as the day-ahead price; null: none."
    )
    drawn_volume: Identifier | None = Field(
        default=None,
        description="Series drawn before that is read in place of the past volume, such as a share.",
    )
    drawn_volume_mw: Positive = Field(default=1.0, description="What a drawn volume of 1 stands for, MW.")
    price_is_drawn: bool = Field(
        default=False,
        description="true: a part before draws the price, which decides what is called; false: drawn here.",
    )
    bid_size_mw: NonNegative = Field(
        default=0.0, description="Volume over which a bid is called from none to all of it, MW; 0: at once."
    )
    bids: list[Bid] = Field(min_length=1, description="Bids whose shares called are drawn.")
    components: Components = Field(default=1, description="Speeds at which the price forgets its own deviations.")
    rest_classes: int = Field(
        default=1,
        ge=1,
        le=10,
        description="Classes of the volume, with as many periods of the past each, in which the price leaves the curve "
        "by a distribution of its own.",
    )

    @model_validator(mode="after")
    def _each_once(self) -> MeritOrderOptions:
        names = [bid.series for bid in self.bids]
        if len(set(names)) < len(names):
            raise ValueError("a series of its own for each bid")
        return self


class MeritOrder(Part):
    """Shares called of bids at given prices, and the marginal price that agrees with them.

    Equations
    ---------
    With the volume activated ``V[t]``, the price the merit order moves with ``R[t]`` and a rising curve ``f``, the
    marginal price up is::

        P[t] = R[t] + f(V[t]) + e[t]  where V[t] > 0,  R[t] where nothing is activated

    ``e`` has the distribution of what is left of past prices, in the class of the volume ``V[t]`` where there are
    several, and the persistence of its scores. Before a bid at the price ``p`` the volume ``C`` is offered cheaper, and
    of its size ``w`` is called::

        C[t](p) = largest V with R[t] + f(V) + e[t] <= p  (0 where there is none)
        a[t](p) = min(1, max(0, V[t] - C[t](p)) / w)      (w = 0: 1 where V[t] > C[t](p))

    A share is never larger at a higher price, and what is called is paid at least its bid: ``a > 0`` needs ``P > p``.
    Downward all prices change their sign: bids that pay more are called first, and pay no more than their bid. A
    volume in the interior of a flat piece of ``f`` calls no bid at the price of it.

    Fitted: ``f`` by isotonic least squares over the periods with an activation (kept at up to 60 points of as many
    periods each), ``e`` what it leaves. A price drawn by a part before gives ``e`` by the first equation.

    Source
    ------
    Prices of the regulating market by its volume: Jaehnert, Farahmand, Doorman (2009), Modelling prices using the
    volume in the Norwegian regulating power market, IEEE Bucharest PowerTech. Isotonic regression: de Leeuw, Hornik,
    Mair (2009), Isotone optimization in R, Journal of Statistical Software.
    """

    Options: ClassVar[type[PartOptions]] = MeritOrderOptions

    direction: Literal["up", "down"]
    volume: str = Field(description="Series of the volume activated that is read.")
    volume_mw: float = Field(gt=0, description="What a value of 1 in it stands for, MW.")
    price: str
    price_is_drawn: bool
    reference: str | None
    bid_size_mw: float = Field(ge=0, description="Volume over which a bid is called, MW.")
    bids: list[Bid]
    curve_mw: Annotated[list[float], Field(min_length=1)] = Field(description="Volumes activated, rising.")
    curve_eur_per_mwh: list[float] = Field(description="f at them, of prices whose sign is changed downward.")
    rest_edges_mw: list[float] = Field(default=[], description="Volumes between the classes of e, rising.")
    rest: Annotated[list[NormalScores], Field(min_length=1)] = Field(
        description="Distribution of e by class of the volume."
    )
    persistence: Persistence = Field(description="Of the scores of e, from one period of the past to the next.")
    period_h: PeriodHours = Field(description="Of the past, h.")

    @model_validator(mode="after")
    def _fields_fit(self) -> Self:
        require_shape("curve_eur_per_mwh", self.curve_eur_per_mwh, len(self.curve_mw))
        require_shape("rest", self.rest, len(self.rest_edges_mw) + 1)
        return self

    @classmethod
    def fit(cls, history: History, options: PartOptions) -> Self:
        options = MeritOrderOptions.model_validate(options.model_dump())
        sign = 1.0 if options.direction == "up" else -1.0
        volume, price = history.values(options.volume), history.values(options.price)
        if options.reference is not None:
            price = price - history.values(options.reference)
        used = np.isfinite(volume) & np.isfinite(price) & (np.nan_to_num(volume) > 0.0)
        if used.sum() < 3:
            raise UsageError(f"{options.volume} and {options.price} have no three periods with something activated")
        curve_mw, curve = _rising_curve(volume[used], sign * price[used])
        left = np.full(len(volume), np.nan)
        left[used] = sign * price[used] - np.interp(volume[used], curve_mw, curve)
        edges_mw, rest, scores = _rest_by_volume(volume, left, used, options.rest_classes)
        memory = Memory.of(scores, follows(history.time, history.period_h))
        return cls(
            stage=options.stage,
            direction=options.direction,
            volume=options.drawn_volume or options.volume,
            volume_mw=options.drawn_volume_mw if options.drawn_volume is not None else 1.0,
            price=options.price,
            price_is_drawn=options.price_is_drawn,
            reference=options.reference,
            bid_size_mw=options.bid_size_mw,
            bids=options.bids,
            curve_mw=curve_mw.tolist(),
            curve_eur_per_mwh=curve.tolist(),
            rest_edges_mw=edges_mw.tolist(),
            rest=rest,
            persistence=Persistence.fit(memory, options.components),
            period_h=history.period_h,
        )

    def series_names(self) -> tuple[str, ...]:
        own = () if self.price_is_drawn else (self.price,)
        return (*own, *(bid.series for bid in self.bids))

    def needs(self) -> tuple[str, ...]:
        own = (self.price,) if self.price_is_drawn else ()
        return (self.volume, *own, *(() if self.reference is None else (self.reference,)))

    def draw(self, generator: np.random.Generator, context: DrawContext, known: Mapping[str, Series]) -> Drawn:
        sign = 1.0 if self.direction == "up" else -1.0
        volume_mw = self.volume_mw * known[self.volume]
        reference = np.zeros(context.periods) if self.reference is None else sign * known[self.reference]
        base = reference + np.interp(volume_mw, self.curve_mw, self.curve_eur_per_mwh)
        if self.price_is_drawn:
            shift = sign * known[self.price] - base
        else:
            scores = self.persistence.at(context.period_h / self.period_h).draw(generator, context.periods)
            shift = self._rest(scores, volume_mw)
        active = volume_mw > 0.0
        drawn: Drawn = {} if self.price_is_drawn else {self.price: sign * np.where(active, base + shift, reference)}
        for bid in self.bids:
            before_mw = self._offered_before(sign * bid.price_eur_per_mwh - reference - shift)
            beyond_mw = np.where(active, volume_mw - before_mw, 0.0)
            # where rounding would let a bid be called that the price does not reach, the price decides
            beyond_mw = np.where(base + shift > sign * bid.price_eur_per_mwh, beyond_mw, 0.0)
            drawn[bid.series] = _called(beyond_mw, self.bid_size_mw)
        return drawn

    def _rest(self, scores: Series, volume_mw: Series) -> Series:
        """``e`` at scores, in the class of each volume."""
        place = np.searchsorted(self.rest_edges_mw, volume_mw, side="right")
        return np.choose(place, [one.values_at(scores) for one in self.rest])

    def _offered_before(self, premium: Series) -> Series:
        """Largest volume at which the curve is not above a premium on the reference; 0 below it, no end above it."""
        curve, volume = np.array(self.curve_eur_per_mwh), np.array(self.curve_mw)
        place = np.searchsorted(curve, premium, side="right")
        before, after = np.clip(place - 1, 0, None), np.clip(place, None, len(curve) - 1)
        rise = curve[after] - curve[before]
        part = np.divide(premium - curve[before], rise, out=np.zeros(len(premium)), where=rise > 0)
        inside = volume[before] + part * (volume[after] - volume[before])
        return np.where(place == 0, 0.0, np.where(place == len(curve), np.inf, inside))


def _called(beyond_mw: Series, size_mw: float) -> Series:
    if size_mw == 0.0:
        return (beyond_mw > 0.0).astype(float)
    return np.asarray(np.clip(beyond_mw / size_mw, 0.0, 1.0))


def _rest_by_volume(
    volume_mw: Series, left: Series, used: NDArray[np.bool_], classes: int
) -> tuple[Series, list[NormalScores], Series]:
    """Volumes between classes with as many periods each, what is left in each class, and its scores over the past."""
    edges_mw = np.unique(np.quantile(volume_mw[used], np.linspace(0.0, 1.0, classes + 1)[1:-1]))
    place = np.searchsorted(edges_mw, np.nan_to_num(volume_mw), side="right")
    # volumes that are often the same leave fewer classes than asked for, and none without a period
    numbers, place = np.unique(np.where(used, place, place[used].min()), return_inverse=True)
    edges_mw = edges_mw[numbers[1:] - 1]
    distributions, scores = [], np.full(len(left), np.nan)
    for number in range(len(numbers)):
        inside = used & (place == number)
        distributions.append(NormalScores.fit(left[inside]))
        scores[inside] = distributions[-1].scores_of(left[inside])
    return edges_mw, distributions, scores


def _rising_curve(volume_mw: Series, price: Series) -> tuple[Series, Series]:
    """Isotonic regression of the price on the volume, at up to :data:`KNOTS` volumes."""
    from scipy.optimize import isotonic_regression  # takes longer to import than a small instance to solve

    volumes, place = np.unique(volume_mw, return_inverse=True)
    weight = np.bincount(place).astype(float)
    of_volume = np.bincount(place, weights=price) / weight
    rising = np.asarray(isotonic_regression(of_volume, weights=weight).x, dtype=float)
    if len(volumes) <= KNOTS:
        return volumes, rising
    # bins of as many periods each, by their means: rising as what they average is
    of_bin = np.minimum((np.cumsum(weight) - 0.5 * weight) / weight.sum() * KNOTS, KNOTS - 1).astype(np.intp)
    total = np.bincount(of_bin, weights=weight, minlength=KNOTS)
    kept = total > 0
    means = [
        np.bincount(of_bin, weights=weight * values, minlength=KNOTS)[kept] / total[kept]
        for values in (volumes, rising)
    ]
    return means[0], means[1]
