"""Coefficient ranges, and what is said about them."""

from __future__ import annotations

import logging
import math
import re

import numpy as np
import pytest
from array_programs import ArrayProgram, linear_program
from helpers.site_builder import grid, make_instance, make_tree

import mes_stoch as ms
from mes_stoch.model.program import LinearProgram, RootStage
from mes_stoch.model.site_program import build_program
from mes_stoch.solvers.certificate import numerics
from mes_stoch.solvers.highs import model as highs

INF = math.inf


def program_of(*scenarios: LinearProgram) -> ArrayProgram:
    none = np.empty(0)
    root = RootStage(np.empty(0, dtype=np.int32), (), np.empty(0, dtype=bool), none)
    return ArrayProgram(list(scenarios), np.full(len(scenarios), 1 / len(scenarios)), root)


def plain(
    costs=(1.0, 2.0), rows=((1.0, 1.0), (1.0, 3.0)), limits=(4.0, 8.0), bounds=(3.0, INF), integer=(False, False)
) -> LinearProgram:
    return linear_program(
        list(costs), [list(r) for r in rows], [-INF, -INF], list(limits), [0, 0], list(bounds), list(integer)
    )


def test_ranges_by_hand_with_their_places():
    """Entries 1, -0.5, 20 and a zero; costs 7 and 0; one finite non-zero bound; limits 4 and 1e20, which is none."""
    program = linear_program(
        [7.0, 0.0], [[1.0, -0.5], [0.0, 20.0]], [-INF, -INF], [4.0, 1e20], [0, 0], [INF, 3.0], [False, True]
    )
    found = {each.kind: each for each in numerics.inspect(program_of(program)).ranges}
    places = {
        kind: (each.smallest.value, each.smallest.place, each.largest.value, each.largest.place)
        for kind, each in found.items()
    }
    assert places == {
        "coefficients": (0.5, "x1 in the row «row0»", 20.0, "x1 in the row «row1»"),
        "switched": (0.5, "x1 in the row «row0»", 20.0, "x1 in the row «row1»"),
        "costs": (7.0, "x0", 7.0, "x0"),
        "bounds": (3.0, "x1", 3.0, "x1"),
        "limits": (4.0, "row0", 4.0, "row0"),
    }
    assert found["coefficients"].typical == 1.0
    assert found["costs"].typical == 7.0
    assert numerics.inspect(program_of(program)).advice() == []


def test_extremes_are_taken_over_scenarios():
    found = numerics.inspect(program_of(plain(costs=(1.0, 2.0)), plain(costs=(0.5, 9.0)))).details()
    assert (found["costs_smallest"], found["costs_largest"]) == (0.5, 9.0)
    first = numerics.inspect(program_of(plain(costs=(1.0, 2.0)), plain(costs=(0.5, 9.0))), [0]).details()
    assert (first["costs_smallest"], first["costs_largest"]) == (1.0, 2.0)


@pytest.mark.parametrize(
    ("fine", "bad", "said"),
    [
        pytest.param(
            {"costs": (1.0, 1e6)}, {"costs": (1.0, 1.1e6)}, "a cost of 1.1e[+]06 EUR per unit: x1", id="large cost"
        ),
        pytest.param({"costs": (1e-9, 1e-4)}, {"costs": (1e-9, 9e-5)}, "no cost is larger than 9.0e-05", id="small"),
        pytest.param({"bounds": (1e6, INF)}, {"bounds": (2e6, INF)}, "a limit of 2.0e[+]06: x0", id="large bound"),
        pytest.param({"limits": (1e6, 1)}, {"limits": (2e6, 1)}, "a limit of 2.0e[+]06: row0", id="large limit"),
        pytest.param(
            {"bounds": (1e-4, INF)},
            {"bounds": (9e-5, INF)},
            "among the bounds is larger than 9.0e-05",
            id="small bound",
        ),
        pytest.param(
            {"rows": ((1e-8, 1.0), (1.0, 1e6))},
            {"rows": ((1e-8, 1.0), (1.0, 2e6))},
            "among the coefficients 2.0e[+]06 towers above the typical 1.0e[+]00: x1 in the row «row1»",
            id="towering coefficient",
        ),
        pytest.param(
            {"rows": ((1.1e-12, 1.0), (1.0, 1.0))},
            {"rows": ((1e-12, 1.0), (1.0, 1.0))},
            "1 coefficients are at most 1e-12.*x0 in the row «row0»",
            id="dropped",
        ),
        pytest.param(
            {"rows": ((1.0, 1e4), (1.0, 1.0)), "integer": (False, True)},
            {"rows": ((1.0, 2e4), (1.0, 1.0)), "integer": (False, True)},
            "2.0e[+]04 is switched by an on/off decision: x1 in the row «row0».*which is 0.02",
            id="switched",
        ),
    ],
)
def test_advice_begins_beyond_its_threshold(fine, bad, said):
    assert numerics.inspect(program_of(plain(**fine))).advice() == []
    (text,) = numerics.inspect(program_of(plain(**bad))).advice()
    assert re.search(said, text), text


def test_a_cost_may_be_a_million_times_the_typical_one_and_no_more():
    """Costs 0.1, 0.1 and 1e5, which is no large cost by itself; a large one is told of once."""

    def advice(largest: float) -> list[str]:
        program = linear_program([0.1, 0.1, largest], [[1.0, 1.0, 1.0]], [1.0], [INF], [0] * 3, [1] * 3)
        return numerics.inspect(program_of(program)).advice()

    assert advice(1e5) == []
    assert [text[:18] for text in advice(2e5)] == ["among the costs 2."]
    assert [text[:18] for text in advice(2e6)] == ["a cost of 2.0e+06 "]


def test_noise_of_drawn_data_is_no_reason_for_advice(instances):
    """Called shares of a hundred drawn days come close to zero; nothing is wrong with `hospital_fr`."""
    site = ms.read(instances / "hospital_fr")
    found = numerics.inspect(build_program(site.instance, site.tree(100, 3)), range(100))
    assert min(each.smallest.value for each in found.ranges) < 1e-5
    assert found.advice() == []


def test_a_row_in_far_off_units_counts_all_the_same():
    """x >= 1 through a coefficient of 1e-9, which HiGHS would drop, leaving 0 >= 1e-9; the cheapest x is 1."""
    program = linear_program([1.0], [[1e-9]], [1e-9], [INF], [0], [INF])
    assert highs.HighsModel(program).run().objective == pytest.approx(1.0)


def test_a_row_is_eased_by_what_the_solver_drops():
    """x + 1e-13 y >= 1, 2 y <= 10, x + y >= 0: at least 1 - 5e-13, which 1e-13 left out would put at 1."""
    rows = [[1.0, numerics.DROPPED_BELOW / 10], [0.0, 2.0], [1.0, 1.0]]
    program = linear_program([1.0, 0.0], rows, [1.0, -INF, 0.0], [INF, 10.0, INF], [0, 0], [INF, 5])
    assert 1.0 - 1e-12 < highs.HighsModel(program).run().objective <= 1.0 - 4.9e-13


def battery_site(penalty_eur_per_mwh: float, import_max_mw: float):
    instance = make_instance(
        {
            "grid": grid(import_max_mw=import_max_mw, import_price_eur_per_mwh="price"),
            "load": {"type": "demand", "node": "power", "demand_mw": 2.0},
        },
        nodes={"power": {"unserved_penalty_eur_per_mwh": penalty_eur_per_mwh}},
        periods=2,
    )
    return build_program(instance, make_tree(instance, {"price": [50.0, 60.0]}))


def test_advice_names_device_period_and_number(caplog):
    """Slack of 1e9 EUR/MWh over an hour, and 1e7 MW for a connection without a limit."""
    assert numerics.inspect(battery_site(10_000.0, 100.0)).advice() == []
    found = numerics.inspect(battery_site(1e9, 1e7))
    with caplog.at_level(logging.WARNING, logger="mes_stoch.solvers.certificate.numerics"):
        found.warn()
    penalty, limit = [record.getMessage() for record in caplog.records]
    assert "1.0e+09 EUR per unit: unserved_mw of power (period from 2025-01-15 00:00)" in penalty
    assert "1.0e+07: import_mw of grid (period from 2025-01-15 00:00)" in limit


class TestPenaltiesThatFollowFromPrices:
    """A penalty worked out from price limits may be large, and is no number that the user can have mistyped."""

    class Deriving(ArrayProgram):
        def cost_is_derived(self, column: int) -> bool:
            return column == 1

    def deriving(self, *costs: float) -> Deriving:
        plainly = program_of(plain(costs=costs))
        return self.Deriving(plainly.scenarios, plainly.probabilities, plainly.root)

    def test_are_not_told(self) -> None:
        told = numerics.inspect(program_of(plain(costs=(1.0, 1.4e6)))).advice()
        assert any("a cost of 1.4e+06" in text for text in told)
        assert numerics.inspect(self.deriving(1.0, 1.4e6)).advice() == []

    def test_hide_no_mistake_beside_them(self) -> None:
        (text,) = numerics.inspect(self.deriving(2e6, 1e9)).advice()
        assert text.startswith("a cost of 2.0e+06 EUR per unit: x0")
