"""Rings of converters by hand: at any size, told with what they make; and how many programs it takes to be sure."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.site_builder import grid, make_instance, make_tree

from mes_stoch.schema.errors import Issue
from mes_stoch.uncertainty import conversion_loop
from mes_stoch.uncertainty.quality import check_tree

DA = {"da": {"price_eur_per_mwh": 50.0, "settlement_period_h": 1}}


def unit(source: str, target: str, ratio: float | str, power_max_mw: float) -> dict[str, Any]:
    return {
        "type": "converter",
        "reference": source,
        "power_max_mw": power_max_mw,
        "inputs": [{"node": source, "ratio_per_unit": 1.0}],
        "outputs": [{"node": target, "ratio_per_unit": ratio}],
    }


def issues_of(size_mw: float, cop: Any, efficiency: Any, scenarios: int = 1, periods: int = 1) -> list[Issue]:
    """A heat pump of ``size_mw``, and an engine that can take ten times as much of its heat."""
    components = {
        "grid": grid(),
        "pump": unit("power", "warmth", "cop_per_unit", size_mw),
        "engine": unit("warmth", "power", "engine_per_unit", 10 * size_mw),
    }
    instance = make_instance(components, DA, periods=periods)
    series = {"cop_per_unit": cop, "engine_per_unit": efficiency}
    return check_tree(instance, make_tree(instance, series, [1.0 / scenarios] * scenarios))


@pytest.mark.parametrize("size_mw", [1e-6, 1e-3, 1.0, 1e3])
def test_a_loop_is_found_at_any_size(size_mw: float) -> None:
    """COP 4 and 0.25001: of 4 MW of heat 1.00004 MW, 4e-5 of what is put in, at a watt as at a gigawatt."""
    assert issues_of(size_mw, 4.0, 0.25) == []
    (issue,) = issues_of(size_mw, 4.0, 0.25001)
    assert "no energy from pump, engine alone" in issue.expected


def test_what_is_made_is_told_in_megawatts() -> None:
    """2 MW make 6 MW of heat; an engine of 0.4 needs 5 of them for the 2, and the sixth is left."""
    (issue,) = issues_of(2.0, 3.0, 0.4)
    assert issue.found.startswith("1 MW made (scenario s0, 2025-01-15 00:00)")


@pytest.mark.parametrize(("largest", "refused"), [(0.19, False), (0.5, True)])
def test_few_programs_are_solved_whatever_the_number_of_periods(
    monkeypatch: pytest.MonkeyPatch, largest: float, refused: bool
) -> None:
    """2,400 periods, all different: prices of one prove the others, and a search for energy ends with 20 examples."""
    solved = []
    whole = conversion_loop.linprog

    def counted(*arguments: Any, **keywords: Any) -> Any:
        solved.append(1)
        return whole(*arguments, **keywords)

    monkeypatch.setattr(conversion_loop, "linprog", counted)
    generator = np.random.default_rng(0)
    cop = generator.uniform(2, 5, (100, 24))
    found = issues_of(1.0, cop, generator.uniform(0.05, largest, cop.shape), scenarios=100, periods=24)
    assert bool(found) is refused
    assert all("perhaps in others too" in issue.found for issue in found)
    assert 0 < len(solved) <= 100
