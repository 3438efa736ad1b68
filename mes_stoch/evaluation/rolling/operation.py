"""What is operated without foresight, and with what forecast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mes_stoch.model.program import FloatArray
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.tree import ScenarioTree


@dataclass(frozen=True)
class Operation:
    """What is operated, and with what forecast; sent to the processes that do it.

    Parameters
    ----------
    instance : Instance
    tree : ScenarioTree
        Whose leaves are operated.
    volumes : dict of str to array, shape (blocks,)
        The commitment, by product.
    forecast : ScenarioTree or None
        Scenarios of the forecast; ``None``: those of the tree's other day-ahead nodes.
    fan : int
        Courses that a step is planned for; 1 for their mean.
    gap_rel : float
        Gap of the plan of a step.
    """

    instance: Instance
    tree: ScenarioTree
    volumes: Mapping[str, FloatArray]
    forecast: ScenarioTree | None
    fan: int = 1
    gap_rel: float = 1e-3

    @property
    def is_for_mean(self) -> bool:
        """Whether a step is planned for the mean of all courses."""
        return self.fan == 1
