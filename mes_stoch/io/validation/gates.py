"""Products decided with knowledge that comes after their gate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from mes_stoch.io.readers.locate import Locator
from mes_stoch.rules.gates import STAGES, closes_before
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.product import MarketProduct, Stage


def gate_issues(products: Mapping[str, MarketProduct], time: pd.DatetimeIndex, locator: Locator) -> Iterator[Issue]:
    """Products decided at a later stage than another whose gate closes after theirs.

    Such a product would be decided with knowledge that comes after its gate: what is known when the other is decided.
    """
    decided: dict[str, tuple[str, Stage]] = {}
    for name, product in products.items():
        stage = product.decision_stage
        if product.gate is not None and stage is not None:
            decided[name] = (product.gate, stage)
    for name, (gate, stage) in decided.items():
        earlier = [
            (STAGES.index(own_stage), other, own_gate)
            for other, (own_gate, own_stage) in decided.items()
            if STAGES.index(own_stage) < STAGES.index(stage) and closes_before(gate, own_gate, time)
        ]
        if earlier:
            rank, other, own_gate = min(earlier)
            yield locator.issue(
                ("products", name, "stage"),
                f"{stage}, with a gate ({gate}) that closes before that of {other} ({own_gate}), decided at "
                f"{STAGES[rank]}",
                f"{STAGES[rank]}, or an earlier stage" if rank else STAGES[0],
                "change `stage` of one of them, or override `gate` where your contract differs",
            )
