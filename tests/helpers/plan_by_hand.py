"""Plans written by hand: what an optimiser could have decided, right or wrong, without asking one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from helpers.site_builder import make_tree
from mes_stoch.components.grid_connection.format import GridConnection
from mes_stoch.schema.instance import Instance
from mes_stoch.settlement.data import SettlementData


def books_by_hand(
    instance: Instance,
    decided: Mapping[str, Any],
    *,
    series: Mapping[str, Any] | None = None,
    metered: Mapping[tuple[str, str], Any] | None = None,
    probabilities: Sequence[float] = (1.0,),
) -> SettlementData:
    """SettlementData of a plan.

    Parameters
    ----------
    decided : mapping
        By name of a quantity: a number, a list over periods, or a list of lists over scenarios and periods. Names that
        end in ``.on`` may have fewer columns: states.
    metered : mapping
        By node and component: flow into the node, MW, in the same forms; connections that are not named stand still.
    """
    tree = make_tree(instance, series, probabilities)
    count, periods = len(probabilities), instance.horizon.periods
    scenario = [str(name) for name in tree.dataset["scenario"].values]
    solution = xr.Dataset(
        coords={
            "scenario": scenario,
            "time": tree.dataset["time"].values,
            "probability": ("scenario", np.asarray(probabilities, dtype=float)),
        }
    )
    solution["profit_eur"] = ("scenario", np.zeros(count))
    for name, values in decided.items():
        array = np.asarray(values, dtype=float)
        is_state = array.ndim > 0 and array.shape[-1] != periods
        size = array.shape[-1] if is_state else periods
        dimension = f"state_{name}" if is_state else "time"
        solution[name] = (("scenario", dimension), np.broadcast_to(array, (count, size)).copy())
    read: dict[tuple[str, str], Any] = {
        (spec.node, name): 0.0 for name, spec in instance.components.items() if isinstance(spec, GridConnection)
    }
    read |= metered or {}
    labels = list(read)
    flows = np.stack([np.broadcast_to(np.asarray(v, dtype=float), (count, periods)) for v in read.values()], axis=2)
    meters = xr.Dataset(
        {"flow_mw": (("scenario", "time", "flow"), flows)},
        coords={
            "scenario": scenario,
            "time": tree.dataset["time"].values,
            "node": ("flow", [node for node, _ in labels]),
            "component": ("flow", [component for _, component in labels]),
        },
    )
    return SettlementData(instance, tree, solution, meters)
