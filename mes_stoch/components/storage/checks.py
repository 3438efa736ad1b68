"""What must hold for a storage."""

from __future__ import annotations

from collections.abc import Iterator

from mes_stoch.components.storage.checks_by_level import by_level_issues
from mes_stoch.components.storage.format import Storage
from mes_stoch.io.readers.locate import Locator, show
from mes_stoch.io.validation.check_context import CheckContext
from mes_stoch.schema.component import EntryPath
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.instance import Horizon


def issues(context: CheckContext, name: str, spec: Storage) -> Iterator[Issue]:
    """Levels out of order, and a level to leave behind that cannot be reached."""
    path: EntryPath = ("components", name)
    yield from _level_issues(context.locator, path, spec)
    yield from _cyclic_issues(context.locator, path, spec)
    yield from _depth_issues(context.locator, path, spec)
    yield from _temperature_issues(context.locator, path, spec)
    yield from by_level_issues(context.locator, path, spec)
    if context.partial.horizon is not None:
        yield from _terminal_issues(context.locator, path, spec, context.partial.horizon)


def _level_issues(locator: Locator, path: EntryPath, spec: Storage) -> Iterator[Issue]:
    low, high = spec.energy_min_mwh, spec.energy_max_mwh
    if low > high:
        yield locator.issue(
            (*path, "energy_min_mwh"), f"{low:g}, above energy_max_mwh ({high:g})", "a minimum of at most the maximum"
        )
        return
    for key, level in (("initial_mwh", spec.initial_mwh), ("terminal_mwh", spec.terminal_mwh)):
        if not (level is None or isinstance(level, str) or low <= level <= high):
            expected = f"a level between energy_min_mwh ({low:g}) and energy_max_mwh ({high:g})"
            yield locator.issue((*path, key), show(float(level)), expected)
    numbers = {key: level for key, level in spec.level_bounds.items() if not isinstance(level, str)}
    for key, level in numbers.items():
        if not low <= level <= high:
            expected = f"a level between energy_min_mwh ({low:g}) and energy_max_mwh ({high:g})"
            yield locator.issue((*path, key), show(float(level)), expected)
    if len(numbers) == 2 and numbers["level_min_mwh"] > numbers["level_max_mwh"]:
        found = f"{numbers['level_min_mwh']:g}, above level_max_mwh ({numbers['level_max_mwh']:g})"
        yield locator.issue((*path, "level_min_mwh"), found, "a least level of at most level_max_mwh")


def _cyclic_issues(locator: Locator, path: EntryPath, spec: Storage) -> Iterator[Issue]:
    """What has no meaning beside a level at the start that is decided and comes back."""
    if not spec.is_cyclic:
        return
    beside = "with initial_mwh: cyclic"
    if spec.terminal_mwh is not None:
        hint = "every scenario comes back to the level at the start; leave terminal_mwh out, or state initial_mwh"
        yield locator.issue((*path, "terminal_mwh"), f"{spec.terminal_mwh:g}, {beside}", "one of the two", hint)
    if spec.terminal_value_eur_per_mwh > 0:
        found, hint = (
            f"{spec.terminal_value_eur_per_mwh:g}, {beside}",
            "energy that is there from the start would earn it",
        )
        yield locator.issue((*path, "terminal_value_eur_per_mwh"), found, "one of the two", hint)
    if spec.degradation_cost_by_depth:
        hint = "which segments are full at the start follows from a level that is stated"
        yield locator.issue((*path, "degradation_cost_by_depth"), f"segments, {beside}", "one of the two", hint)


def _depth_issues(locator: Locator, path: EntryPath, spec: Storage) -> Iterator[Issue]:
    """Segments out of order, costs that do not rise, and what segments cannot lose."""
    key, segments = "degradation_cost_by_depth", spec.degradation_cost_by_depth
    for k in range(1, len(segments)):
        last, own = segments[k - 1], segments[k]
        if own.depth_per_unit <= last.depth_per_unit:
            found = f"{own.depth_per_unit:g} after {last.depth_per_unit:g}"
            yield locator.issue((*path, key, k, "depth_per_unit"), found, "depths that rise")
        elif own.cost_eur_per_mwh < last.cost_eur_per_mwh:
            found = f"{own.cost_eur_per_mwh:g} after {last.cost_eur_per_mwh:g}"
            hint = "segments are drawn on in the order of their costs"
            yield locator.issue((*path, key, k, "cost_eur_per_mwh"), found, "costs that rise with the depth", hint)
    if segments and segments[-1].depth_per_unit != 1:
        found = f"segments that end at {segments[-1].depth_per_unit:g}"
        yield locator.issue((*path, key), found, "a last segment that ends at a depth of 1")
    if segments and spec.has_fixed_loss:
        found = f"{key} with a fixed loss"
        yield locator.issue((*path, key), found, "one of the two", "which segment loses cannot be said")


def _temperature_issues(locator: Locator, path: EntryPath, spec: Storage) -> Iterator[Issue]:
    """A loss per kelvin without temperatures, or temperatures that nothing follows."""
    for key in ("store_temperature_degc", "ambient_temperature_degc"):
        if spec.loss_mw_per_kelvin > 0 and getattr(spec, key) is None:
            yield locator.issue((*path, key), "nothing", "a number or a series, as loss_mw_per_kelvin is stated")
        if spec.loss_mw_per_kelvin == 0 and getattr(spec, key) is not None:
            yield locator.issue((*path, key), f"{key} without loss_mw_per_kelvin", "loss_mw_per_kelvin above 0")


def _terminal_issues(locator: Locator, path: EntryPath, spec: Storage, horizon: Horizon) -> Iterator[Issue]:
    """A terminal level that is demanded and cannot be reached however much is charged."""
    # what losses take from the least level they take from any other, and more
    initial = spec.energy_min_mwh if isinstance(spec.initial_mwh, str) else spec.initial_mwh
    target = initial if spec.terminal_mwh is None else spec.terminal_mwh
    sound = spec.energy_min_mwh <= min(target, initial) and max(target, initial) <= spec.energy_max_mwh
    if spec.terminal_penalty_eur_per_mwh is not None or not sound:
        return
    share = spec.charge_available_per_unit
    charge_mw = spec.charge_max_mw * (1.0 if isinstance(share, str) else share)
    lost_mw = 0.0 if isinstance(spec.lost_mw, str) else spec.lost_mw
    level = initial
    for period, hours in enumerate(horizon.each_length_h()):
        keep = (1.0 - spec.standing_loss_per_h) ** hours
        gain = hours * (spec.charge_efficiency_per_unit * charge_mw - lost_mw)
        before, level = level, min(spec.energy_max_mwh, max(0.0, keep * level + gain))
        if level == before and period > 0:
            break
    if level < target - 1e-9 * max(1.0, target):
        hours = horizon.length_h
        if spec.is_cyclic:
            expected = f"charging that makes good what losses take of energy_min_mwh ({target:g})"
            hint = "no level comes back; raise charge_max_mw, or let a shortfall cost something"
            yield locator.issue(
                (*path, "initial_mwh"), "cyclic, with losses that charging does not make good", expected, hint
            )
            return
        stated = "terminal_mwh" if spec.terminal_mwh is not None else "initial_mwh"
        found = f"{target:g} to be held at the end, out of reach"
        expected = f"at most {level:.6g} MWh, which charging at full power for {hours:g} h leads to"
        hint = (
            "lower terminal_mwh, raise charge_max_mw, or let a shortfall cost something: terminal_penalty_eur_per_mwh"
        )
        yield locator.issue((*path, stated), found, expected, hint)
