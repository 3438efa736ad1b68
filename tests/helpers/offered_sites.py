"""What random sites that hold reserve can offer, in every leaf and from every period on."""

from __future__ import annotations

from typing import Any

import numpy as np

from helpers.random_reserves import ReserveSite
from helpers.settled_run import solved
from mes_stoch.evaluation.flexibility.region import FlexibilityRequest, flexibility_region
from mes_stoch.settlement.data import SettlementData

_CURVES = ("deviation_mw", "fixed_mw", "delivered_mw")
_TOLERANCE_MW = 1e-4
#: Counts that have to be 0.
RULES = ("outside", "rising_with_duration", "fixed_beyond_redispatched", "returned_beyond_delivered", "base_not_kept")


def offered(seed: int) -> dict[str, Any]:
    """Points of a site, and how many break each of :data:`RULES`."""
    instance, tree = ReserveSite(seed).build()
    run = solved(instance, tree)
    data = SettlementData(instance, tree, run.solution, run.flow_data)
    counts = dict.fromkeys(("points", "committed", "not_returned", *RULES), 0)
    for scenario in data.scenarios:
        found = flexibility_region(data, FlexibilityRequest(scenario, apart_h=0.0))
        points = found.points
        counts["points"] += len(points)
        counts["committed"] += int((points["committed_mw"] > _TOLERANCE_MW).sum())
        counts["not_returned"] += len(found.unreturned)
        counts["outside"] += len(found.outside)
        for _, own in points.groupby(["start", "direction"]):
            rising = np.diff(own[list(_CURVES)].to_numpy(), axis=0) > _TOLERANCE_MW
            counts["rising_with_duration"] += int(rising.any())
        counts["fixed_beyond_redispatched"] += int((points["fixed_mw"] > points["deviation_mw"] + _TOLERANCE_MW).sum())
        beyond = points["deviation_mw"] > points["delivered_mw"] + _TOLERANCE_MW
        counts["returned_beyond_delivered"] += int(beyond.sum())
        counts["base_not_kept"] += int(points[list(_CURVES)].isna().any(axis=1).sum())
    return {"seed": seed, "period_h": instance.horizon.period_h, "scenarios": len(data.scenarios), **counts}
