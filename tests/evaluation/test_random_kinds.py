"""Random sites from the whole library: every plan stands every full call, is settled, and lies in proven intervals."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.random_kinds_check import checked
from helpers.random_kinds_site import RandomKindsSite, kinds_at_random

import mes_stoch as ms
from mes_stoch.registry import COMPONENTS, kinds

#: Sites of every run of the tests, and of the long one.
FEW, ALL = 16, 300

#: Kinds that every site of the library has anyway, or that stand in another module of it.
ELSEWHERE = {"demand", "sheddable_demand"}


def assert_sound(seeds: range) -> None:
    found = [checked(seed) for seed in seeds]
    wrong = [one.row() for one in found if not one.stress.passed or not one.settled or one.apart_eur > 0]
    assert wrong == []
    # most of them sell something, or nothing would have been tested
    assert sum(one.stress.calls_tested > 0 for one in found) >= 0.7 * len(found)


def test_the_library_has_every_kind() -> None:
    built_in = {tag for tag, kind in kinds(COMPONENTS).items() if kind.is_built_in}
    assert set(kinds_at_random()) == built_in - ELSEWHERE


def test_a_unit_that_saves_fuel_by_more_power_holds_no_reserve(tmp_path: Path) -> None:
    """Site 304: of what is drawn, one edge at constant heat takes 65 kW less fuel for a MW more of power."""
    components = ms.read(RandomKindsSite(304).write(tmp_path / "site")).instance.components
    assert components["region"].region.fuel_per_power[0] == pytest.approx(-0.06523, abs=1e-5)
    assert components["region"].provides == []


def test_sites_from_the_whole_library_are_sound() -> None:
    assert_sound(range(FEW))


@pytest.mark.full_size
@pytest.mark.parametrize("first", range(FEW, ALL, 20))
def test_any_site_from_the_whole_library_is_sound(first: int) -> None:
    assert_sound(range(first, min(first + 20, ALL)))
