"""Energy for full calls along the path of the scenario's own calls (docs/model.md, "Energy for calls")."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from .leaf import UP, Device, Leaf, Series, opposite
from .read import Clock
from .rows import Linear, total

_TINY = 1e-6  # hours
CALLED = 1e-6  # a called or obliged share above this is one
Asked = tuple[float, Series]  # tau, and u by period


class Path:
    """A storage's level while full calls run on top of the scenario's own."""

    def __init__(self, leaf: Leaf, device: Device) -> None:
        self.leaf = leaf
        self.device = device
        self.store: Any = device.store

    def own(self, direction: str, group: str) -> list[Asked]:
        """What full calls of the storage's own legs ask for: `u = open (rho - e)`."""
        device = self.device
        return [
            (leg.sustain_h, [leg.open[t] * (device.held[leg][t] - device.given[leg][t]) for t in self.leaf.periods])
            for leg in device.of_group(direction, group)
        ]

    def taken_back(self, direction: str, others: Series, stops: Series) -> Series:
        """MW that calls of the other direction gave, at their weight in the level."""
        device, store = self.device, self.store
        back = self.leaf.sum_of([device.given[leg] for leg in device.legs(opposite(direction))])
        spare = store.cancelled if direction == UP else stops
        weight = store.eta_c if direction == UP else 1 / store.eta_d
        return [
            total((weight * back[t], store.round_trip_loss * spare[t], others[t] / store.eta_d))
            for t in self.leaf.periods
        ]


def energy_rows(path: Path, direction: str, asked: list[Asked], others: Series, stops: Series) -> None:
    """`energy_up` or `energy_down` at every moment: ends of periods, and inside where a tau is no multiple of h."""
    asked = [(tau, u) for tau, u in asked if tau > 0]
    if not asked:
        return
    borders = path.leaf.site.clock.borders
    back = path.taken_back(direction, others, stops)
    # where windows begin with a period
    moments = {border + tau for tau, _ in asked for border in borders}
    for x in path.leaf.periods:
        inside = [now for now in sorted(moments) if borders[x] + _TINY < now < borders[x + 1] - _TINY]
        for now in [borders[x + 1], *inside]:
            _row(path, direction, asked, back, x, now)


def _row(path: Path, direction: str, asked: list[Asked], back: Series, x: int, now: float) -> None:
    """The row at a moment of period x, `now` hours after the start of the horizon."""
    store, leaf, borders = path.store, path.leaf, path.leaf.site.clock.borders
    q = (now - borders[x]) / leaf.h[x]
    before = store.level[x - 1] if x > 0 else Linear(constant=store.initial)
    level = q * store.level[x] + ((1 - q) * before if q < 1 else Linear())
    longest = max(tau for tau, _ in asked)
    sign, weight = (-1.0, 1 / store.eta_d) if direction == UP else (1.0, store.eta_c)
    terms = [level]
    for j in range(x + 1):
        at_start = float(np.prod(store.kappa[j + 1 : x]))
        counts = 1.0 if j == x else at_start * ((1 - q) + q * store.kappa[x])
        start, end = now - borders[j], max(0.0, now - borders[j + 1])
        for tau, u in asked:
            within = _overlap(start, end, tau)
            if within > 0:
                terms.append(sign * counts * within * weight * u[j])
        terms.append(sign * counts * _overlap(start, end, longest) * back[j])
    row = total(terms)
    if direction == UP:
        leaf.program.less(f"{path.device.name}.energy_up", store.energy_min - row)
    else:
        leaf.program.less(f"{path.device.name}.energy_down", row, store.energy_max)


def _overlap(start: float, end: float, tau: float) -> float:
    """Hours between `start` and `end` hours before the moment that lie within tau of it."""
    return max(0.0, min(start, tau) - end)


def open_periods(rules: dict[str, Any], share: np.ndarray, window: np.ndarray, clock: Clock) -> np.ndarray:
    """1 where a call may run in a period, whatever else of it comes; 0 where the limits of the product exclude it."""
    tau = rules["sustain_h"]
    if tau == 0:
        return np.ones(len(share))
    lasts = [_lasts(rules, share, window, clock, s) for s in range(len(share))]
    return np.asarray(
        [
            float(any(clock.borders[j] - clock.borders[s] < min(tau, lasts[s]) - _TINY for s in range(j + 1)))
            for j in range(len(share))
        ]
    )


def _lasts(rules: dict[str, Any], share: np.ndarray, window: np.ndarray, clock: Clock, s: int) -> float:
    """Hours a full call may last from period s on, after the scenario's calls before s."""
    hold = rules["sustain_h"] if rules.get("call", "continuous") == "discrete" else np.inf
    longest = _or_inf(rules.get("call_maximum_h"))
    most = min(hold, longest)
    runs = _runs(share[:s])
    is_running = bool(runs) and runs[-1][1] == s
    if is_running:
        run = slice(runs[-1][0], s)
        is_full = bool((share[run] >= window[run] - CALLED).all())
        hours = np.asarray(clock.hours)[run]
        most = min(hold - (float(hours.sum()) if is_full else 0.0), longest - float(share[run] @ hours))
    elif not _may_begin(rules, runs, clock, s):
        return 0.0
    limit = min(most, _left_of_days(rules, share, clock, s), _left_of_window(window, clock, s))
    if not is_running and limit < (rules.get("call_minimum_h") or 0.0) - _TINY:
        return 0.0
    return limit


def _may_begin(rules: dict[str, Any], runs: list[tuple[int, int]], clock: Clock, s: int) -> bool:
    today = sum(clock.days[first] == clock.days[s] for first, _ in runs)
    rested = not runs or clock.borders[s] - clock.borders[runs[-1][1]] >= (rules.get("rest_minimum_h") or 0.0) - _TINY
    return today < _or_inf(rules.get("calls_max_per_day")) and len(runs) < _or_inf(rules.get("calls_max")) and rested


def _left_of_days(rules: dict[str, Any], share: np.ndarray, clock: Clock, s: int) -> float:
    if rules.get("call_hours_max_per_day") is None:
        return np.inf
    most = float(rules["call_hours_max_per_day"])
    used = sum(float(share[t]) * clock.hours[t] for t in range(s) if clock.days[t] == clock.days[s])
    left, today = most - used, clock.hours_to_midnight(s)
    return left if left < today - _TINY else today + most


def _left_of_window(window: np.ndarray, clock: Clock, s: int) -> float:
    ends = [t for t in range(s, len(window)) if window[t] <= CALLED]
    return clock.borders[ends[0]] - clock.borders[s] if ends else np.inf


def _runs(share: np.ndarray) -> list[tuple[int, int]]:
    """Unbroken runs of called periods, as first period and the one after the last."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], (share > CALLED).astype(int), [0]])))
    return list(pairwise(int(e) for e in edges))[::2]


def _or_inf(value: float | None) -> float:
    return np.inf if value is None else float(value)
