"""Energy of full calls along the path of a store's level: one row a period, whenever a call begins and however long."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mes_stoch.components.shared.context import Buffer, Effect, Expression, OfPeriod
from mes_stoch.components.shared.equations_moments import ROUNDING, Moment, moments
from mes_stoch.components.shared.equations_shared_period import share_period
from mes_stoch.model.claims import (
    Back,
    Claim,
    FullCall,
    at,
    beside_schedule,
    beside_schedule_and_calls,
    runs_other_groups,
)

if TYPE_CHECKING:
    from mes_stoch.model.site_model import SiteModel

#: Periods of a window from which on what it sums up is worth a variable of its own: rows get shorter, and more.
_LONG = 8.5


def hold_energy(
    site: SiteModel, store: Buffer, call: FullCall, back: Back, stopped: OfPeriod | None
) -> dict[float, OfPeriod]:
    """Energy rows of one full call; returns by the time to be held at what power it moves the level, MW."""
    held = [claim for claim in call.claims if claim.directed.sustain_h > 0]
    if not held:
        return {}
    name = f"energy_{call.effect}"
    word = "holds the energy of" if call.effect == "taken" else "keeps room for the energy of"
    windows = _windows(site, store, call, held, _brought(store, call, back, stopped), name)
    for moment in moments(list(windows), site.grid, len(site.periods)):
        site.constraint(
            store.name,
            name + (f"_after_{moment.seconds}s" if moment.within < 1 else "") + call.suffix,
            f"{store.name} {word} a full call along its path",
            PathRow(moment, store, call.effect, windows).row,
            unit="MWh",
            spans=moment.spans,
            dimension=moment.dimension,
            role="energy",
        )
    return windows


def _windows(
    site: SiteModel,
    store: Buffer,
    call: FullCall,
    held: Sequence[Claim],
    brought: Sequence[tuple[float, OfPeriod]],
    name: str,
) -> dict[float, OfPeriod]:
    """By the time to be held: power at which a full call moves the level, MW, of all that is held for that long."""
    asked = 1.0 / store.discharge_efficiency if call.effect == "taken" else store.charge_efficiency
    longest_h = max(claim.directed.sustain_h for claim in held)
    windows = {}
    for sustain_h in dict.fromkeys(claim.directed.sustain_h for claim in held):
        parts = [(asked, claim.uncalled) for claim in held if claim.directed.sustain_h == sustain_h]
        terms = sum(
            2 if claim.directed.is_ever_called else 1 for claim in held if claim.directed.sustain_h == sustain_h
        )
        if sustain_h == longest_h:
            parts += brought
            terms = max(terms, len(parts))
        flow = _weighted_sum(parts)
        if terms > 1 and sustain_h > _LONG * site.period_h:
            flow = _stated(site, store.name, f"{name}_asked_{round(sustain_h * 3600)}s{call.suffix}", flow)
        windows[sustain_h] = flow
    return windows


def _brought(store: Buffer, call: FullCall, back: Back, stopped: OfPeriod | None) -> list[tuple[float, OfPeriod]]:
    """Power at which calls of the other effect have moved the level the other way, MW, with the factor of each."""
    into, out = store.charge_efficiency, 1.0 / store.discharge_efficiency
    own = into if call.effect == "taken" else out
    parts = [*((own, part) for part in back.own), *((out, part) for part in back.others)]
    if store.cancelled is not None and call.effect == "taken":
        parts.append((out - into, store.cancelled))
    if stopped is not None:
        parts.append((out - into, stopped))
    return parts


def _weighted_sum(parts: Sequence[tuple[float, OfPeriod]]) -> OfPeriod:
    return lambda t: sum(factor * part(t) for factor, part in parts)


def _stated(site: SiteModel, owner: str, name: str, flow: OfPeriod) -> OfPeriod:
    variable = site.variable(owner, f"{name}_mw", "MW", "realtime")
    site.constraint(
        owner,
        name,
        f"what a full call asks of the level of {owner}",
        lambda t: variable[t] >= flow(t),
        role="energy",
    )
    return at(variable)


@dataclass(frozen=True)
class PathRow:
    """The rows of one moment of periods."""

    moment: Moment
    store: Buffer
    effect: Effect
    windows: Mapping[float, OfPeriod]

    def row(self, k: int) -> Expression:
        """The row of one period in which the moment is looked at."""
        x = self.moment.period(k)
        if self.effect == "taken":
            return self.reached(x) >= self._at(self.store.least_level, x)
        return self.reached(x) <= self._at(self.store.largest_level, x)

    def reached(self, x: int) -> Expression:
        """The level that full calls lead to, MWh."""
        asked = sum(
            weight * flow(j) for sustain_h, flow in self.windows.items() for j, weight in self._weights(x, sustain_h)
        )
        return self._at(self.store.level, x) + (asked if self.effect == "added" else -asked)

    def _at(self, of_period: OfPeriod, x: int) -> Expression:
        """What is said of the ends of periods, at the moment looked at."""
        within = self.moment.grid.passed_per_unit(x, self.moment.within)
        if within == 1:
            return of_period(x)
        return (1.0 - within) * of_period(x - 1) + within * of_period(x)

    def _weights(self, x: int, sustain_h: float) -> Iterator[tuple[int, float]]:
        """Hours of each period inside the window, times what standing loss leaves of them at its end."""
        grid, within = self.moment.grid, self.moment.within
        for j in range(grid.first_in_window(x, within, sustain_h), x + 1):
            hours = grid.hours_in_window(j, x, within, sustain_h)
            if hours > ROUNDING:
                yield j, hours * self._left(x, j)

    def _left(self, x: int, j: int) -> float:
        keep = self.store.keep
        if j == x:
            return 1.0
        within = self.moment.within
        return float((1.0 - within) * keep ** (x - 1 - j) + within * keep ** (x - j))


def stops_discharge(site: SiteModel, store: Buffer, calls: Sequence[FullCall], back: Back) -> OfPeriod | None:
    """The part of full calls that only stops the discharge; ``None`` where it makes no difference."""
    held = any(claim.directed.sustain_h > 0 for call in calls for claim in call.claims)
    if not held or store.discharge_max_mw == 0 or store.charge_efficiency * store.discharge_efficiency == 1:
        return None
    stopped = site.variable(store.name, "stops_discharge_mw", "MW", "realtime")
    rows = set()
    for call in calls:
        is_plain = not (call.asks_others(store.name) or runs_other_groups(store, call))
        # every choice of groups then asks for the same power
        suffix = "_own" if is_plain else call.suffix
        if suffix in rows:
            continue
        rows.add(suffix)
        beside = beside_schedule(store, call, back) if is_plain else beside_schedule_and_calls(store, call, back)
        share_period(
            site,
            store.name,
            f"stops_discharge{suffix}",
            f"called to take energy, {store.name} charges for one part of a period and discharges for the other",
            store.power,
            _charged(store, beside, stopped),
            lambda t: store.discharge(t) - stopped[t],
            role="energy",
        )
    return at(stopped)


def _charged(store: Buffer, beside: OfPeriod, stopped: Any) -> OfPeriod:
    return lambda t: store.charge(t) + beside(t) - stopped[t]
