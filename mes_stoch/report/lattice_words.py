"""What is written in the figure of a lattice."""

from __future__ import annotations

from collections.abc import Sequence

from mes_stoch.schema.arc import LinearQuantity
from mes_stoch.views.lattice import Lattice
from mes_stoch.views.lattice_parts import LatticeArc, LatticeComponent

#: Stands for a ratio in which a series has a part.
BY_SERIES = "x(t)"

#: Energy below which nothing flows, MWh.
NOTHING_MWH = 5e-4


def box_lines(component: LatticeComponent, arcs: Sequence[LatticeArc]) -> tuple[str, ...]:
    """Name of a component, and below it what limits it."""
    into = next((arc for arc in arcs if arc.supplies), None)
    out = next((arc for arc in arcs if not arc.supplies), None)
    details: list[str] = []
    if component.role == "network":
        # the site imports what the network brings into the node
        details += [f"import {power(into.power_max_mw)}"] if into else []
        details += [f"export {power(out.power_max_mw)}"] if out else []
    elif component.capacity_mwh is not None:
        details.append(f"{component.capacity_mwh:.4g} MWh")
        sides = [power(arc.power_max_mw) for arc in (out, into) if arc is not None]
        words = [word for word, arc in (("in", out), ("out", into)) if arc is not None]
        same = len(set(sides)) == 1
        details.append(
            f"{sides[0]} {' and '.join(words)}"
            if same
            else ", ".join(f"{side} {word}" for side, word in zip(sides, words, strict=True))
        )
    elif component.role in ("source", "demand") and arcs:
        details.append(power(arcs[0].power_max_mw))
    else:
        at = next((arc for arc in arcs if arc.node == component.reference and arc.power_max_mw is not None), None)
        details += [f"{power(at.power_max_mw)} at {at.node}"] if at else []
    return (component.name, *details)


def power(limit: LinearQuantity | None) -> str:
    """A limit in MW, or by the series that says it, whose name has the unit."""
    if limit is None:
        return "without limit"
    return str(limit) if limit.series else f"{limit} MW"


def arc_label(arc: LatticeArc, *, is_at_end: bool = False) -> str:
    """Beside an arc: its energy where that is known, else its ratio; what its box tells already is left out."""
    if arc.energy_mwh is not None:
        return energy(arc.energy_mwh)
    if is_at_end or not arc.ratios_per_unit:
        return ""
    if any(ratio.series for ratio in arc.ratios_per_unit):
        return BY_SERIES
    return f"x {arc.ratio} ref." if arc.is_reference else f"x {arc.ratio}"


def energy(energy_mwh: float) -> str:
    """MWh with three digits or more, since small flows and large ones stand side by side."""
    if energy_mwh >= 100:
        return f"{energy_mwh:,.0f}"
    return f"{energy_mwh:.3g}" if energy_mwh >= NOTHING_MWH else "0"


def slack_remarks(lattice: Lattice) -> list[str]:
    """Energy that was not served or thrown away, where there was any."""
    found = ((node, word, amount) for (node, word), amount in lattice.slack_mwh.items() if amount >= NOTHING_MWH)
    return [f"{word} at {node}: {energy(amount)} MWh" for node, word, amount in found]
