"""Does a component give more energy than goes into it?

Equations
---------
At its least and at its largest power, and at those of a way up or down, with what goes in and out of electricity,
fuels, heat and cold, MW (fuels by their lower heating value, so that a condensing boiler gives 1.1)::

    electricity out <= electricity + fuel + heat in
    electricity and fuel out <= 1.1 (electricity + fuel + heat in)
    electricity, fuel and heat out <= 1.1 (electricity + fuel + heat + cold in) + cold out,
                                      where electricity or fuel comes out, or no electricity goes in;
                                      heat alone in, and no fuel: 1 in place of 1.1
    heat out <= 15 x electricity in + 1.1 fuel + heat + cold in + cold out        a heat pump
    cold out <= 50 x electricity in + 2.5 (fuel + heat in) + cold in              a chiller, free cooling
    one carrier alone: out <= in                                                  a link, whatever is led

What is cooled gives its heat to the machine, so that an absorption chiller rejects what drives it and what it cools.
Only compression draws heat from outside that nobody writes down. What burns or takes heat to do so (a gas heat pump, an
absorption heat pump) has to say where that heat comes from, as an input at a node of its own. Carriers go by their
names; what else an instance may call a carrier is not known, and where such goes in nothing is said but of a link.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mes_stoch.io.validation.check_context import CheckContext
from mes_stoch.schema.base import Quantity
from mes_stoch.schema.component import Component, EntryPath
from mes_stoch.schema.conversion import Conversion
from mes_stoch.schema.errors import Issue

Values = NDArray[np.float64]
Sort = Literal["electricity", "fuel", "heat", "cold"]

_NAMES: Mapping[Sort, str] = {
    "electricity": r"electricity|electric(al)?(_.*)?|power(_.*)?",
    "fuel": r"(natural_?|bio|syn(thetic_)?)?gas(_.*)?|methane|biomethane|lng|lpg|h2|hydrogen(_.*)?|biomass|bio_?fuel|"
    r"wood(_.*)?|pellets?|oil|heating_oil|diesel|petrol|gasoline|coal|fuels?(_.*)?|methanol|ammonia",
    "heat": r"heat(_.*)?|(.*_)?heat|steam(_.*)?|hot_water|warmth",
    "cold": r"cooling(_.*)?|(.*_)?cooling|cold(_.*)?|chilled_water",
}

HEATING_VALUE_PER_UNIT = 1.1
HEAT_PUMP_PER_UNIT = 15.0
CHILLER_PER_UNIT = 50.0
ABSORPTION_PER_UNIT = 2.5
_TOLERANCE = 1e-6
_ON_THE_WAY = "this is on its way up or down, where the no_load_mw of all ports flows as well: give an input more of it"


@dataclass(frozen=True)
class Gain:
    """A rule that a conversion breaks: ``out`` is above ``most``, both over the places looked at."""

    nodes: tuple[str, ...]
    what: str
    out: Values
    most: Values
    hint: str

    @property
    def is_broken(self) -> NDArray[np.bool_]:
        return np.asarray(self.out > self.most * (1.0 + _TOLERANCE) + 1e-12)


def sort_of(carrier: str) -> Sort | None:
    """What a carrier is by its name; ``None`` where it may be anything.

    >>> sort_of("natural_gas"), sort_of("heat"), sort_of("shaft")
    ('fuel', 'heat', None)
    """
    return next((sort for sort, names in _NAMES.items() if re.fullmatch(names, carrier.lower())), None)


def gain_issues(context: CheckContext) -> Iterator[Issue]:
    """One issue for every component whose ratios are numbers and give more energy than they take."""
    carriers = {name: node.carrier for name, node in context.partial.nodes.items()}
    for name, spec in context.partial.components.items():
        for gain in found_gains(spec, carriers, _number):
            out, most = float(gain.out.flat[0]), float(gain.most.flat[0])
            yield context.locator.issue(
                ("components", name, *port_key(spec, gain.nodes)),
                f"{out:.4g} MW of {gain.what} out",
                f"at most {most:.4g} MW, from what goes in",
                gain.hint,
            )
            break


def found_gains(
    spec: Component, carriers: Mapping[str, str], values: Callable[[Quantity], Values | None]
) -> Iterator[Gain]:
    """The rules that a component breaks; conversions with a ratio of which nothing is known are left out."""
    for conversion in spec.conversions():
        entries, leaves = ({port.node for port in ports} for ports in (conversion.inputs, conversion.outputs))
        # the checks of a kind tell of one node at both ends
        if entries & leaves or not entries | leaves <= set(carriers):
            continue
        for power in conversion.looked_at_mw:
            flows = _flows(conversion, power, values)
            if flows is not None:
                broken = (gain for gain in _rules(*flows, carriers) if gain.is_broken.any())
                is_passed = power < conversion.power_min_mw
                yield from (replace(gain, hint=_ON_THE_WAY) if is_passed else gain for gain in broken)


def port_key(spec: Component, nodes: tuple[str, ...]) -> EntryPath:
    """Entry of the first port that supplies one of some nodes."""
    keys = [port.key for port in spec.ports() if port.supplies and port.node in nodes]
    return () if not keys else keys[0][:-1] if len(keys[0]) > 1 else keys[0]


def _number(quantity: Quantity) -> Values | None:
    return None if isinstance(quantity, str) else np.array([float(quantity)])


Flows = dict[str, Values]


def _flows(
    conversion: Conversion, power_mw: float, values: Callable[[Quantity], Values | None]
) -> tuple[Flows, Flows] | None:
    """MW into the component and out of it by node, at one power."""
    sides: tuple[Flows, Flows] = ({}, {})
    for flows, ports in zip(sides, (conversion.inputs, conversion.outputs), strict=True):
        for port in ports:
            ratio = values(port.ratio_per_unit)
            if ratio is None or not np.all(np.isfinite(ratio)):
                return None
            flows[port.node] = flows.get(port.node, 0.0) + ratio * power_mw + port.no_load_mw
    return sides


def _rules(inputs: Flows, outputs: Flows, carriers: Mapping[str, str]) -> Iterator[Gain]:
    names = {carriers[node] for node in (*inputs, *outputs)}
    if len(names) == 1:
        most = _total(inputs, list(inputs))
        hint = (
            "a link gives at most what goes into it; a loss makes the ratio of its output less than that of its input"
        )
        yield Gain(tuple(outputs), f"{names.pop()}", _total(outputs, list(outputs)), most, hint)
        return
    taken, given = _by_sort(inputs, carriers), _by_sort(outputs, carriers)
    if None in taken:
        return
    power, fuel, heat, cold = (_total(inputs, taken.get(sort, [])) for sort in ("electricity", "fuel", "heat", "cold"))
    worked = [*given.get("electricity", []), *given.get("fuel", [])]
    drawn = _total(outputs, given.get("cold", []))
    energy = [*worked, *given.get("heat", [])]
    inverse = "a ratio may stand at the wrong side: with an efficiency of 0.9, 1 goes in for 0.9 out, or 1.11 for 1"
    if "electricity" in given:
        electricity = given["electricity"]
        most = power + fuel + heat
        yield Gain(tuple(electricity), "electricity", _total(outputs, electricity), most, inverse)
    if worked:
        most = HEATING_VALUE_PER_UNIT * (power + fuel + heat)
        yield Gain(tuple(worked), "electricity and fuel", _total(outputs, worked), most, inverse)
    if energy and (worked or "electricity" not in taken):
        share = HEATING_VALUE_PER_UNIT if worked or "fuel" in taken else 1.0
        hint = f"{inverse}; what draws heat from outside has it as an input, from a source at a node of its own"
        most = share * (power + fuel + heat + cold) + drawn
        yield Gain(tuple(energy), "energy", _total(outputs, energy), most, hint)
    elif energy:
        hint = f"no heat pump has a COP above {HEAT_PUMP_PER_UNIT:g}: a share of 3.5 is written 3.5, and not 350"
        most = HEAT_PUMP_PER_UNIT * power + HEATING_VALUE_PER_UNIT * fuel + heat + cold + drawn
        yield Gain(tuple(energy), "heat", _total(outputs, energy), most, hint)
    if "cold" in given:
        hint = f"no chiller has a COP above {CHILLER_PER_UNIT:g}, and none driven by heat above {ABSORPTION_PER_UNIT:g}"
        most = CHILLER_PER_UNIT * power + ABSORPTION_PER_UNIT * (fuel + heat) + cold
        yield Gain(tuple(given["cold"]), "cold", _total(outputs, given["cold"]), most, hint)


def _by_sort(flows: Flows, carriers: Mapping[str, str]) -> dict[Sort | None, list[str]]:
    found: dict[Sort | None, list[str]] = {}
    for node in flows:
        found.setdefault(sort_of(carriers[node]), []).append(node)
    return found


def _total(flows: Flows, nodes: list[str]) -> Values:
    return np.asarray(sum((flows[node] for node in nodes), start=np.zeros(1)))
