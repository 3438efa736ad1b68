"""What must hold for a demand that can be moved in time."""

from __future__ import annotations

from collections.abc import Iterator

from mes_stoch.components.shiftable_demand.format import Job, ShiftableDemand
from mes_stoch.io.readers.locate import Locator, show
from mes_stoch.io.validation.check_context import CheckContext
from mes_stoch.io.validation.component_rules import below_zero
from mes_stoch.schema.component import EntryPath
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.instance import Horizon

_ROUNDING = 1e-9


def issues(context: CheckContext, name: str, spec: ShiftableDemand) -> Iterator[Issue]:
    """Numbers below zero, a window that is missing or no multiple of the period, jobs that cannot be done."""
    path: EntryPath = ("components", name)
    for key in ("demand_mw", "shift_down_max_mw", "shift_up_max_mw"):
        value = getattr(spec, key)
        if value is not None:
            yield from below_zero(context.locator, (*path, key), value)
    yield from _shift_issues(context.locator, path, spec)
    horizon = context.partial.horizon
    if horizon is None:
        return
    if spec.shift_window_h is not None and not _is_multiple(spec.shift_window_h, horizon.period_h):
        yield _off_period(context.locator, (*path, "shift_window_h"), spec.shift_window_h, horizon)
    for number, job in enumerate(spec.jobs):
        yield from _job_issues(context.locator, (*path, "jobs", number), job, horizon)


def _shift_issues(locator: Locator, path: EntryPath, spec: ShiftableDemand) -> Iterator[Issue]:
    if not spec.can_shift:
        if not spec.jobs:
            hint = "write shift_max_per_unit or shift_down_max_mw, or jobs; a fixed one is of type demand"
            yield locator.issue(path, "nothing that can be moved", "a part of the demand that can be moved", hint)
        for key in ("shift_up_max_mw", "shift_window_h", "shift_max_mwh_per_day"):
            if getattr(spec, key) is not None and spec.jobs:
                hint = "write shift_max_per_unit or shift_down_max_mw, or leave it out"
                found = f"{show(getattr(spec, key))}, though nothing of demand_mw can be moved"
                yield locator.issue((*path, key), found, "a part of the demand that can be moved", hint)
    elif spec.shift_window_h is None:
        yield locator.issue(
            (*path, "shift_window_h"),
            "nothing",
            "the most time between leaving out and making up",
            "4 for what must be made up within four hours; payback says whether before or after",
        )


def _job_issues(locator: Locator, path: EntryPath, job: Job, horizon: Horizon) -> Iterator[Issue]:
    end_h = horizon.length_h
    for key in ("from_h", "to_h"):
        hours = getattr(job, key)
        if hours > 0 and not _is_multiple(hours + horizon.begun_h, horizon.period_h):
            yield _off_border(locator, (*path, key), hours, horizon)
    if job.repeat_h is not None:
        yield from _repeat_issues(locator, path, job.from_h, job.repeat_h, horizon)
    if job.to_h <= job.from_h:
        yield locator.issue((*path, "to_h"), f"{job.to_h:g}, not after from_h ({job.from_h:g})", "an hour after from_h")
        return
    if job.to_h > end_h + _ROUNDING:
        hint = "hours count from the start of the horizon"
        yield locator.issue((*path, "to_h"), f"{job.to_h:g}, after the horizon", f"at most {end_h:g}", hint)
    if job.repeat_h is not None and job.repeat_h < job.to_h - job.from_h - _ROUNDING:
        expected = f"at least {job.to_h - job.from_h:g} h, so that it is done before it comes again"
        hint = "write several jobs, each with its own hours, where they may run at the same time"
        yield locator.issue((*path, "repeat_h"), f"{job.repeat_h:g}", expected, hint)
    most = job.power_max_mw * (job.to_h - job.from_h)
    if job.energy_mwh > most * (1 + _ROUNDING):
        expected = f"at most {most:.6g} MWh, which power_max_mw gives from from_h to to_h"
        yield locator.issue((*path, "energy_mwh"), f"{job.energy_mwh:g}", expected, "raise power_max_mw or to_h")


def _repeat_issues(
    locator: Locator, path: EntryPath, from_h: float, repeat_h: float, horizon: Horizon
) -> Iterator[Issue]:
    if not _is_multiple(repeat_h, horizon.period_h):
        yield _off_period(locator, (*path, "repeat_h"), repeat_h, horizon)
    elif horizon.begun_h > 0 and from_h < horizon.lengths_h[0] - _ROUNDING:
        expected = "a job after the first period, where that is shorter than the others"
        hint = "write what is to be done from the start on as a job of its own"
        yield locator.issue((*path, "repeat_h"), f"{repeat_h:g}, from_h {from_h:g}", expected, hint)


def _off_border(locator: Locator, path: EntryPath, hours: float, horizon: Horizon) -> Issue:
    if horizon.begun_h == 0:
        return _off_period(locator, path, hours, horizon)
    expected = f"0, or {horizon.lengths_h[0]:g} and a multiple of the period, {horizon.period_h:g} h"
    return locator.issue(path, f"{hours:g}", expected, "hours count from the start of the horizon")


def _off_period(locator: Locator, path: EntryPath, hours: float, horizon: Horizon) -> Issue:
    return locator.issue(path, f"{hours:g}", f"a multiple of the period, {horizon.period_h:g} h")


def _is_multiple(hours: float, period_h: float) -> bool:
    return abs(hours / period_h - round(hours / period_h)) <= 1e-6
