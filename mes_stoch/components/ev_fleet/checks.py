"""What must hold for a fleet of electric vehicles."""

from __future__ import annotations

from collections.abc import Iterator

from mes_stoch.components.ev_fleet.format import EvFleet
from mes_stoch.io.readers.locate import show
from mes_stoch.io.validation.check_context import CheckContext
from mes_stoch.schema.component import EntryPath
from mes_stoch.schema.errors import Issue


def issues(context: CheckContext, name: str, spec: EvFleet) -> Iterator[Issue]:
    """Energies that do not fit the batteries, numbers out of range, reserve of a fleet that is on or off."""
    path: EntryPath = ("components", name)
    for key in ("plugged_in_per_unit", "leaving_per_unit"):
        share = getattr(spec, key)
        if share is not None and not isinstance(share, str) and not 0 <= share <= 1:
            yield context.locator.issue((*path, key), show(share), "a share between 0 and 1")
    plugged = spec.plugged_in_per_unit
    at_most = spec.fleet_energy_mwh * (1.0 if isinstance(plugged, str) else plugged)
    for key in ("arrival_mwh", "departure_mwh", "initial_mwh", "terminal_mwh"):
        energy = getattr(spec, key)
        if energy is None or isinstance(energy, str):
            continue
        if energy < 0:
            yield context.locator.issue((*path, key), show(energy), "a number in MWh of at least 0")
        elif energy > at_most * (1 + 1e-9):
            expected = f"at most {at_most:.6g} MWh, which fits into the batteries that are plugged in"
            hint = "vehicles times energy_max_mwh, of one vehicle, is what all batteries hold"
            yield context.locator.issue((*path, key), show(energy), expected, hint)
    if spec.charge_min_per_unit > 0 and spec.provides:
        hint = "leave charge_min_per_unit out, or provides"
        found = f"{_listed(spec)}, with charge_min_per_unit"
        expected = "no reserve, since a call could ask for less than the least power"
        yield context.locator.issue((*path, "provides"), found, expected, hint)


def _listed(spec: EvFleet) -> str:
    """Products that it provides, as they are written."""
    return ", ".join(spec.provides)
