"""The energy hub of the textbook, entry by entry, and one operating point by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from helpers.textbook_hub import ETA_EXCHANGER, ETA_FURNACE, ETA_HEAT, ETA_POWER, ETA_TRANSFORMER, textbook_hub
from helpers.two_views import least_cost_of

from mes_stoch.views.hub import Hub
from mes_stoch.views.hub_assembly import build_hub
from mes_stoch.views.standard_form import standard_form

INTO, OUT = "into node", "out of node"
STORE = {
    "energy_max_mwh": 4.0,
    "charge_max_mw": 2.0,
    "discharge_max_mw": 2.0,
    "charge_efficiency_per_unit": 0.8,
    "discharge_efficiency_per_unit": 0.9,
    "standing_loss_per_h": 0.36,
    "initial_mwh": 1.0,
    "terminal_mwh": 0.0,
    "terminal_penalty_eur_per_mwh": None,
}
INPUTS = [
    ("electricity", "import"),
    ("natural_gas", "import"),
    ("transformer", "power"),
    ("turbine", "power"),
    ("furnace", "power"),
]
ETA = (ETA_TRANSFORMER, ETA_POWER, ETA_HEAT, ETA_FURNACE, ETA_EXCHANGER)


def by_hand(entries: dict[str, list[float]], columns: list[tuple[str, str]]) -> pd.DataFrame:
    index = pd.Index(list(entries), name="node")
    names = pd.MultiIndex.from_tuples(columns, names=["component", "name"])
    return pd.DataFrame(list(entries.values()), index, names)


def hub_of(*arguments: Any, **options: Any) -> Hub:
    return build_hub(*textbook_hub(*arguments, **options))


def test_the_coupling_matrix_entry_by_entry() -> None:
    """A column a branch: -1 where it draws, its efficiency where it feeds. Geidl's dispatch factors are quotients."""
    transformer, power, heat, furnace, _ = ETA
    expected = {
        "street": [1.0, 0.0, -1.0, 0.0, 0.0],
        "gas": [0.0, 1.0, 0.0, -1.0, -1.0],
        "power": [0.0, 0.0, transformer, power, 0.0],
        "heat": [0.0, 0.0, 0.0, heat, furnace],
    }
    hub = hub_of(2.0, 2.0, exchanger=False)
    pd.testing.assert_frame_equal(hub.coupling.at(0), by_hand(expected, INPUTS))
    assert hub.storage.shape == (4, 0)
    assert hub.loads.droplevel("time").to_dict() == {"street": 0.0, "gas": 0.0, "power": 2.0, "heat": 2.0}


def test_the_coupling_matrix_with_heat_exchanger() -> None:
    transformer, power, heat, furnace, exchanger = ETA
    expected = {
        "street": [1.0, 0.0, -1.0, 0.0, 0.0, 0.0, 0.0],
        "gas": [0.0, 1.0, 0.0, -1.0, -1.0, 0.0, 0.0],
        "district": [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, -1.0],
        "power": [0.0, 0.0, transformer, power, 0.0, 0.0, 0.0],
        "heat": [0.0, 0.0, 0.0, heat, furnace, 0.0, exchanger],
    }
    columns = [*INPUTS, ("district_heat", "import"), ("exchanger", "power")]
    pd.testing.assert_frame_equal(hub_of(2.0, 2.0).coupling.at(0), by_hand(expected, columns))


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_geidls_coupling_matrix_follows_for_every_dispatch_factor(share: float) -> None:
    """``L = [[eta_T, nu eta_e], [0, nu eta_h + (1 - nu) eta_F]] [P_e; P_g]`` with ``nu`` the turbine's share of gas."""
    transformer, power, heat, furnace, _ = ETA
    geidl = np.array([[transformer, share * power], [0.0, share * heat + (1 - share) * furnace]])
    inputs = np.array([1.5, 3.0])
    flows = [inputs[0], inputs[1], inputs[0], share * inputs[1], (1 - share) * inputs[1]]
    out = hub_of(2.0, 2.0, exchanger=False).coupling.matrix @ np.array(flows)
    assert out == pytest.approx([0.0, 0.0, *geidl @ inputs])


def test_the_storage_matrix_entry_by_entry() -> None:
    """Half-hours: a MWh into the store takes ``1 / (0.8 x 0.5)`` MW, one out of it brings ``0.9 / 0.5``."""
    hub = hub_of([2.0, 2.0], [2.0, 1.0], exchanger=False, store=STORE, periods=2, period_h=0.5)
    columns = [("hot_water", "stored"), ("hot_water", "drawn")]
    expected = {"street": [0.0, 0.0], "gas": [0.0, 0.0], "power": [0.0, 0.0], "heat": [2.5, -1.8]}
    for step in (0, 1):
        pd.testing.assert_frame_equal(hub.storage.at(step), by_hand(expected, columns))
    # stacked over time: nothing of one period at a node of the other
    assert hub.storage.shape == (8, 4)
    assert hub.coupling.shape == (8, 10)
    assert sp.coo_array(hub.storage.matrix).nnz == 4


def test_limits_of_the_store_entry_by_entry() -> None:
    """``kappa = 0.64^0.5 = 0.8``: the level after a half-hour, what charge and discharge share, and what is left."""
    hub = hub_of([2.0, 2.0], [2.0, 1.0], exchanger=False, store=STORE, periods=2, period_h=0.5)
    limits = hub.limits.to_frame().sparse.to_dense()
    first, second = hub.steps.start
    rows = limits.droplevel(["component", "unit"])["hot_water"]

    def row(name: str, number: int) -> dict[Any, float]:
        found = rows.loc[(name, number)]
        return {label: pytest.approx(value) for label, value in found[found != 0].items()}

    assert row("level", 0) == {("stored", first): -1.0, ("drawn", first): 1.0, ("level", first): 1.0}
    assert row("level", 1) == {
        ("level", first): -0.8,
        ("stored", second): -1.0,
        ("drawn", second): 1.0,
        ("level", second): 1.0,
    }
    # 1 / (0.8 x 0.5 x 2) and 0.9 / (0.5 x 2)
    assert row("sharing", 1) == {("stored", second): 1.25, ("drawn", second): 0.9}
    assert row("terminal", 1) == {("level", second): 1.0}
    ends = dict(zip(rows.index, zip(hub.limit_lower, hub.limit_upper, strict=True), strict=True))
    assert ends[("level", 0)] == pytest.approx((0.8, 0.8))
    assert ends[("level", 1)] == (0.0, 0.0)
    assert ends[("sharing", 1)] == (-np.inf, 1.0)
    assert ends[("terminal", 1)] == (0.0, np.inf)


def test_an_operating_point_by_hand() -> None:
    """2 MW of power and 2 MW of heat, without heat exchanger.

    A MWh of gas (30) in the turbine spares 0.35 / 0.98 x 100 = 35.7 of grid power and 0.45 / 0.9 x 30 = 15 of gas for
    the furnace: it runs at its 4 MW, for 1.4 MW of power and 1.8 MW of heat. The transformer brings 0.6 / 0.98, the
    furnace burns 0.2 / 0.9.
    """
    cost, values = least_cost_of(hub_of(2.0, 2.0, exchanger=False))
    assert values == pytest.approx([0.6 / 0.98, 4 + 0.2 / 0.9, 0.6 / 0.98, 4.0, 0.2 / 0.9])
    assert cost == pytest.approx(100 * 0.6 / 0.98 + 30 * (4 + 0.2 / 0.9))


def test_the_heat_exchanger_takes_the_furnaces_place() -> None:
    """District heat costs 20 / 0.95 = 21.1 a MWh, the furnace's 33.3: the last 0.2 MW come from the street."""
    cost, _ = least_cost_of(hub_of(2.0, 2.0))
    assert cost == pytest.approx(100 * 0.6 / 0.98 + 30 * 4 + 20 * 0.2 / 0.95)


def test_the_store_shifts_what_the_turbine_makes_too_much() -> None:
    """No heat is asked for in the first half-hour, 3.6 MW in the second; what is stored first serves the rest.

    The turbine at 4 MW makes 1.8 MW of heat each time: stored are 1.8 x 0.5 x 0.8 = 0.72 MWh beside the 1 x 0.8 of the
    beginning, 1.52 x 0.8 = 1.216 are left a half-hour later, and 1 MWh of them give the 1.8 MW that lack.
    """
    hub = hub_of([1.4, 1.4], [0.0, 3.6], exchanger=False, store=STORE, periods=2, period_h=0.5)
    cost, values = least_cost_of(hub)
    level = values[(hub.columns["name"] == "level").to_numpy()]
    assert cost == pytest.approx(30 * 4)
    assert level == pytest.approx([1.52, 0.216])


def test_wangs_standardised_form_entry_by_entry() -> None:
    """``V``: two imports, two ports each of transformer and furnace, three of the turbine; ``Z V = 0``."""
    transformer, power, heat, furnace, _ = ETA
    form = standard_form(hub_of(2.0, 2.0, exchanger=False))
    assert list(form.flows.droplevel("time")) == [
        ("electricity", "import", "street", INTO),
        ("natural_gas", "import", "gas", INTO),
        ("transformer", "power", "street", OUT),
        ("transformer", "power", "power", INTO),
        ("turbine", "power", "gas", OUT),
        ("turbine", "power", "power", INTO),
        ("turbine", "power", "heat", INTO),
        ("furnace", "power", "gas", OUT),
        ("furnace", "power", "heat", INTO),
    ]
    assert list(form.conversion.rows.droplevel("time")) == [
        ("conversion", "transformer", "power", "power", INTO),
        ("conversion", "turbine", "power", "power", INTO),
        ("conversion", "turbine", "power", "heat", INTO),
        ("conversion", "furnace", "power", "heat", INTO),
        ("balance", "", "", "street", ""),
        ("balance", "", "", "gas", ""),
    ]
    assert form.conversion.matrix.toarray().tolist() == [
        [0, 0, -transformer, 1, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, -power, 1, 0, 0, 0],
        [0, 0, 0, 0, -heat, 0, 1, 0, 0],
        [0, 0, 0, 0, 0, 0, 0, -furnace, 1],
        [1, 0, -1, 0, 0, 0, 0, 0, 0],
        [0, 1, 0, 0, -1, 0, 0, -1, 0],
    ]
    assert form.inputs.matrix.toarray().tolist() == [[1, 0, 0, 0, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0, 0, 0, 0]]
    assert list(form.outputs.rows.droplevel("time")) == ["power", "heat"]
    assert form.outputs.matrix.toarray().tolist() == [[0, 0, 0, 1, 0, 1, 0, 0, 0], [0, 0, 0, 0, 0, 0, 1, 0, 1]]


def test_wangs_form_of_a_store() -> None:
    form = standard_form(hub_of([2.0], [2.0], exchanger=False, store=STORE, period_h=0.5))
    z = form.conversion.to_frame().sparse.to_dense()
    labels = {name: ("hot_water", name, "heat", way) for name, way in (("stored", OUT), ("drawn", INTO))}
    z = z.droplevel("time").droplevel("time", axis=1)
    stored = z.loc[("store", *labels["stored"])]
    drawn = z.loc[("store", *labels["drawn"])]
    assert stored[stored != 0].to_dict() == {labels["stored"]: 1.0, ("hot_water", "stored", "", ""): -2.5}
    assert drawn[drawn != 0].to_dict() == {labels["drawn"]: 1.0, ("hot_water", "drawn", "", ""): -1.8}


def test_solving_the_standardised_form_for_the_references_gives_the_coupling_matrix() -> None:
    """``Z = [Z_f Z_d]`` over dependent and free flows; ``V_f = -Z_f^-1 Z_d V_d`` in ``Y V`` and the balances."""
    hub = hub_of([2.0, 2.0], [2.0, 1.0], store=STORE, periods=2, period_h=0.5)
    assert_equivalent(hub)


def assert_equivalent(hub: Hub) -> None:
    form = standard_form(hub)
    kinds = form.conversion.rows.get_level_values("equation")
    z = form.conversion.matrix.toarray()[kinds != "balance"]
    flows = list(form.flows)
    solved_for = [flows.index(label[1:]) for label in form.conversion.rows[kinds != "balance"]]
    free = [k for k in range(len(flows)) if k not in set(solved_for)]
    whole = np.zeros((len(flows), len(free)))
    whole[free, range(len(free))] = 1.0
    whole[solved_for] = np.linalg.solve(z[:, solved_for], -z[:, free])
    injection = np.concatenate(
        [form.conversion.matrix.toarray()[kinds == "balance"] @ whole, form.outputs.matrix.toarray() @ whole]
    )
    nodes = [*((label[3], label[5]) for label in form.conversion.rows[kinds == "balance"]), *form.outputs.rows]
    # each free flow is a branch at its reference port, a state, or energy of a store
    names = [(flows[k][0], flows[k][1], flows[k][4]) for k in free]
    rows = hub.injection.rows.get_indexer(pd.MultiIndex.from_tuples(nodes))
    columns = hub.injection.columns.get_indexer(pd.MultiIndex.from_tuples(names))
    expected = np.concatenate([hub.coupling.matrix.toarray(), -hub.storage.matrix.toarray()], axis=1)
    labels = hub.coupling.columns.append(hub.storage.columns)
    at = labels.get_indexer(hub.injection.columns[columns])
    np.testing.assert_allclose(injection, expected[rows][:, at], rtol=1e-12, atol=1e-15)
    # what is no free flow feeds no node
    rest = np.setdiff1d(np.arange(len(labels)), at)
    assert not expected[:, rest].any()
    np.testing.assert_array_equal(form.outputs.matrix.shape[0], hub.component_loads.groupby(["node", "time"]).ngroups)
