"""The energy lattice of small sites arc by arc, as a graph, with flows, and as a figure that can be read."""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from helpers.site_builder import grid, mains, make_instance

import mes_stoch as ms
from mes_stoch.report.figures import PlotsMissingError
from mes_stoch.report.lattice_figure import draw_lattice
from mes_stoch.report.lattice_rows import place
from mes_stoch.schema.arc import LinearQuantity
from mes_stoch.schema.errors import UsageError, WriteError
from mes_stoch.views.lattice import ARC_COLUMNS, Lattice

SHIPPED = ("hospital_fr", "corsetti_au", "campus_au", "bench_district", "tiny_site", "annual_contracts_fr")

COMPONENTS: dict[str, dict[str, Any]] = {
    "grid": grid(import_max_mw=8.0, export_max_mw=0.0),
    "mains": mains(),
    "chp": {
        "type": "converter",
        "reference": "power",
        "power_max_mw": 2.0,
        "power_min_mw": 1.0,
        "inputs": [{"node": "fuel", "ratio_per_unit": 2.5, "no_load_mw": 0.25}],
        "outputs": [{"node": "power", "ratio_per_unit": 1.0}, {"node": "warmth", "ratio_per_unit": 1.2}],
    },
    "heat_pump": {
        "type": "converter",
        "reference": "power",
        "power_max_mw": 0.5,
        "inputs": [{"node": "power", "ratio_per_unit": 1.0}],
        "outputs": [{"node": "warmth", "ratio_per_unit": "cop_per_unit"}],
    },
    "battery": {
        "type": "storage",
        "node": "power",
        "energy_max_mwh": 4.0,
        "charge_max_mw": 1.0,
        "discharge_max_mw": 1.5,
        "initial_mwh": 2.0,
    },
    "roof": {"type": "source", "node": "power", "available_mw": "pv_mw"},
    "lights": {"type": "sheddable_demand", "node": "power", "demand_mw": 0.7, "shed_cost_eur_per_mwh": 100.0},
    "houses": {"type": "demand", "node": "warmth", "demand_mw": "heat_demand_mw", "share_per_unit": 0.4},
}

#: component, node, carrier, direction, ratio, largest power MW, both as numbers and in words.
ARCS = [
    ("grid", "power", "electricity", "into node", None, "", 8.0, "8"),
    ("mains", "fuel", "gas", "into node", None, "", None, "no limit"),
    # 2.5 x 2 MW, and 0.25 MW whenever it is on
    ("chp", "fuel", "gas", "out of node", 2.5, "2.5", 5.25, "5.25"),
    ("chp", "power", "electricity", "into node", 1.0, "1", 2.0, "2"),
    ("chp", "warmth", "heat", "into node", 1.2, "1.2", 2.4, "2.4"),
    ("heat_pump", "power", "electricity", "out of node", 1.0, "1", 0.5, "0.5"),
    ("heat_pump", "warmth", "heat", "into node", None, "cop_per_unit", None, "0.5 x cop_per_unit"),
    ("battery", "power", "electricity", "into node", None, "", 1.5, "1.5"),
    ("battery", "power", "electricity", "out of node", None, "", 1.0, "1"),
    ("roof", "power", "electricity", "into node", None, "", None, "pv_mw"),
    ("lights", "power", "electricity", "out of node", None, "", 0.7, "0.7"),
    ("houses", "warmth", "heat", "out of node", None, "", None, "0.4 x heat_demand_mw"),
]


@pytest.fixture(scope="module")
def lattice() -> Lattice:
    return Lattice.of(make_instance(COMPONENTS, periods=2, period_h=0.5))


def test_every_arc_of_a_small_site(lattice: Lattice) -> None:
    columns = ["component", "node", "carrier", "direction", "ratio_per_unit", "ratio", "power_max_mw", "power_max"]
    expected = pd.DataFrame(ARCS, columns=columns).astype({"ratio_per_unit": float, "power_max_mw": float})
    assert tuple(lattice.arcs.columns) == ARC_COLUMNS
    pd.testing.assert_frame_equal(lattice.arcs[columns], expected)
    references = lattice.arcs[lattice.arcs["is_reference"]]
    assert references[["component", "node"]].to_numpy().tolist() == [["chp", "power"], ["heat_pump", "power"]]


def test_what_stands_in_which_layer(lattice: Lattice) -> None:
    assert lattice.layers == ("cooling", "electricity", "gas", "heat")
    assert [node.name for node in lattice.nodes_of("heat")] == ["warmth"]
    assert lattice.nodes_of("cooling") == ()
    own = {one.name: (one.kind, one.role, one.carriers, one.capacity_mwh) for one in lattice.components}
    assert own == {
        "grid": ("grid_connection", "network", ("electricity",), None),
        "mains": ("grid_connection", "network", ("gas",), None),
        "chp": ("converter", "conversion", ("gas", "electricity", "heat"), None),
        "heat_pump": ("converter", "conversion", ("electricity", "heat"), None),
        "battery": ("storage", "store", ("electricity",), 4.0),
        "roof": ("source", "source", ("electricity",), None),
        "lights": ("sheddable_demand", "demand", ("electricity",), None),
        "houses": ("demand", "demand", ("heat",), None),
    }
    capacities = lattice.arcs.set_index("component")["capacity_mwh"]
    assert capacities["battery"].tolist() == [4.0, 4.0]
    assert np.isnan(capacities["roof"])


def test_two_ports_at_one_node_are_one_arc() -> None:
    boiler = {
        "type": "converter",
        "reference": "warmth",
        "power_max_mw": 3.0,
        "inputs": [{"node": "fuel", "ratio_per_unit": 1.0}, {"node": "fuel", "ratio_per_unit": "pilot_per_unit"}],
        "outputs": [{"node": "warmth", "ratio_per_unit": 1.0}],
    }
    arc, _ = Lattice.of(make_instance({"boiler": boiler})).all_arcs
    assert (arc.ratio, arc.power_max) == ("1 + pilot_per_unit", "3 + 3 x pilot_per_unit")


def test_a_connection_that_carries_nothing_stands_at_its_node() -> None:
    lattice = Lattice.of(make_instance({"grid": grid(import_max_mw=0.0, export_max_mw=0.0), "mains": mains()}))
    closed, _ = lattice.components
    assert (closed.nodes, closed.role, lattice.arcs_of("grid")) == (("power",), "network", ())
    draw_lattice(lattice)


def test_a_linear_quantity_adds_and_tells_itself() -> None:
    both = LinearQuantity.of("a_mw").scaled(0.5) + LinearQuantity(1.0) + LinearQuantity.of("a_mw")
    assert (both.number, dict(both.series), both.constant) == (1.0, {"a_mw": 1.5}, None)
    assert str(LinearQuantity()) == "0"


# -- as a graph ---------------------------------------------------------------------------------------------------


def test_the_graph_has_nodes_components_and_arcs(lattice: Lattice) -> None:
    graph = lattice.to_networkx()
    assert (graph.number_of_nodes(), graph.number_of_edges()) == (3 + 8, 12)
    assert graph.nodes["node:power"] == {
        "name": "power",
        "is_component": False,
        "carrier": "electricity",
        "kind": "node",
    }
    assert graph.nodes["component:chp"] == {
        "name": "chp",
        "is_component": True,
        "carrier": "gas,electricity,heat",
        "kind": "converter",
        "role": "conversion",
        "reference": "power",
    }
    (gas,) = graph.get_edge_data("node:fuel", "component:chp").values()
    assert gas == {
        "carrier": "gas",
        "ratio": "2.5",
        "ratio_per_unit": 2.5,
        "power_max": "5.25",
        "power_max_mw": 5.25,
    }
    assert graph.has_edge("component:battery", "node:power")
    assert graph.has_edge("node:power", "component:battery")
    assert not graph.has_edge("node:power", "component:grid")
    # what flows from the mains can reach the houses, and nothing comes back
    assert nx.has_path(graph, "component:mains", "component:houses")
    assert not nx.has_path(graph, "component:houses", "component:mains")


def test_graphml_is_read_back_the_same(lattice: Lattice, tmp_path: Path) -> None:
    lattice.write_graphml(tmp_path / "site.graphml")
    graph, back = lattice.to_networkx(), nx.read_graphml(tmp_path / "site.graphml", force_multigraph=True)
    assert isinstance(back, nx.MultiDiGraph)
    assert dict(back.nodes(data=True)) == dict(graph.nodes(data=True))
    edges = [sorted(one.edges(keys=True, data=True), key=lambda edge: edge[2]) for one in (back, graph)]
    assert edges[0] == edges[1]
    assert back.graph["name"] == "by_hand"


def test_graphml_is_written_whole_or_not_at_all(
    lattice: Lattice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "site.graphml"
    target.write_bytes(b"before")

    def fails(graph: nx.MultiDiGraph, stream: Any) -> None:
        stream.write(b"<graphml>")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(nx, "write_graphml_xml", fails)
    with pytest.raises(WriteError, match="No space left"):
        lattice.write_graphml(target)
    assert target.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [target]


# -- with flows ---------------------------------------------------------------------------------------------------


def flows_of(values: dict[tuple[str, str, str], list[float]]) -> pd.DataFrame:
    time = pd.date_range("2025-01-15", periods=2, freq="30min", tz="Europe/Paris", name="time")
    columns = pd.MultiIndex.from_tuples(list(values), names=["carrier", "node", "component"])
    return pd.DataFrame(np.array(list(values.values())).T, index=time, columns=columns)


def test_energy_of_each_arc_in_each_direction(lattice: Lattice) -> None:
    flowing = lattice.with_flows(
        flows_of(
            {
                # half an hour of 1 MW out of the battery and half an hour of 0.4 MW into it
                ("electricity", "power", "battery"): [1.0, -0.4],
                ("gas", "fuel", "chp"): [-5.0, -3.0],
                ("electricity", "power", "unserved"): [0.2, 0.0],
            }
        )
    )
    energy = flowing.arcs.set_index(["component", "node", "direction"])["energy_mwh"]
    assert energy["battery", "power", "into node"] == pytest.approx(0.5)
    assert energy["battery", "power", "out of node"] == pytest.approx(0.2)
    assert energy["chp", "fuel", "out of node"] == pytest.approx(4.0)
    assert np.isnan(energy["grid", "power", "into node"])
    assert flowing.slack_mwh == {("power", "unserved"): pytest.approx(0.1)}
    assert flowing.has_flows
    assert not lattice.has_flows


@pytest.mark.parametrize(
    "column",
    [
        pytest.param(("electricity", "power", "wind"), id="component"),
        pytest.param(("electricity", "elsewhere", "unserved"), id="node"),
        pytest.param(("heat", "power", "battery"), id="carrier"),
        pytest.param(("gas", "fuel", "battery"), id="not there"),
    ],
)
def test_flows_of_another_site_are_refused(lattice: Lattice, column: tuple[str, str, str]) -> None:
    with pytest.raises(UsageError, match=f"no component {column[2]} at a node {column[1]}"):
        lattice.with_flows(flows_of({column: [1.0, 1.0]}))


def test_what_are_no_flows_is_refused(lattice: Lattice) -> None:
    with pytest.raises(UsageError, match=r"\(carrier, node, component\)"):
        lattice.with_flows(pd.DataFrame({"battery": [1.0]}))


@pytest.fixture(scope="module")
def run(instances: Path) -> ms.Run:
    site = ms.read(instances / "tiny_site")
    return ms.solve(site, site.tree(), "ef")


def test_what_flows_into_a_node_flows_out_of_it(run: ms.Run) -> None:
    found = ms.lattice(run, "called")
    arcs = found.arcs
    signed = arcs["energy_mwh"].where(arcs["direction"] == "into node", -arcs["energy_mwh"])
    balance = signed.groupby(arcs["node"]).sum()
    slack = pd.Series(dict.fromkeys(balance.index, 0.0))
    for (node, word), amount in found.slack_mwh.items():
        slack[node] += amount if word == "unserved" else -amount
    assert (balance + slack).abs().max() < 1e-6
    # heat of 2 MW for four hours
    assert arcs.set_index("component").loc["heating", "energy_mwh"] == pytest.approx(8.0)


def test_a_lattice_is_asked_of_a_site_or_a_run(run: ms.Run, instances: Path) -> None:
    site = ms.read(instances / "tiny_site")
    with pytest.raises(UsageError, match="a scenario is that of a run"):
        ms.lattice(site, "called")
    with pytest.raises(UsageError, match="found str"):
        ms.lattice("instances/tiny_site")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="low, middle, high, called"):
        ms.lattice(run, "monday")


# -- as a figure --------------------------------------------------------------------------------------------------


def texts(figure: Any) -> dict[str, Any]:
    """Extent in pixels of everything that is written, with a number where it is written several times."""
    renderer = figure.canvas.get_renderer()
    written = [figure._suptitle, *figure.axes[0].texts]
    return {f"{text.get_text()} #{number}": text.get_window_extent(renderer) for number, text in enumerate(written)}


def overlapping(figure: Any) -> list[tuple[str, str]]:
    """Pairs of texts that cover each other, and texts that leave the figure."""
    found = texts(figure)
    whole = figure.bbox
    pairs = [(one, two) for (one, a), (two, b) in combinations(found.items(), 2) if a.overlaps(b)]
    outside = [
        (name, "edge")
        for name, box in found.items()
        if box.x0 < whole.x0 or box.x1 > whole.x1 or box.y0 < whole.y0 or box.y1 > whole.y1
    ]
    return pairs + outside


@pytest.fixture
def shipped(instances: Path) -> Callable[[str], Lattice]:
    return lambda name: ms.lattice(ms.read(instances / name))


@pytest.mark.parametrize("name", SHIPPED)
def test_everything_is_written_and_nothing_covers_anything(name: str, shipped: Callable[[str], Lattice]) -> None:
    pytest.importorskip("matplotlib", reason="pip install 'mes_stoch[plots]'")
    lattice = shipped(name)
    figure = draw_lattice(lattice)
    assert overlapping(figure) == []
    written = [text.get_text() for text in figure.axes[0].texts]
    expected = {one.name for one in [*lattice.components, *lattice.nodes]} | {node.carrier for node in lattice.nodes}
    assert {word.replace("_", " ") for word in expected} <= {word.replace("_", " ") for word in written}


@pytest.mark.parametrize("name", SHIPPED)
def test_boxes_lie_apart_and_arcs_pass_none_of_them(name: str, shipped: Callable[[str], Lattice]) -> None:
    pytest.importorskip("matplotlib", reason="pip install 'mes_stoch[plots]'")
    from mes_stoch.report.lattice_figure import _text_width
    from mes_stoch.report.lattice_layout import lay_out

    layout = lay_out(shipped(name), _text_width, 9.0)
    edges = [
        (
            box.component.name,
            box.x - box.width / 2,
            box.x + box.width / 2,
            box.y - box.height / 2,
            box.y + box.height / 2,
        )
        for box in layout.boxes
    ]
    for (one, x0, x1, y0, y1), (two, u0, u1, v0, v1) in combinations(edges, 2):
        assert x1 < u0 or u1 < x0 or y1 < v0 or v1 < y0, (one, two)
    for line in layout.lines:
        xs, ys = sorted((line.start[0], line.end[0])), sorted((line.start[1], line.end[1]))
        for other, x0, x1, y0, y1 in edges:
            apart = xs[1] < x0 or xs[0] > x1 or ys[1] < y0 or ys[0] > y1
            assert apart or other == line.arc.component, (line.arc, other)
        assert xs[0] == xs[1] or ys[0] == ys[1]


def test_thirty_components_on_six_layers_with_flows_are_legible() -> None:
    pytest.importorskip("matplotlib", reason="pip install 'mes_stoch[plots]'")
    carriers = ("electricity", "heat", "cooling", "gas", "hydrogen", "steam")
    nodes = {f"{carrier}_{k}": {"carrier": carrier} for carrier in carriers for k in (1, 2)}
    names = list(nodes)
    components: dict[str, dict[str, Any]] = {}
    for number, node in enumerate(names[:6]):
        components[f"network_{number}"] = grid(node=node)
        components[f"store_{number}"] = {**COMPONENTS["battery"], "node": node}
        components[f"demand_{number}"] = {"type": "demand", "node": node, "demand_mw": 1.0}
    for number in range(14):
        first, second, third = (names[(number * step + offset) % 12] for step, offset in ((1, 0), (5, 3), (7, 6)))
        outputs = [{"node": second, "ratio_per_unit": 1.0}]
        outputs += [{"node": third, "ratio_per_unit": 0.75}] if third not in (first, second) else []
        components[f"machine_with_a_long_name_{number}"] = {
            "type": "converter",
            "reference": second,
            "power_max_mw": 1.0,
            "inputs": [{"node": first, "ratio_per_unit": 1.125}],
            "outputs": outputs,
        }
    instance = make_instance(components, periods=2, nodes=nodes)
    lattice = Lattice.of(instance.model_copy(update={"carriers": list(carriers)}))
    assert len(lattice.components) == 32
    columns = {(arc.carrier, arc.node, arc.component): [123.4, -2345.6] for arc in lattice.all_arcs}
    assert overlapping(draw_lattice(lattice)) == []
    assert overlapping(draw_lattice(lattice.with_flows(flows_of(columns)), "scenario s7")) == []


def test_layers_that_many_components_join_lie_beside_each_other(shipped: Callable[[str], Lattice]) -> None:
    # boilers join gas and heat, the heat pump electricity and heat: heat belongs between them
    assert place(shipped("hospital_fr")).layers == ("electricity", "heat", "gas")


def test_the_figure_is_always_the_same(shipped: Callable[[str], Lattice], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="pip install 'mes_stoch[plots]'")
    first, second = (texts(draw_lattice(shipped("bench_district"))) for _ in range(2))
    assert {name: tuple(box.bounds) for name, box in first.items()} == {
        name: tuple(box.bounds) for name, box in second.items()
    }


def test_a_site_and_a_run_are_plotted(run: ms.Run, instances: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="pip install 'mes_stoch[plots]'")
    figure = ms.plot.lattice(run, tmp_path / "run.png", scenario="called")
    assert (tmp_path / "run.png").read_bytes().startswith(b"\x89PNG")
    assert figure.get_suptitle() == "tiny_site: energy lattice\nscenario called: MWh over the horizon, widths by energy"
    assert overlapping(figure) == []
    assert "8" in [text.get_text() for text in figure.axes[0].texts]


def test_without_matplotlib_the_message_says_what_to_install(lattice: Lattice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.backends.backend_agg", None)
    with pytest.raises(PlotsMissingError, match=r"mes_stoch\[plots\]"):
        draw_lattice(lattice)


def test_what_moves_in_time_has_its_role() -> None:
    """A building takes heat and cooling, and both stay in it; vehicles that give back are a store, others a demand."""
    house = {
        "type": "building",
        "heating_node": "warmth",
        "heating_max_mw": 2.0,
        "cooling_node": "cold",
        "heat_capacity_mwh_per_k": 1.0,
        "heat_loss_mw_per_k": 0.1,
        "ambient_temperature_degc": 5.0,
        "temperature_min_degc": 20.0,
        "temperature_max_degc": 24.0,
        "initial_temperature_degc": 20.0,
        "discomfort_penalty_eur_per_kh": 10.0,
    }
    cars = {
        "type": "ev_fleet",
        "node": "power",
        "vehicles": 4.0,
        "energy_max_mwh": 1.0,
        "charge_max_mw": 0.5,
        "plugged_in_per_unit": "n_per_unit",
    }
    laundry = {
        "type": "shiftable_demand",
        "node": "power",
        "demand_mw": "d_mw",
        "shift_max_per_unit": 0.25,
        "shift_window_h": 1.0,
        "jobs": [{"energy_mwh": 0.5, "power_max_mw": 0.5, "to_h": 2.0}],
    }
    components = {
        "district": {"type": "grid_connection", "node": "warmth", "import_max_mw": 5.0},
        "chilled": {"type": "grid_connection", "node": "cold", "import_max_mw": 5.0},
        "house": house,
        "cars": cars,
        "v2g": cars | {"discharge_max_mw": 0.25},
        "laundry": laundry,
    }
    found = Lattice.of(make_instance(components, periods=2))
    roles = {one.name: one.role for one in found.components}
    assert roles == {
        "district": "network",
        "chilled": "network",
        "house": "demand",
        "cars": "demand",
        "v2g": "store",
        "laundry": "demand",
    }
    limits = {(arc.component, arc.node, arc.supplies): arc.power_max for arc in found.all_arcs}
    assert limits["house", "warmth", False] == "2"
    assert limits["v2g", "power", True] == "n_per_unit"
    assert limits["cars", "power", False] == "2 x n_per_unit"
    assert limits["laundry", "power", False] == "0.5 + 1.25 x d_mw"
