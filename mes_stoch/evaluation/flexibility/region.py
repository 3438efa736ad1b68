"""The flexibility operating region of a site around the operation of one scenario.

``F(t, tau)`` is the largest constant deviation of the grid exchange from a base schedule, from ``t`` for ``tau``, with
the other nodes served and the base returned to; :mod:`mes_stoch.evaluation.flexibility.deviation` has the program. It
falls with ``tau``: whoever can deviate for two hours can do so for one, and go on within what the exchange is free to
do while it returns. With on/off states the region need not be convex: between two deviations that can be made there may
be one that cannot, such as less than the least load of a unit that would have to start. ``F`` is the largest.

Source
------
Feasibility and flexibility operating regions: Riaz and Mancarella, arXiv:1906.05472. Flexibility against a reference
schedule, with a time after which all is back to it: the recourse problem of the package StochasticFlexibility (PIK).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mes_stoch.evaluation.flexibility.committed import committed_mw
from mes_stoch.evaluation.flexibility.cut import Exchange, Parts, cut_parts
from mes_stoch.evaluation.flexibility.deviation import Deviation, DeviationProgram, Window
from mes_stoch.evaluation.flexibility.reference import Reference, Values, make_reference
from mes_stoch.io.readers.locate import listed
from mes_stoch.schema.errors import SolveError, UsageError
from mes_stoch.schema.evaluation_flexibility import FlexibilityPoint, FlexibilityResult
from mes_stoch.schema.instance import Instance
from mes_stoch.settlement.data import SettlementData
from mes_stoch.solvers.interruption.stop import Stop
from mes_stoch.views.steps import Steps

logger = logging.getLogger("mes_stoch.evaluation.flexibility")

#: Durations where none are asked for, beside those for which products have to be held, h.
DURATIONS_H = (1.0, 2.0, 4.0)
_SIGNS = {"up": 1, "down": -1}
_SAME_H = 1e-9
#: A second, about; and what is nearer to a multiple of the period is one, h.
_LEAST_H, _SNAP_H = 2.5e-4, 1e-5
#: What is known where even the base cannot be kept.
_NONE = Deviation(float("nan"), float("nan"), None)
#: A commitment may lie outside by what solvers' tolerances leave, MW.
OUTSIDE_MW = 1e-4


@dataclass(frozen=True)
class FlexibilityRequest:
    """What a region is asked for.

    Parameters
    ----------
    scenario : str
        Of the run.
    connection : str, optional
        Whose exchange deviates; default the one that products are sold over.
    durations_h : sequence of float, optional
        Default 1, 2 and 4 h, and the times for which the instance's products have to be held.
    return_h : float, optional
        Time after the longest duration by which the exchange is back to the base; default the end of the horizon.
    apart_h : float
        Starts stand at least so far apart.
    """

    scenario: str
    connection: str | None = None
    durations_h: Sequence[float] | None = None
    return_h: float | None = None
    apart_h: float = 1.0


@dataclass(frozen=True)
class FlexibilityRegion:
    """Deviations of one exchange from the operation of one scenario.

    Parameters
    ----------
    points : pandas.DataFrame
        A row a start, duration and direction: ``start``, ``duration_h``, ``direction`` (``up``: more export),
        ``deviation_mw`` (``F``: the base is returned to), ``delivered_mw`` (what comes after is left out),
        ``fixed_mw`` (as ``deviation_mw``, without re-dispatch), ``cost_eur_per_mwh`` and ``fixed_cost_eur_per_mwh`` of
        the first and the third, ``limited_by`` (components), ``limit`` and ``limit_per_mw`` of the first,
        ``committed_mw``: what calls may still ask for. NaN where even the base cannot be kept.
    has_states : bool
        Whether components are on or off, so that the region need not be convex.
    """

    instance: str
    scenario: str
    connection: str
    currency: str
    has_states: bool
    points: pd.DataFrame
    is_complete: bool = True

    @classmethod
    def of_result(cls, instance: str, timezone: str, found: FlexibilityResult) -> FlexibilityRegion:
        """What :meth:`result` has made a document of.

        Raises
        ------
        ValueError
            A start of the document is no time.
        """
        points = pd.DataFrame(
            [point.model_dump() for point in found.points], columns=list(FlexibilityPoint.model_fields)
        )
        numbers = [name for name in points if name not in ("start", "direction", "limited_by", "limit")]
        points = points.astype(dict.fromkeys(numbers, float))
        starts = pd.to_datetime(points["start"], format="ISO8601", utc=True).dt.tz_convert(timezone)
        return cls(
            instance=instance,
            scenario=found.scenario,
            connection=found.connection,
            currency=found.currency,
            has_states=found.has_states,
            points=points.assign(start=starts),
        )

    def table(self) -> pd.DataFrame:
        """The points."""
        return self.points.copy()

    @property
    def outside(self) -> pd.DataFrame:
        """Points at which more is committed than can be delivered."""
        return self.points[self.points["committed_mw"] > self.points["delivered_mw"] + OUTSIDE_MW]

    @property
    def unreturned(self) -> pd.DataFrame:
        """Points at which what is committed can be delivered, and the base not be returned to."""
        committed = self.points["committed_mw"]
        is_beyond = committed > self.points["deviation_mw"] + OUTSIDE_MW
        return self.points[is_beyond & ~(committed > self.points["delivered_mw"] + OUTSIDE_MW)]

    @property
    def without_base(self) -> pd.DataFrame:
        """Points at which even the base cannot be kept: rules of the hub are broken by more than tolerances."""
        return self.points[self.points["deviation_mw"].isna() | self.points["delivered_mw"].isna()]

    @property
    def durations_h(self) -> list[float]:
        """Durations, the shortest first."""
        return [float(hours) for hours in sorted(self.points["duration_h"].unique())]

    @property
    def main_duration_h(self) -> float:
        """For which most energy is committed; an hour, or the middle one, where nothing is."""
        durations = self.durations_h
        of_points = self.points["duration_h"]
        energy = [hours * float(self.points["committed_mw"][of_points == hours].sum()) for hours in durations]
        if max(energy, default=0.0) > OUTSIDE_MW:
            return durations[int(np.argmax(energy))]
        return durations[len(durations) // 2] if durations and 1.0 not in durations else 1.0

    def result(self) -> FlexibilityResult:
        """The part of ``evaluation.json``."""
        rows = self.points.assign(start=[start.isoformat() for start in self.points["start"]])
        records = rows.astype(object).where(rows.notna(), None).to_dict("records")
        return FlexibilityResult(
            scenario=self.scenario,
            connection=self.connection,
            currency=self.currency,
            has_states=self.has_states,
            points=[FlexibilityPoint.model_validate(record) for record in records],
        )


def flexibility_region(
    data: SettlementData,
    request: FlexibilityRequest,
    *,
    stop: Stop | None = None,
    told: Callable[[str], object] | None = None,
) -> FlexibilityRegion:
    """Work out the region around the operation of a scenario.

    Raises
    ------
    UsageError
        No such scenario or connection, a connection without limits, or durations that make no sense.
    ExtensionError
        A kind of an installed package does not say what it is in a hub.
    """
    durations = _durations(data.instance, request)
    period_h, begun_h = data.period_h, data.instance.horizon.begun_h
    cuts = [(hours + before) % period_h for hours in durations for before in dict.fromkeys((0.0, begun_h))]
    reference = make_reference(data, request.scenario, cuts)
    exchange = _exchange(reference, request.connection)
    parts = cut_parts(reference, exchange)
    rows: list[dict[str, object]] = []
    is_complete = True
    for period in range(0, len(data.time), max(1, round(request.apart_h / period_h))):
        if stop is not None and stop():
            is_complete = False
            break
        if told is not None:
            told(f"flexibility from {data.time[period]:%H:%M} on")
        rows.extend(_rows(reference, exchange, parts, period, durations, request.return_h))
    integer = reference.hub.columns["is_integer"]
    return FlexibilityRegion(
        instance=data.instance.name,
        scenario=request.scenario,
        connection=exchange.connection,
        currency=data.instance.currency,
        has_states=bool(integer.any()),
        points=pd.DataFrame(rows, columns=list(FlexibilityPoint.model_fields)),
        is_complete=is_complete,
    )


def _rows(
    reference: Reference,
    exchange: Exchange,
    parts: Parts,
    period: int,
    durations: Sequence[float],
    return_h: float | None,
) -> Iterator[dict[str, object]]:
    """Points of one start."""
    steps = reference.hub.steps
    first, last = steps.first_of(period), len(steps)
    free = DeviationProgram(reference, exchange, parts, first, last)
    kept = DeviationProgram(reference, exchange, parts, first, last, has_redispatch=False)
    for hours in durations:
        window = _window(steps, first, hours, None if return_h is None else durations[-1] + return_h)
        delivery = DeviationProgram(reference, exchange, parts, first, window.end, is_delivery=True)
        for program in (free, kept, delivery):
            program.set_window(window)
        for direction, sign in _SIGNS.items():
            largest, fixed = (_largest(program, sign, has_cost=True) for program in (free, kept))
            delivered = _largest(delivery, sign, has_cost=False)
            limit = largest.limit
            yield {
                "start": steps.start[first],
                "duration_h": hours,
                "direction": direction,
                "deviation_mw": largest.power_mw,
                "delivered_mw": delivered.power_mw,
                "fixed_mw": fixed.power_mw,
                "cost_eur_per_mwh": largest.cost_per_mwh,
                "fixed_cost_eur_per_mwh": fixed.cost_per_mwh,
                "limited_by": None if limit is None else limit.components,
                "limit": None if limit is None else limit.what,
                "limit_per_mw": np.nan if limit is None else limit.per_mw,
                "committed_mw": committed_mw(reference.plan, reference.place, exchange.connection, sign, period, hours),
            }


def _largest(program: DeviationProgram, sign: int, *, has_cost: bool) -> Deviation:
    """A largest deviation; nothing is known where the solver fails at one."""
    try:
        return program.largest(sign, has_cost=has_cost) or _NONE
    except SolveError as error:
        logger.warning("a largest deviation could not be solved: %s", error)
        return _NONE


def _window(steps: Steps, first: int, hours: float, back_h: float | None) -> Window:
    """Steps of a deviation, cut at the end of the horizon."""
    elapsed = np.concatenate([[0.0], np.cumsum(steps.hours[first:])])
    count = int(np.searchsorted(elapsed, min(hours, elapsed[-1]) - _SAME_H))
    back = len(elapsed) - 1 if back_h is None else int(np.searchsorted(elapsed, back_h - _SAME_H))
    return Window(first + count, first + max(count, back), float(elapsed[count]))


def _durations(instance: Instance, request: FlexibilityRequest) -> list[float]:
    """Durations in ascending order, each once; those next to a multiple of the period are one."""
    period_h = instance.horizon.period_h
    horizon_h = instance.horizon.length_h
    given = request.durations_h
    if given is None:
        asked = {product.sustain_h for product in instance.called_products().values() if product.sustain_h > 0}
        given = [hours for hours in (*DURATIONS_H, *asked) if hours <= horizon_h] or [horizon_h]
    wrong = [hours for hours in given if not _LEAST_H <= hours <= horizon_h + _SNAP_H]
    if wrong or not given:
        raise UsageError(
            f"a deviation lasts {_LEAST_H:g} h or more and no longer than the horizon of {horizon_h:g} h; found "
            f"{listed([f'{hours:g}' for hours in wrong])}"
        )
    if request.return_h is not None and not request.return_h >= 0:
        raise UsageError(f"the base is returned to after 0 h or more; found {request.return_h:g}")
    whole = [round(hours / period_h) * period_h for hours in given]
    return sorted({round(n if abs(n - hours) < _SNAP_H else hours, 9) for n, hours in zip(whole, given, strict=True)})


def _exchange(reference: Reference, name: str | None) -> Exchange:
    """The connection that deviates, with the price of its latest market."""
    instance = reference.data.instance
    connections = instance.connections()
    traded = sorted(instance.traded_connections())
    if name is None:
        if len(traded) != 1:
            what = f"products are sold over {listed(traded)}" if traded else "nothing is sold over a connection"
            raise UsageError(
                f"{what}: say with --connection whose exchange is to deviate; there are {listed(sorted(connections))}"
            )
        name = traded[0]
    if name not in connections:
        raise UsageError(f"there is no connection {name!r}; there are {listed(sorted(connections))}")
    connection = connections[name]
    if connection.import_max_mw is None:
        raise UsageError(f"{name} has no import limit, so that nothing limits its exchange")
    bought, sold = _prices(reference, name)
    return Exchange(name, connection.node, connection.import_max_mw + connection.export_max_mw, bought, sold)


def _prices(reference: Reference, connection: str) -> tuple[Values, Values]:
    """What energy is bought and sold for while the base is returned to: at the market that closes last."""
    order = ("realtime", "day_ahead", "commit")
    markets = [one for one in reference.data.instance.markets().values() if one.connection == connection]
    if not markets:
        nothing = np.zeros(len(reference.hub.steps))
        return nothing, nothing
    market = min(markets, key=lambda one: order.index(one.stage))
    price, fee = reference.series(market.price_eur_per_mwh), market.trading_cost_eur_per_mwh
    return price + fee, price - fee
