"""What must hold for power that follows the level."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from mes_stoch.components.storage.format import LevelPower, Storage
from mes_stoch.io.readers.locate import Locator
from mes_stoch.schema.component import EntryPath
from mes_stoch.schema.errors import Issue

#: Slopes that differ by less are the same.
_ROUNDING = 1e-9


def by_level_issues(locator: Locator, path: EntryPath, spec: Storage) -> Iterator[Issue]:
    """Tables that do not go from empty to full, have no power anywhere, turn the wrong way, or are not concave."""
    for key, points, sign in (
        ("charge_max_by_level", spec.charge_max_by_level, -1),
        ("discharge_max_by_level", spec.discharge_max_by_level, 1),
    ):
        if points:
            yield from _table_issues(locator, (*path, key), points, sign)


def _table_issues(locator: Locator, path: EntryPath, points: Sequence[LevelPower], sign: int) -> Iterator[Issue]:
    levels = [point.level_per_unit for point in points]
    if len(points) < 2 or levels[0] != 0 or levels[-1] != 1:
        found = f"levels from {levels[0]:g} to {levels[-1]:g}"
        yield locator.issue(path, found, "levels from 0 to 1, of at least two points")
        return
    for k, (last, own) in enumerate(pairwise(levels), start=1):
        if own <= last:
            yield locator.issue((*path, k, "level_per_unit"), f"{own:g} after {last:g}", "levels that rise")
            return
    if not any(point.power_per_unit for point in points):
        hint = "write charge_max_mw: 0 or discharge_max_mw: 0 for a storage that cannot"
        yield locator.issue(path, "no power at any level", "power_per_unit above 0 at some level", hint)
        return
    yield from _shape_issues(locator, path, points, sign)


def _shape_issues(locator: Locator, path: EntryPath, points: Sequence[LevelPower], sign: int) -> Iterator[Issue]:
    slopes = []
    for k, (last, own) in enumerate(pairwise(points), start=1):
        if sign * (own.power_per_unit - last.power_per_unit) < 0:
            way = "rises" if sign > 0 else "falls"
            found = f"{own.power_per_unit:g} after {last.power_per_unit:g}"
            hint = "reserve must be deliverable at the level that calls lead to, which is known for one end alone"
            yield locator.issue((*path, k, "power_per_unit"), found, f"power that {way} with the level", hint)
            return
        slopes.append((own.power_per_unit - last.power_per_unit) / (own.level_per_unit - last.level_per_unit))
    for k, (before, after) in enumerate(pairwise(slopes), start=1):
        if after > before + _ROUNDING:
            found = f"a slope of {after:g} after {before:g}"
            hint = "what is not concave takes binaries: leave out points below the line between their neighbours"
            yield locator.issue((*path, k, "power_per_unit"), found, "slopes that do not rise with the level", hint)
            return
