"""Published optima of oemof.solph's examples, from the project's component types.

The published numbers are those of oemof.solph 0.6.5 with CBC. The examples ``storage_investment`` choose capacities as
well: here they are given, as oemof.solph and HiGHS choose them (three optima of four have no storage), the operation is
optimised, and the annuities are added. Where the gas of a year is limited they are rounded up, as the operation is just
possible with them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from oracles.by_mes_stoch import costs
from oracles.published import annuity, simple_dispatch, storage_investment

#: Of 1000 EUR per kW or kWh over 20 years at 5 %, per MW or MWh.
ANNUITY = 1000.0 * annuity(1000.0, 20, 0.05)
#: Electricity of the year from gas, at most, in two of the examples: a fifth of the demand.
FOSSIL_SHARE = 0.2

pytestmark = [pytest.mark.slow, pytest.mark.data]


@pytest.fixture(scope="module")
def folder(data_folder: Path) -> Path:
    found = data_folder / "mes_instances"
    if not found.is_dir():
        pytest.skip(f"the published instances are not in the data folder: {found} does not exist")
    return found


def test_simple_dispatch(folder: Path) -> None:
    assert costs(simple_dispatch(folder))[0] == pytest.approx(10971074.8477, rel=1e-9)


@pytest.mark.parametrize(
    ("published", "wind_mw", "pv_mw", "storage_mwh", "invested", "is_limited"),
    [
        pytest.param(112686100.461, 455.6708584203, 0.0, 0.0, {"wind_mw"}, False, id="v1: all are chosen"),
        pytest.param(34853801.7033, 1000.0, 600.0, 0.0, set(), False, id="v2: gas and storage"),
        pytest.param(31926875.0192, 1000.0, 600.0, 397.79473, {"storage_mwh"}, True, id="v3: storage, limited gas"),
        pytest.param(
            148062861.987, 1189.781422, 655.409133, 0.0, {"wind_mw", "pv_mw"}, True, id="v4: all, limited gas"
        ),
    ],
)
def test_storage_investment(
    folder: Path,
    published: float,
    wind_mw: float,
    pv_mw: float,
    storage_mwh: float,
    invested: set[str],
    is_limited: bool,
) -> None:
    capacities = {"wind_mw": wind_mw, "pv_mw": pv_mw, "storage_mwh": storage_mwh}
    free = storage_investment(folder, **capacities, gas_mwh=None)
    demand_mwh = sum(free.series["power_demand"])
    site = storage_investment(folder, **capacities, gas_mwh=FOSSIL_SHARE * demand_mwh / 0.58) if is_limited else free
    annuities = ANNUITY * sum(capacities[name] for name in invested)
    assert costs(site)[0] + annuities == pytest.approx(published, rel=1e-7)
