"""Published optima of Calliope's urban-scale example, from the project's component types.

The published numbers are those of the tests of Calliope 0.7 (``tests/test_example_models.py``): 24 hours of 2005-07-01
with continuous capacities, and its variant with binaries for 2005-01-01, which is solved to a gap of 0.1 % there.
Capacities are decisions there and data here. Not all of them are published, so an optimisation of both, independent of
the project, finds the published cost and says which they are; they stand here, rounded up, as the operation is just
possible with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from mes_stoch.schema.errors import InfeasibleError
from oracles.by_mes_stoch import costs
from oracles.urban_scale import fixed_cost, read, site
from oracles.urban_scale_investment import invest

pytestmark = pytest.mark.data


@dataclass(frozen=True)
class Example:
    """A day, what it costs as published, and the capacities, kW, that :func:`invest` found."""

    date: str
    with_units: bool
    published: float
    capacities: dict[str, float]


EXAMPLES = {
    "continuous": Example(
        "2005-07-01",
        False,
        430.082290,
        {
            "grid": 36.9544835,
            "gas_X1": 617.5064503,
            "gas_X2": 235.6373059,
            "gas_X3": 0.018353,
            "chp": 250.0901124,
            "boiler_X2": 200.29171,
            "boiler_X3": 0.0156,
            "pv_X2": 118.5806656,
            "pv_X3": 50.0,
            "X1_to_X2": 265.562886,
            "X1_to_X3": 45.778336,
            "X1_to_N1": 483.5147342,
            "N1_to_X2": 182.1926022,
            "N1_to_X3": 10.3825992,
        },
    ),
    "with units": Example(
        "2005-01-01",
        True,
        540.780779,
        {
            "gas_X1": 734.107635,
            "gas_X2": 449.9407225,
            "chp": 300.0,
            "boiler_X2": 382.4496141,
            "X1_to_X2": 274.5715547,
            "X1_to_X3": 21.7395753,
            "X1_to_N1": 233.6154291,
            "N1_to_X2": 188.3631366,
            "N1_to_X3": 35.4412982,
        },
    ),
}


@pytest.fixture(scope="module")
def folder(data_folder: Path) -> Path:
    found = data_folder / "mes_instances"
    if not found.is_dir():
        pytest.skip(f"the published instances are not in the data folder: {found} does not exist")
    return found


@pytest.mark.parametrize("name", EXAMPLES)
def test_operation_and_annuities_are_the_published_cost(folder: Path, name: str) -> None:
    example = EXAMPLES[name]
    day = read(folder, example.date)
    fixed = fixed_cost(day, example.capacities, with_units=example.with_units)
    operated, settled = costs(site(day, example.capacities, with_units=example.with_units))
    assert fixed + operated == pytest.approx(example.published, rel=1e-8)
    assert settled == pytest.approx(operated, rel=1e-9)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_capacities_are_optimal(folder: Path, name: str) -> None:
    example = EXAMPLES[name]
    cost, found = invest(read(folder, example.date), with_units=example.with_units)
    assert cost == pytest.approx(example.published, rel=1e-8)
    sizes = {key: size for key, size in found.items() if "@" not in key and not key.startswith("units_")}
    assert {key: example.capacities.get(key, 0.0) for key in sizes} == pytest.approx(sizes, rel=1e-6, abs=1e-6)


def test_the_published_capacities_are_found(folder: Path) -> None:
    """What Calliope's tests publish beside the cost: CHP, a pipe, PV area, heat of a boiler, exports."""
    _, found = invest(read(folder, "2005-07-01"))
    assert found["chp"] == pytest.approx(250.090112, rel=1e-7)
    assert found["N1_to_X2"] == pytest.approx(182.19260, rel=1e-7)
    assert 7 * found["pv_X2"] == pytest.approx(830.064659, rel=1e-7)
    assert sum(found[f"boiler_X3@{t}"] for t in range(24)) == pytest.approx(0.18720, rel=1e-6)
    assert sum(x for key, x in found.items() if "export" in key) == pytest.approx(122.7156, rel=1e-6)


def test_pipes_that_carry_one_way_at_a_time_cannot_get_rid_of_the_heat(folder: Path) -> None:
    """Without units the published optimum burns heat of the CHP by sending it both ways: no pipe here does."""
    example = EXAMPLES["continuous"]
    day = read(folder, example.date)
    one_way = site(day, example.capacities, with_units=True)
    one_way.components["chp"] = site(day, example.capacities).components["chp"]
    with pytest.raises(InfeasibleError, match="heat"):
        costs(one_way)
