"""What a method hands over to be kept, and gets back when it goes on: numbers, arrays, and arrays by scenario.

Nothing in it depends on how many ranks there are. Arrays by scenario are kept by the rank that has the scenario and
come back to the rank that has it then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mes_stoch.model.program import FloatArray, IndexArray


@dataclass(frozen=True)
class ByScenario:
    """Arrays of some scenarios, of any length each.

    Parameters
    ----------
    indices : int array
        Which scenarios, in ascending order.
    arrays : dict of lists of float arrays
        By name, one array a scenario in the order of ``indices``.
    """

    indices: IndexArray
    arrays: Mapping[str, Sequence[FloatArray]] = field(default_factory=dict)

    def flat(self, name: str) -> dict[str, NDArray[Any]]:
        """The same as few arrays: indices, and by name values one after another and how many each has."""
        found: dict[str, NDArray[Any]] = {f"{name}.indices": np.asarray(self.indices, dtype=np.int64)}
        for key, arrays in self.arrays.items():
            flat = [np.asarray(array, dtype=np.float64).ravel() for array in arrays]
            found[f"{name}.{key}.values"] = np.concatenate(flat) if flat else np.zeros(0)
            found[f"{name}.{key}.lengths"] = np.array([len(array) for array in flat], dtype=np.int64)
        return found

    @classmethod
    def chosen(cls, stored: Sequence[Mapping[str, NDArray[Any]]], name: str, wanted: range) -> ByScenario:
        """What several files of :meth:`flat` hold of some scenarios.

        Raises
        ------
        ValueError
            Lengths do not fit, a scenario is there twice, or the files hold different arrays.
        """
        prefix, end = f"{name}.", ".values"
        keys = [
            {entry[len(prefix) : -len(end)] for entry in part if entry.startswith(prefix) and entry.endswith(end)}
            for part in stored
        ]
        if any(own != keys[0] for own in keys):
            raise ValueError(f"parts with different arrays of {name}")
        found: dict[int, dict[str, FloatArray]] = {}
        for part in stored:
            indices = part[f"{name}.indices"].tolist()
            pieces = {key: _pieces(part, f"{prefix}{key}", len(indices)) for key in keys[0]}
            for place, index in enumerate(indices):
                if index in found:
                    raise ValueError(f"scenario {index} twice in {name}")
                if index in wanted:
                    found[index] = {key: pieces[key][place] for key in keys[0]}
        order = sorted(found)
        arrays = {key: [found[index][key] for index in order] for key in (sorted(keys[0]) if keys else ())}
        return cls(np.array(order, dtype=np.int32), arrays)


def _pieces(part: Mapping[str, NDArray[Any]], key: str, count: int) -> list[FloatArray]:
    values, lengths = part[f"{key}.values"], part[f"{key}.lengths"]
    if len(lengths) != count or int(lengths.sum()) != len(values):
        raise ValueError(f"{key} does not have an array a scenario")
    return list(np.split(values, np.cumsum(lengths)[:-1])) if count else []


@dataclass(frozen=True)
class Snapshot:
    """What has been proven so far.

    Parameters
    ----------
    numbers : dict
        Whole numbers and texts; the leading rank's are kept. What may be infinite is an array.
    common : dict of arrays
        Of no scenario; the leading rank's are kept.
    by_scenario : dict of ByScenario
        This rank's scenarios, by name.
    """

    numbers: Mapping[str, Any] = field(default_factory=dict)
    common: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    by_scenario: Mapping[str, ByScenario] = field(default_factory=dict)

    def with_all_of(self, *others: Snapshot) -> Snapshot:
        """This and other ones, of other names."""
        whole = (self, *others)
        return Snapshot(
            {name: value for part in whole for name, value in part.numbers.items()},
            {name: value for part in whole for name, value in part.common.items()},
            {name: value for part in whole for name, value in part.by_scenario.items()},
        )
