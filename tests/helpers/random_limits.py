"""Limits that change by time and by scenario, on any site: outages and deratings."""

from __future__ import annotations

from typing import Any

import numpy as np

#: Shares of a limit that kinds of components state.
SHARES = {
    "converter": ("available_per_unit",),
    "grid_connection": ("import_available_per_unit", "export_available_per_unit"),
}


class RandomLimits:
    """Availabilities of the components of one random site; ``seed`` says which."""

    def __init__(self, seed: int) -> None:
        self._draw = np.random.default_rng([seed, 1])

    def add_to(self, components: dict[str, dict[str, Any]], series: dict[str, Any], shape: tuple[int, ...]) -> None:
        """Give about half of all limits a share that is available, as a number or a series of some shape."""
        for name, spec in components.items():
            for field in SHARES.get(spec["type"], ()):
                choice = self._draw.random()
                if spec.get("import_max_mw", 0.0) is None and field.startswith("import"):
                    continue
                if choice < 0.45:
                    series[f"{name}_{field}"] = self._share(shape)
                    spec[field] = f"{name}_{field}"
                elif choice < 0.55:
                    spec[field] = float(self._draw.choice([0.0, 0.3, 0.75]))

    def _share(self, shape: tuple[int, ...]) -> np.ndarray:
        """Mostly all of it, now and then nothing or less than all."""
        kind = self._draw.random(shape)
        less = self._draw.uniform(0.1, 1.0, shape).round(2)
        return np.where(kind < 0.55, 1.0, np.where(kind < 0.8, 0.0, less))
