"""The energy lattice of a site: layers of carriers, nodes in them, and components that stand on arcs between nodes.

Every arc is a flow of at least 0 MW in its direction: from a component into a node that it supplies, or from a node
into a component that takes there. At each node what flows in equals what flows out; what a component turns into what
is told by the ratios of its arcs. All of it comes from what components answer, without a scenario and without a model.

Source
------
Corsetti, Riaz, Riello and Mancarella, *Advances in Applied Energy* 2 (2021), 100030: multi-energy systems as a lattice
of layers (carriers) and nodes, of which operation and flexibility are told. The form with a flow for each direction is
this project's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from mes_stoch.io.files import write_whole
from mes_stoch.schema.component import Component
from mes_stoch.schema.errors import UsageError
from mes_stoch.schema.instance import Instance
from mes_stoch.views.lattice_parts import LatticeArc, LatticeComponent, LatticeNode, Role

if TYPE_CHECKING:
    import networkx as nx

#: Columns of :attr:`Lattice.arcs`.
ARC_COLUMNS = (
    "component",
    "kind",
    "node",
    "carrier",
    "direction",
    "ratio_per_unit",
    "ratio",
    "is_reference",
    "power_max_mw",
    "power_max",
    "capacity_mwh",
    "energy_mwh",
)

#: Names under which a run tells the slack of a node.
_SLACK = ("unserved", "dumped")


@dataclass(frozen=True)
class Lattice:
    """Layers, nodes, components and arcs of a site; made by :meth:`of`.

    Parameters
    ----------
    name : str
        Of the site.
    period_h : float
    layers : tuple of str
        Carriers in the order of the instance.
    nodes : tuple of LatticeNode
    components : tuple of LatticeComponent
    all_arcs : tuple of LatticeArc
    slack_mwh : mapping of (str, str) to float
        Energy unserved and dumped by node and word, MWh over the horizon, where flows are known.
    begun_h : float
        What is over of the first period when the horizon starts.

    >>> import mes_stoch as ms
    >>> lattice = ms.lattice(ms.read("instances/tiny_site"))
    >>> lattice
    <Lattice of tiny_site: 3 layers, 3 nodes, 6 components, 10 arcs>
    >>> chp = lattice.arcs.query("component == 'chp'")
    >>> chp[["node", "direction", "ratio_per_unit", "power_max_mw"]].values.tolist()
    [['fuel', 'out of node', 2.5, 5.0], ['power', 'into node', 1.0, 2.0], ['warmth', 'into node', 1.0, 2.0]]
    """

    name: str
    period_h: float
    layers: tuple[str, ...]
    nodes: tuple[LatticeNode, ...]
    components: tuple[LatticeComponent, ...]
    all_arcs: tuple[LatticeArc, ...]
    slack_mwh: Mapping[tuple[str, str], float] = field(default_factory=dict)
    begun_h: float = 0.0

    @classmethod
    def of(cls, instance: Instance) -> Lattice:
        """The lattice of an instance."""
        carriers = {name: node.carrier for name, node in instance.nodes.items()}
        arcs = {name: _arcs(name, spec, carriers) for name, spec in instance.components.items()}
        return cls(
            name=instance.name,
            period_h=instance.horizon.period_h,
            begun_h=instance.horizon.begun_h,
            layers=tuple(instance.carriers),
            nodes=tuple(LatticeNode(name, carrier) for name, carrier in carriers.items()),
            components=tuple(_component(name, spec, arcs[name]) for name, spec in instance.components.items()),
            all_arcs=tuple(arc for own in arcs.values() for arc in own),
        )

    def __repr__(self) -> str:
        counted = ((self.layers, "layer"), (self.nodes, "node"), (self.components, "component"), (self.all_arcs, "arc"))
        said = ", ".join(f"{len(found)} {word}{'' if len(found) == 1 else 's'}" for found, word in counted)
        return f"<Lattice of {self.name}: {said}>"

    @property
    def has_flows(self) -> bool:
        """Whether it tells how much flows."""
        return any(arc.energy_mwh is not None for arc in self.all_arcs)

    def nodes_of(self, layer: str) -> tuple[LatticeNode, ...]:
        """Nodes of a carrier."""
        return tuple(node for node in self.nodes if node.carrier == layer)

    def arcs_of(self, component: str) -> tuple[LatticeArc, ...]:
        """Arcs of a component."""
        return tuple(arc for arc in self.all_arcs if arc.component == component)

    @property
    def arcs(self) -> pd.DataFrame:
        """A row for each arc, columns :data:`ARC_COLUMNS`.

        ``direction`` is ``into node`` or ``out of node``. ``ratio_per_unit`` (MW per MW at the reference port) and
        ``power_max_mw`` are numbers where there is one; ``ratio`` and ``power_max`` say in words what series have a
        part in, ranges, and that there is no limit. ``is_reference`` says which port that is.
        ``capacity_mwh`` is that of the store; ``energy_mwh`` over the horizon is known after :meth:`with_flows`.
        """
        own = {component.name: component for component in self.components}
        rows = [
            {
                "component": arc.component,
                "kind": own[arc.component].kind,
                "node": arc.node,
                "carrier": arc.carrier,
                "direction": arc.direction,
                "ratio_per_unit": arc.ratio_number_per_unit,
                "ratio": arc.ratio,
                "is_reference": arc.is_reference,
                "power_max_mw": None if arc.power_max_mw is None else arc.power_max_mw.constant,
                "power_max": arc.power_max,
                "capacity_mwh": own[arc.component].capacity_mwh,
                "energy_mwh": arc.energy_mwh,
            }
            for arc in self.all_arcs
        ]
        numbers = [column for column in ARC_COLUMNS if column.endswith(("_per_unit", "_mw", "_mwh"))]
        return pd.DataFrame(rows, columns=list(ARC_COLUMNS)).astype(dict.fromkeys(numbers, float))

    def with_flows(self, flows: pd.DataFrame) -> Lattice:
        """The same lattice with the energy of each arc over the horizon.

        Where a component both gives to a node and takes from it within a period, what remains of the two counts.

        Parameters
        ----------
        flows : DataFrame
            MW into the node by period, columns ``(carrier, node, component)``: what ``run.flows(scenario)`` gives.

        Raises
        ------
        UsageError
            Flows of another site.
        """
        if flows.columns.nlevels != 3:
            raise UsageError("flows have columns (carrier, node, component), as run.flows(scenario) gives them")
        keys = cast("list[tuple[str, str, str]]", list(flows.columns))
        hours = np.full(len(flows), self.period_h)
        hours[:1] -= self.begun_h
        into, out = (side.mul(hours, axis=0).sum() for side in (flows.clip(lower=0.0), -flows.clip(upper=0.0)))
        energy: dict[tuple[str, str, bool], float] = {}
        slack: dict[tuple[str, str], float] = {}
        stands = {(one.name, node) for one in self.components for node in one.nodes}
        layer = {node.name: node.carrier for node in self.nodes}
        for key in keys:
            carrier, node, component = key
            is_own = layer.get(node) == carrier
            if is_own and (component, node) in stands:
                energy[component, node, True], energy[component, node, False] = float(into[key]), float(out[key])
            elif is_own and component in _SLACK:
                slack[node, component] = float(into[key] + out[key])
            else:
                raise UsageError(f"{self.name} has no component {component} at a node {node} of {carrier}")
        arcs = (replace(arc, energy_mwh=energy.get((arc.component, arc.node, arc.supplies))) for arc in self.all_arcs)
        return replace(self, all_arcs=tuple(arcs), slack_mwh=slack)

    def to_networkx(self) -> nx.MultiDiGraph:
        """The lattice as a graph.

        Its nodes are the nodes of the site (``node:NAME``) and the components (``component:NAME``), since one of each
        may have the same name; attributes ``name``, ``is_component``, ``carrier`` (of components: all, separated by
        commas), ``kind`` (of nodes: ``node``) and ``role``, ``reference``, ``capacity_mwh`` of components that have
        them. Its edges are the arcs, with ``carrier``, ``ratio``, ``power_max`` in words and ``ratio_per_unit``,
        ``power_max_mw``, ``energy_mwh`` where they are numbers. What is not known is no attribute.
        """
        import networkx as nx

        graph = nx.MultiDiGraph(name=self.name)
        for node in self.nodes:
            graph.add_node(_node_id(node.name), name=node.name, is_component=False, carrier=node.carrier, kind="node")
        for component in self.components:
            known = {"reference": component.reference, "capacity_mwh": component.capacity_mwh}
            graph.add_node(
                _component_id(component.name),
                name=component.name,
                is_component=True,
                carrier=",".join(component.carriers),
                kind=component.kind,
                role=component.role,
                **_given(known),
            )
        for arc in self.all_arcs:
            ends = (_component_id(arc.component), _node_id(arc.node))
            limit_mw = None if arc.power_max_mw is None else arc.power_max_mw.constant
            known = {
                "ratio": arc.ratio or None,
                "ratio_per_unit": arc.ratio_number_per_unit,
                "power_max": arc.power_max,
                "power_max_mw": limit_mw,
                "energy_mwh": arc.energy_mwh,
            }
            start, end = ends if arc.supplies else ends[::-1]
            graph.add_edge(start, end, key=f"{start} > {end}", carrier=arc.carrier, **_given(known))
        return graph

    def write_graphml(self, path: str | Path) -> None:
        """Write the graph of :meth:`to_networkx` as GraphML; the file is there whole or not at all.

        Raises
        ------
        WriteError
            If it cannot be written; what was there before stays.
        """
        import networkx as nx

        graph = self.to_networkx()
        # by name, since which writer write_graphml takes depends on what else is installed
        write_whole(Path(path), lambda stream: nx.write_graphml_xml(graph, stream))


def _arcs(name: str, spec: Component, carriers: Mapping[str, str]) -> tuple[LatticeArc, ...]:
    conversion = next(iter(spec.conversions()), None)
    reference = None if conversion is None else (conversion.reference, conversion.reference_is_output)
    return tuple(
        LatticeArc(
            name,
            arc.node,
            carriers[arc.node],
            arc.supplies,
            arc.ratios_per_unit,
            arc.power_max_mw,
            is_reference=(arc.node, arc.supplies) == reference,
        )
        for arc in spec.arcs()
    )


def _component(name: str, spec: Component, arcs: Sequence[LatticeArc]) -> LatticeComponent:
    store = spec.store()
    conversion = next(iter(spec.conversions()), None)
    return LatticeComponent(
        name=name,
        kind=spec.type,
        role=_role(spec, arcs),
        nodes=tuple(dict.fromkeys(_stands_at(spec, arcs))),
        carriers=tuple(dict.fromkeys(arc.carrier for arc in arcs)),
        reference=None if conversion is None else conversion.reference,
        capacity_mwh=None if store is None else store.energy_max_mwh,
    )


def _stands_at(spec: Component, arcs: Sequence[LatticeArc]) -> Iterator[str]:
    """Nodes of a component; a connection without import and export has no arc, and stands somewhere all the same."""
    yield from (arc.node for arc in arcs)
    yield from (port.node for port in spec.ports())


def _role(spec: Component, arcs: Sequence[LatticeArc]) -> Role:
    if spec.connection() is not None:
        return "network"
    if spec.store() is not None:
        return "store"
    directions = {arc.supplies for arc in arcs}
    is_of_one_node = len({arc.node for arc in arcs}) == 1
    if directions == {True} and is_of_one_node:
        return "source"
    # what it takes may come from several nodes, and stays where it is
    if directions == {False} and (is_of_one_node or not spec.conversions()):
        return "demand"
    # what it takes from a node and gives back there, it stores
    return "store" if is_of_one_node and not spec.conversions() else "conversion"


def _node_id(name: str) -> str:
    return f"node:{name}"


def _component_id(name: str) -> str:
    return f"component:{name}"


def _given(known: Mapping[str, str | float | None]) -> dict[str, str | float]:
    return {key: value for key, value in known.items() if value is not None}
