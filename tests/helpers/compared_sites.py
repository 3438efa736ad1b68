"""The same folder and the same tree to mes_stoch and to the independent program, and what they disagree on.

The independent program (``tests/independent``) reads the instance's files and ``tree.nc``; of what mes_stoch says it
takes the penalties of slack, which ``summary.json`` states, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml
from independent.extensive import extensive
from independent.read import read

import mes_stoch
from helpers.random_folder import ContractSite
from helpers.random_reserves import ReserveSite
from helpers.settled_run import solved
from mes_stoch.report.run import Run

TOLERANCE = 1e-6  # of the money that moves
LIMIT_S = 1200.0
KINDS = ("reserves", "contracts")


@dataclass(frozen=True)
class Compared:
    """Expected profits and proven bounds of both, and the money that moves: the sum of the sizes of all streams."""

    profit: float
    bound: float
    own_profit: float
    own_bound: float
    money: float
    status: str
    seconds: tuple[float, float]

    @property
    def is_proven(self) -> bool:
        """Whether both solves closed their gap."""
        return all(
            np.isclose(profit, bound, rtol=1e-7, atol=1e-6)
            for profit, bound in ((self.profit, self.bound), (self.own_profit, self.own_bound))
        )

    @property
    def difference(self) -> float:
        """Share of the money that moves: between the optima, or between the proven intervals where one is open."""
        apart = max(self.own_profit - self.bound, self.profit - self.own_bound, 0.0)
        gap = abs(self.own_profit - self.profit) if self.is_proven else apart
        return float(gap / max(1.0, self.money))

    @property
    def agrees(self) -> bool:
        return self.difference <= TOLERANCE


def written(kind: str, seed: int, folder: Path) -> Run:
    """A random site as a folder with its ``tree.nc``, solved by mes_stoch."""
    if kind == "contracts":
        site = mes_stoch.read(ContractSite(seed).write(folder))
        tree = site.tree()
        run = mes_stoch.solve(site, tree, method="ef", gap_rel=1e-9, time_limit_s=LIMIT_S)
    else:
        instance, tree = ReserveSite(seed).build()
        folder.mkdir(parents=True, exist_ok=True)
        text = yaml.safe_dump(instance.model_dump(mode="json"), sort_keys=False)
        (folder / "instance.yaml").write_text(text, encoding="utf-8")
        run = solved(instance, tree, gap_rel=1e-9, time_limit_s=LIMIT_S)
    tree.dataset.to_netcdf(folder / "tree.nc")
    return run


def compared(folder: Path, tree: Path, run: Run, **bids: bool) -> Compared:
    """Solve once more with the independent program."""
    site = read(folder, tree, **bids)
    own = extensive(site, _penalties(run.summary)).solve(time_limit_s=LIMIT_S)
    summary = run.summary
    if summary["objective"] is None:
        raise RuntimeError(f"mes_stoch found no solution: {summary['status']}")
    return Compared(
        profit=summary["objective"],
        bound=summary["bound_upper"],
        own_profit=own.profit,
        own_bound=own.bound,
        money=sum(abs(value) for value in summary["streams"].values()),
        status=summary["status"],
        seconds=(float(summary["wall_time_s"]), own.seconds),
    )


def _penalties(summary: Mapping[str, object]) -> Mapping[str, float]:
    found = summary["penalties"]
    assert isinstance(found, Mapping)
    return found
