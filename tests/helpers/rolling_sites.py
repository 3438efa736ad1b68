"""Random sites with a commitment and other days to forecast with, for operation without foresight."""

from __future__ import annotations

import numpy as np

from helpers.random_site import random_site
from mes_stoch.model.program import FloatArray
from mes_stoch.model.site_program import SiteProgram, build_leaf_program
from mes_stoch.schema.tree import ScenarioTree


def other_days(tree: ScenarioTree, generator: np.random.Generator) -> ScenarioTree:
    """Scenarios unlike those of a tree: each series moved by up to a fifth, in another order."""
    other = tree.dataset.copy(deep=True)
    for name in other.data_vars:
        values = other[name].values
        other[name].values[:] = values[generator.permutation(len(values))] * generator.uniform(0.8, 1.2, values.shape)
    return ScenarioTree(other)


def random_case(seed: int) -> tuple[SiteProgram, FloatArray, ScenarioTree]:
    """Program, root and forecast of a site of two stages or three; every third with whole decisions."""
    generator = np.random.default_rng(seed)
    is_whole = seed % 3 == 0
    instance, tree = random_site(generator, [1, 1, 1] if seed % 2 else [2, 2], integer=is_whole, periods=4)
    program = build_leaf_program(instance, tree)
    volumes = {}
    for name in ("fr_mfrr_up", "fr_afrr_down"):
        group = next(group for group in program.column_groups if group.name == f"{name}.volume_mw")
        volume = np.round(2 * generator.uniform(0, 1.5, len(group.positions))) / 2
        volumes[name] = np.where(volume < 1, 0.0, volume) if is_whole else volume
    given = program.with_commitments(volumes)
    return program, given.structure.column_lower[given.root.columns], other_days(tree, generator)
