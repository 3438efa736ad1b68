"""The energy lattice as tables: its layers with their nodes, and every arc of every component."""

from __future__ import annotations

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from mes_stoch.report.lattice_words import energy, power
from mes_stoch.views.lattice import Lattice
from mes_stoch.views.lattice_parts import LatticeArc, LatticeComponent


def render_lattice(lattice: Lattice, called: str = "") -> RenderableType:
    """Layers and nodes, then the arcs; with flows the energy of each over the horizon of the scenario ``called``."""
    parts: list[RenderableType] = [_layers(lattice), _arcs(lattice, called)]
    remarks = ["ratio: MW per MW at the port marked ref.; limits in MW, or the series that gives them."]
    if lattice.has_flows:
        remarks.append("MWh: over the horizon, of what remains in each period.")
        remarks += [
            f"{words} at {node}: {amount:.4g} MWh."
            for (node, words), amount in lattice.slack_mwh.items()
            if amount > 5e-4
        ]
    return Group(*parts, *(Padding(remark, (0, 0, 0, 2)) for remark in remarks))


def _layers(lattice: Lattice) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title=f"{lattice.name}: layers and nodes", title_justify="left")
    for heading in ("layer", "nodes", "components"):
        table.add_column(heading, overflow="fold")
    for layer in lattice.layers:
        nodes = ", ".join(node.name for node in lattice.nodes_of(layer)) or "none"
        own = [component.name for component in lattice.components if layer in component.carriers]
        table.add_row(layer, nodes, ", ".join(own) or "none")
    return table


def _arcs(lattice: Lattice, called: str) -> Table:
    """A section for each kind, a row for each arc."""
    title = f"Components and arcs{f', {called}' if called else ''}"
    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left")
    table.add_column("kind, component", overflow="fold")
    table.add_column("arc", overflow="fold")
    table.add_column("ratio", justify="right", overflow="fold")
    table.add_column("limit", justify="right", overflow="fold")
    if lattice.has_flows:
        table.add_column("MWh", justify="right")
    for kind in dict.fromkeys(component.kind for component in lattice.components):
        table.add_row(Text(kind, style="bold"))
        for component in lattice.components:
            if component.kind == kind:
                _add_component(table, lattice, component)
    return table


def _add_component(table: Table, lattice: Lattice, component: LatticeComponent) -> None:
    capacity = "" if component.capacity_mwh is None else f", {component.capacity_mwh:.4g} MWh"
    name = f"  {component.name}{capacity}"
    arcs = lattice.arcs_of(component.name)
    for number, arc in enumerate(arcs):
        table.add_row("" if number else name, *_cells(arc))
    if not arcs:
        table.add_row(name, "none")


def _cells(arc: LatticeArc) -> tuple[str, ...]:
    way = f"-> {arc.node}" if arc.supplies else f"{arc.node} ->"
    ratio = f"{arc.ratio} ref." if arc.is_reference else arc.ratio
    cells = (way, ratio, power(arc.power_max_mw))
    return cells if arc.energy_mwh is None else (*cells, energy(arc.energy_mwh))
