"""What a hub under construction takes from a kind, and what it refuses; ports that share a node."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers.site_builder import grid, mains, make_instance, make_tree
from helpers.two_views import two_views
from test_hub_textbook import assert_equivalent

from mes_stoch.model.site_program import build_leaf_program
from mes_stoch.schema.instance import Instance
from mes_stoch.views.hub import Hub
from mes_stoch.views.hub_assembly import build_hub
from mes_stoch.views.hub_builder import HubBuilder
from mes_stoch.views.standard_form import standard_form
from mes_stoch.views.steps import make_steps

#: Two fuels of one node, 10 % of its heat for itself, and fuel whenever it is on.
BOILER: dict[str, Any] = {
    "type": "converter",
    "reference": "power",
    "power_max_mw": 2.0,
    "power_min_mw": 1.0,
    "inputs": [
        {"node": "fuel", "ratio_per_unit": 1.5, "no_load_mw": 0.25},
        {"node": "fuel", "ratio_per_unit": "pilot_per_unit", "no_load_mw": 0.5},
        {"node": "warmth", "ratio_per_unit": 0.1},
    ],
    "outputs": [{"node": "warmth", "ratio_per_unit": 1.0}, {"node": "power", "ratio_per_unit": 1.0}],
}


def site(**more: dict[str, Any]) -> Instance:
    components = {
        "grid": grid(import_price_eur_per_mwh=60.0, export_price_eur_per_mwh=10.0),
        "mains": mains(20.0),
        "boiler": BOILER,
        "heating": {"type": "demand", "node": "warmth", "demand_mw": "heating_mw"},
        **more,
    }
    instance = make_instance(components, periods=2)
    return instance.model_copy(update={"price_cap_eur_per_mwh": 500.0})


def hub_of(instance: Instance) -> Hub:
    return build_hub(instance, make_tree(instance, {"heating_mw": [0.9, 1.8], "pilot_per_unit": [0.5, 0.75]}))


def test_ports_at_one_node_are_one_arc_in_each_direction() -> None:
    hub = hub_of(site())
    for labels in (hub.incidence.columns, hub.injection.rows, hub.conversion.columns, standard_form(hub).flows):
        assert labels.is_unique
    arcs = hub.conversion.rows.droplevel("time")[::2]
    assert [label[1:] for label in arcs if label[0] == "boiler"] == [
        ("power", "fuel", "out of node"),
        ("on", "fuel", "out of node"),
        ("power", "warmth", "out of node"),
        ("power", "warmth", "into node"),
        ("power", "power", "into node"),
    ]
    for step, pilot in enumerate((0.5, 0.75)):
        table = hub.coupling.at(step)
        assert table.loc["fuel"]["boiler"].to_dict() == {"power": -1.5 - pilot, "on": -0.75}
        assert table.loc["warmth", ("boiler", "power")] == pytest.approx(0.9)


def test_ports_at_one_node_are_the_same_as_in_the_model() -> None:
    instance = site()
    tree = make_tree(instance, {"heating_mw": [0.9, 1.8], "pilot_per_unit": [0.5, 0.75]})
    found = two_views(instance, tree).compare(10, 1)
    assert found.is_feasible
    assert found.agrees


def test_the_standardised_form_refers_to_the_reference_of_the_component() -> None:
    """Not to the arc that comes first, nor to another one whose ratio is 1."""
    hub = hub_of(site())
    assert_equivalent(hub)
    form = standard_form(hub)
    own = [label for label in form.conversion.rows if label[:2] == ("conversion", "boiler")]
    assert ("power", "into node") not in [label[3:5] for label in own]
    z = form.conversion.to_frame().sparse.to_dense().loc[own]
    reference = z.xs(("boiler", "power", "power", "into node"), axis=1, level=[0, 1, 2, 3])
    # MW per MW of power: fuel 1.5 + 0.5 and 1.5 + 0.75, heat 1, its own heat 0.1
    assert sorted(reference.to_numpy().sum(axis=1)) == pytest.approx([-2.25, -2.0, -1.0, -1.0, -0.1, -0.1])


def test_exchanges_have_the_sign_of_what_they_bring() -> None:
    """``X`` takes flows with one port: networks, and here the slack of the demand; an export counts below 0."""
    inputs = standard_form(hub_of(site())).inputs
    signs = dict(zip(inputs.rows.droplevel("time"), inputs.matrix.sum(axis=1), strict=True))
    assert signs == {
        ("grid", "import", "power", "into node"): 1.0,
        ("grid", "export", "power", "out of node"): -1.0,
        ("mains", "import", "fuel", "into node"): 1.0,
        ("unserved", "warmth", "warmth", "into node"): 1.0,
    }


def test_what_flows_at_no_load_has_equations_of_its_own() -> None:
    form = standard_form(hub_of(site()))
    z = form.conversion.to_frame().sparse.to_dense().droplevel("time").droplevel("time", axis=1)
    rows = z.loc[[("no_load", "boiler", "on", "fuel", "out of node")]]
    assert len(rows) == 2
    for _, row in rows.iterrows():
        entries = row[row != 0].groupby(level=[0, 1, 2, 3]).sum().to_dict()
        assert entries == {("boiler", "on", "fuel", "out of node"): 1.0, ("boiler", "on", "", ""): -0.75}


def test_flows_add_up_where_a_component_is_called_like_slack() -> None:
    """Files cannot say so; an instance made by hand can."""
    demand = {"type": "demand", "node": "warmth", "demand_mw": 1.0}
    components = {
        "boiler": {
            "type": "source",
            "node": "warmth",
            "available_mw": 1.0,
            "curtailable": True,
        },
        "unserved": demand,
        "heating": demand,
    }
    nodes = {"warmth": {"unserved_penalty_eur_per_mwh": 500.0}}
    instance = make_instance(components, nodes=nodes)
    program = build_leaf_program(instance, make_tree(instance))
    values = np.zeros(len(program.scenario(0).cost))
    for group in program.column_groups:
        values[group.positions] = 1.0
    table = dict(zip([name[2] for name in program.flow_names], program.flows(0, values)[0], strict=True))
    # its demand and what is unserved of both
    assert table == {"boiler": 1.0, "unserved": 0.0, "heating": -1.0}
    builder = _builder(instance)
    builder.columns("unserved", "warmth", "MW", "flow")
    with pytest.raises(ValueError, match=r"unserved\.warmth: there are columns of this name already"):
        builder.columns("unserved", "warmth", "MW", "flow")


def _builder(instance: Instance) -> HubBuilder:
    time = make_tree(instance).time
    return HubBuilder(instance, time, make_steps(time, 1.0), lambda name: np.zeros(len(time)))


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda own: own.rows("a", "cap", "MW", 2, role="most"), "a.cap: a role is one of limit, ramp, target"),
        (lambda own: own.firm("power", "need", np.ones(2)), "firm power at power is one of demand, supply"),
        (lambda own: own.columns("a", "x", "MW", "power"), "a.x: a role is one of flow, state"),
        (
            lambda own: own.arc("a", "x", "power", own.columns("a", "x", "MWh", "level"), 1.0, 1),
            "an arc goes by columns that are flow, state, stored, drawn; found level x",
        ),
        (
            lambda own: [own.arc("a", "x", "power", own.columns("a", x, "MW", "flow"), 1.0, 1) for x in "yz"],
            "go by the same columns",
        ),
    ],
)
def test_what_makes_no_hub_is_refused(ask: Callable[[Any], Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ask(_builder(site()))
