"""Reserve from a unit that is off and can start in time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mes_stoch.components.converter.format import Converter, ConverterPort
from mes_stoch.components.shared.context import DirectedProduct, Expression, HeldReserve, ModelContext, OfPeriod
from mes_stoch.components.shared.equations_on_off import OnOff
from mes_stoch.schema.on_off import start_costs_of


@dataclass(frozen=True)
class QuickStart:
    """Standstill of a unit by directed product: whether it holds it off (``standing``), and starts for it (``called``).

    Both are empty where nothing can be held from standstill.
    """

    standing: Mapping[str, Any] = field(default_factory=dict)
    called: Mapping[str, Any] = field(default_factory=dict)

    def is_standing(self, t: int) -> Expression:
        """1 where the unit is off and holds reserve."""
        return sum(variable[t] for variable in self.standing.values())

    def is_called(self, t: int) -> Expression:
        """1 where the unit runs for a call alone."""
        return sum(variable[t] for variable in self.called.values())

    def held_at_no_load(self, directed: DirectedProduct, port: ConverterPort) -> OfPeriod | None:
        """What a port has at no load where the unit would start for a product, MW; ``None`` where that is nothing."""
        standing = self.standing.get(directed.name)
        if standing is None or port.no_load_mw == 0:
            return None
        return lambda t: port.no_load_mw * standing[t]

    def called_at_no_load(self, directed: DirectedProduct, port: ConverterPort) -> OfPeriod | None:
        """Likewise where it has started."""
        starting = self.called.get(directed.name)
        if starting is None or port.no_load_mw == 0:
            return None
        return lambda t: port.no_load_mw * starting[t]

    def uncalled_at_no_load(
        self, context: ModelContext, directed: DirectedProduct, port: ConverterPort
    ) -> OfPeriod | None:
        """Likewise where a full call may still start it."""
        held, called = self.held_at_no_load(directed, port), self.called_at_no_load(directed, port)
        if held is None:
            return None
        may_run = context.quantity(directed.open)
        return lambda t: may_run(t) * (held(t) - (0.0 if called is None else called(t)))


def build_quick_start(
    context: ModelContext, name: str, spec: Converter, power: Any, on_off: OnOff, reserve: HeldReserve
) -> QuickStart:
    """What a unit that is off may hold of the products whose activation time is at least that of its start.

    Equations
    ---------
    For the directed products ``p`` that raise the flow at the reference port, with ``rho`` what is held and ``e`` what
    is delivered; those that are called as a whole and leave ``quick_start_h`` can be held from standstill, ``v_p = 1``,
    and start the unit where they are called, ``c_p = 1``; the others need it to run::

        y[t] + sum_p v_p[t] <= 1                                                          (standstill)
        y[t-1] + sum_p v_p[t] <= 1                                                        (standstill_before)
        P[t] <= P_max y[t]                                                                (standstill_power)
        rho_p[t] <= P_max y[t] + P_still v_p[t]                                           (<p>_held_maximum)
        rho_p[t] >= P_min v_p[t]                                                          (<p>_held_minimum)
        e_p[t] <= P_max y[t] + P_still c_p[t]                                             (<p>_called_maximum)
        e_p[t] >= P_min c_p[t]                                                            (<p>_called_minimum)
        c_p[t] <= v_p[t]                                                                  (<p>_called_held)
        b[t] >= sum_p c_p[t] - sum_p c_p[t-1]                                             (called_start)
        profit -= start_cost sum_t b[t]                                                   (called_start.<unit>)

    ``y[-1]`` is the state before the horizon where it is known; ``sum_p c_p[-1]`` is 1 where a call under way at the
    start found the unit off and has started it (``start.calls``), and 0 otherwise. ``P_still`` is the least of
    ``P_max``, ``P_start`` and ``P_stop``, for the first period of a call may be its last. The rows of the unit read
    ``y + sum_p v_p`` for ``y`` at its maximum and at what is available, and ``y + sum_p c_p`` at no load.

    All of it is on the safe side. One product at a time is held from standstill, so that any call of it alone can be
    followed. A call of less than ``P_min`` cannot: it is missed, or others deliver it. A start that is called costs as
    much as the coldest. Nothing is held in the first period after the unit has run. Minimum times of more than a period
    and a limit on the starts of a day are refused beside ``quick_start_h``
    (:mod:`mes_stoch.components.converter.checks_on_off`). Nothing is held from standstill in a first period that is
    shorter than a minimum time.

    Symbols
    -------
    ``<p>_standing`` (v), ``<p>_starting`` (c) : binary, (periods,), realtime.
    ``called_start`` (b) : in [0, 1], (periods,), realtime; only where a start costs something.
    """
    raising = [p for p in reserve.directed_products if raises(spec, p)]
    eligible = [p for p in raising if is_quick(spec, p)]
    if not eligible:
        return QuickStart()
    standing = {p.name: _binary(context, name, f"{p.name}_standing") for p in eligible}
    called = {p.name: _binary(context, name, f"{p.name}_starting") for p in eligible if p.is_ever_called}
    found = QuickStart(standing, called)
    context.constraint(
        name,
        "standstill_power",
        f"{name} makes nothing at standstill",
        lambda t: power[t] <= spec.power_max_mw * on_off.state(t),
    )
    _standstill(context, name, spec, on_off, found)
    for p in raising:
        _held(context, name, spec, on_off, reserve, found, p)
        if p.name in called:
            _called(context, name, spec, on_off, reserve, found, p)
    _starts(context, name, spec, found, float(any(p.before.has_started(name) for p in eligible)))
    return found


def raises(spec: Converter, directed: DirectedProduct) -> bool:
    """Whether a call of a directed product raises the flow at the reference port."""
    return (directed.sign > 0) == spec.reference_is_output


def is_quick(spec: Converter, directed: DirectedProduct) -> bool:
    """Whether a directed product leaves the time of a start, and is called as a whole."""
    if spec.quick_start_h is None or not raises(spec, directed) or directed.is_pro_rata:
        return False
    return spec.quick_start_h * 3600.0 <= directed.product.response_time_s * (1.0 + 1e-9)


def _binary(context: ModelContext, owner: str, name: str) -> Any:
    return context.variable(owner, name, "1", "realtime", upper=1.0, integer=True)


def _standstill(context: ModelContext, name: str, spec: Converter, on_off: OnOff, found: QuickStart) -> None:
    context.constraint(
        name,
        "standstill",
        f"{name} holds reserve from standstill where it is off",
        lambda t: on_off.state(t) + found.is_standing(t) <= 1,
        unit="1",
    )
    is_known = spec.initial_on is not None
    first_h = context.lengths_h[0]
    is_too_short = max(spec.minimum_up_h, spec.minimum_down_h) > first_h + 1e-9 and context.begun_h > 0
    first = 0 if is_known or is_too_short else 1
    if first == len(context.periods):
        return

    def before(k: int) -> Expression:
        t = k + first
        if t == 0:
            return float(is_too_short or _is_bound(spec, 0.0)) + found.is_standing(0) <= 1
        is_bound = t == 1 and is_too_short and _is_bound(spec, first_h)
        return (1.0 if is_bound else on_off.state(t - 1)) + found.is_standing(t) <= 1

    periods = [context.spans(None)[0][t : t + 1] for t in range(first, len(context.periods))]
    context.constraint(
        name,
        "standstill_before",
        f"{name} holds nothing from standstill right after it has run",
        before,
        unit="1",
        spans=periods,
        dimension=f"standstill_{name}",
    )


def _is_bound(spec: Converter, passed_h: float) -> bool:
    """Whether the unit, so long into the horizon, just ran before it, or has not been off for as long as it must be."""
    if spec.initial_on and passed_h == 0:
        return True
    off_h = passed_h if spec.initial_on else None if spec.initial_state_h is None else spec.initial_state_h + passed_h
    return off_h is not None and off_h < spec.minimum_down_h


def _held(
    context: ModelContext,
    name: str,
    spec: Converter,
    on_off: OnOff,
    reserve: HeldReserve,
    found: QuickStart,
    directed: DirectedProduct,
) -> None:
    held, standing = reserve.held[directed.name], found.standing.get(directed.name)
    context.constraint(
        name,
        f"{directed.name}_held_maximum",
        f"{name} holds {directed.name} where it runs, or can start for it",
        lambda t: held[t] <= _most(spec, on_off.state(t), None if standing is None else standing[t]),
        role="headroom",
    )
    if standing is not None:
        context.constraint(
            name,
            f"{directed.name}_held_minimum",
            f"{name} holds at least its minimum load of {directed.name} from standstill",
            lambda t: held[t] >= spec.power_min_mw * standing[t],
            role="headroom",
        )


def _most(spec: Converter, state: Expression, from_standstill: Expression | None) -> Expression:
    """Largest power of a call, MW: of a unit that runs, or starts for it."""
    running = spec.power_max_mw * state
    return running if from_standstill is None else running + spec.standstill_max_mw * from_standstill


def _called(
    context: ModelContext,
    name: str,
    spec: Converter,
    on_off: OnOff,
    reserve: HeldReserve,
    found: QuickStart,
    directed: DirectedProduct,
) -> None:
    given, starting = reserve.called[directed.name](1.0), found.called[directed.name]
    standing = found.standing[directed.name]
    context.constraint(
        name,
        f"{directed.name}_called_maximum",
        f"{name} delivers {directed.name} where it runs, or has started for it",
        lambda t: given(t) <= _most(spec, on_off.state(t), starting[t]),
        role="headroom",
    )
    context.constraint(
        name,
        f"{directed.name}_called_minimum",
        f"{name} runs at its minimum load at least where it has started for {directed.name}",
        lambda t: given(t) >= spec.power_min_mw * starting[t],
        role="headroom",
    )
    context.constraint(
        name,
        f"{directed.name}_called_held",
        f"{name} starts for {directed.name} where it holds it from standstill",
        lambda t: starting[t] <= standing[t],
        unit="1",
    )


def _starts(context: ModelContext, name: str, spec: Converter, found: QuickStart, has_started: float) -> None:
    cost = max(one.cost_eur for one in start_costs_of(spec))
    if cost == 0 or not found.called:
        return
    start = context.variable(name, "called_start", "1", "realtime", upper=1.0)
    context.constraint(
        name,
        "called_start",
        f"{name} has started where a call begins that finds it off",
        lambda t: start[t] >= found.is_called(t) - (found.is_called(t - 1) if t > 0 else has_started),
        unit="1",
    )
    context.earn(f"called_start.{name}", -cost * sum(start[t] for t in context.periods))
