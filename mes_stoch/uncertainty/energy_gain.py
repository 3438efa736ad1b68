"""Ratios that are series: does a component give more energy than it takes in some scenario and period?

The rules are those of :mod:`mes_stoch.io.validation.energy_gain`, which judges ratios that are numbers.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mes_stoch.io.readers.locate import listed
from mes_stoch.io.validation.energy_gain import found_gains, port_key
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.uncertainty.examples import shown, stacked


def gain_of_series_issues(instance: Instance, tree: ScenarioTree, file: str) -> Iterator[Issue]:
    """One issue for every component with a series for a ratio that breaks a rule."""
    carriers = {name: node.carrier for name, node in instance.nodes.items()}
    shape = (tree.dataset.sizes["scenario"], tree.periods)
    for name, spec in instance.components.items():
        series = [
            port.ratio_per_unit
            for one in spec.conversions()
            for port in one.ports
            if isinstance(port.ratio_per_unit, str)
        ]
        if not series:
            continue
        gain = next(found_gains(spec, carriers, lambda ratio: stacked(tree, ratio)), None)
        if gain is None:
            continue
        out, most = np.broadcast_to(gain.out, shape), np.broadcast_to(gain.most, shape)

        def say(s: int, t: int, out: np.ndarray = out, most: np.ndarray = most) -> str:
            return f"{out[s, t]:.4g} MW of at most {most[s, t]:.4g}"

        found = shown(tree, np.broadcast_to(gain.is_broken, shape), say)
        yield Issue(
            file,
            None,
            ".".join(str(part) for part in ("components", name, *port_key(spec, gain.nodes))),
            f"{gain.what} out: {found}",
            f"no more than goes in allows, by {listed(list(dict.fromkeys(map(str, series))))}",
            gain.hint,
        )
