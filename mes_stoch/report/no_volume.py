"""Why a product got no volume, in a line: an indication, found by asking the linear relaxation.

What the instance says comes first: nobody provides the product, no bid is allowed, no period obliges. Else, over the
few most probable scenarios and with ``m`` the smallest bid, in the blocks that are paid most:

1. ``C``, the largest volume that devices could hold without being short, whatever else is sold. Below ``m`` the site
   cannot hold a bid; the rows whose absence raises ``C`` most say whether **energy**, **headroom** or **ramp** is
   missing. Is there some room, the **minimum bid** is what stands in the way.
2. With all other volumes as they were committed, does any volume pay? One that an exclusion forbids is **excluded**,
   one below ``m`` fails at the **minimum bid**.
3. Else ``m`` is forced and all other volumes are free to give way. What that loses, per MW and hour, is what the
   **price** lacks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mes_stoch.components.shared.context import RowRole
from mes_stoch.products.shared.equations_bids import largest_volume_mw
from mes_stoch.report.acceptance import accepted_blocks
from mes_stoch.rules.calendar import obliged
from mes_stoch.rules.exclusivity import exclusive_pairs
from mes_stoch.rules.time_axis import blocks
from mes_stoch.schema.component import providers
from mes_stoch.schema.flexibility import as_called
from mes_stoch.schema.product import BidRules
from mes_stoch.solvers.subproblems.sampled import Question, SampledRelaxation

if TYPE_CHECKING:
    from mes_stoch.model.groups import Group
    from mes_stoch.model.site_program import SiteProgram

_MOST_BLOCKS = 4
_NONE = 1e-6
#: Which rows are dropped to find what stands in the way, by what the rows are about.
_LIMITS: tuple[RowRole, ...] = ("energy", "ramp", "headroom")
_WORDS = {
    "energy": "stores and the nodes behind them cannot hold the energy of a full call",
    "ramp": "devices are not fast enough for its full-activation time",
    "headroom": "devices or the connection leave no room for it",
}


@dataclass(frozen=True)
class _Volume:
    """A product without volume and where it stands in the relaxation."""

    product_id: str
    rules: BidRules
    columns: list[int]
    short: list[int]
    own_rows: Any
    starts: list[pd.Timestamp]
    hours: list[float]
    smallest: float
    largest: float


def why_no_volume(program: SiteProgram, commitments: pd.DataFrame, root: Any, budget_s: float) -> list[dict[str, Any]]:
    """Reasons for every committed product whose volume is 0 in all blocks.

    Parameters
    ----------
    commitments : DataFrame
        The run's table.
    root : array
        The incumbent's first stage.
    budget_s : float
        Seconds for all of them.

    Returns
    -------
    list of dict
        ``product``, ``reason`` (`no_provider`, `no_bid`, `window`, `never_accepted`, `energy`, `headroom`, `ramp`,
        `minimum_bid`, `excluded`, `price`, `unclear`), ``text``, and ``scenarios``: how many were looked at, 0 where
        the instance says it all.
    """
    silent = _silent(program, commitments)
    told = {name: _stated(program, name) for name in silent}
    asked = [name for name, reason in told.items() if reason is None]
    found: dict[str, dict[str, Any]] = {}
    if asked:
        inquiry = _Inquiry(program, commitments, root, silent, budget_s)
        found = {name: inquiry.reason(name) for name in asked}
    return [{"product": name} | (told[name] or found[name]) for name in silent]


def _silent(program: SiteProgram, commitments: pd.DataFrame) -> list[str]:
    """Products that could be committed and are not, in any block."""
    if commitments.empty:
        return []
    volume = commitments[[c for c in commitments.columns if c.startswith("volume_")]].abs().max(axis=1)
    largest = volume.groupby(commitments["product"].astype(str), sort=False).max()
    products = program.instance.products
    return [
        str(name)
        for name, most in largest.items()
        if most <= _NONE and name in products and products[str(name)].market() is None
    ]


def _answer(reason: str, text: str, scenarios: int = 0) -> dict[str, Any]:
    return {"reason": reason, "text": text, "scenarios": scenarios}


def _stated(program: SiteProgram, name: str) -> dict[str, Any] | None:
    """A reason that needs no solver."""
    instance = program.instance
    product = instance.products[name]
    if product.is_provided_by_components and not providers(instance.components, name):
        return _answer("no_provider", "no device provides it")
    rules = product.bid_rules()
    if rules is not None:
        most = largest_volume_mw(rules, steps=instance.bids.steps, minimum=instance.bids.minimum)
        if most == 0:
            return _answer("no_bid", "no bid is allowed: its largest volume is 0 or below the smallest bid")
    called = as_called(product)
    if called is not None:
        inside = np.asarray(obliged(called, program.tree.time), dtype=float)
        share = called.window_per_unit
        if isinstance(share, str):
            own = program.tree.dataset[share].values if share in program.tree.dataset else np.ones(1)
            inside = inside * np.asarray(own, dtype=float).reshape(-1, own.shape[-1]).max(axis=0)
        else:
            inside = inside * share
        if not (inside > 0).any():
            return _answer("window", "no period of the horizon lies in its calendar, term or window")
    if called is not None and called.price_offers() is not None and not accepted_blocks(program, called).any():
        return _answer("never_accepted", "no scenario accepts any of its prices: the clearing price is below them all")
    return None


class _Inquiry:
    """The relaxation with everything that is asked of it."""

    def __init__(
        self, program: SiteProgram, commitments: pd.DataFrame, root: Any, silent: Sequence[str], budget_s: float
    ) -> None:
        self._program, self._commitments = program, commitments
        self._relaxation = SampledRelaxation(program, budget_s)
        self._root = np.asarray(root, dtype=float)
        self._silent = [column for name in silent for column in self._volume_columns(name)]
        base = self._relaxation.ask(Question(self._without(self._silent)))
        self._free_cost = None if base is None else base.objective
        slack = self._relaxation.own_columns(_positions(g for g in program.column_groups if g.role == "slack"))
        values = None if base is None else base.values
        # what cannot be held without leaving more demand unserved cannot be held
        self._slack = {} if values is None else {k: (0.0, max(0.0, float(values[k])) + 1e-7) for k in slack}

    def reason(self, name: str) -> dict[str, Any]:
        """Why one product has no volume."""
        volume = self._volume(name)
        count = len(self._relaxation.scenarios)
        if volume is None or self._free_cost is None:
            return _answer("unclear", "not looked into: the relaxation had no answer in time", count)
        order = self._best_blocks(volume)
        held, block = self._capability(volume, order)
        if held is None:
            return _answer("unclear", "not looked into: the time for it was up", count)
        needed = max(volume.smallest, _NONE)
        if held < needed * (1 - 1e-6):
            return _answer(*self._physical(volume, block, held), count)
        return _answer(*(self._pays_alone(volume) or self._price(volume, order)), count)

    # -- 1. what can be held ------------------------------------------------------------------------------------------

    def _capability(self, volume: _Volume, order: Sequence[int]) -> tuple[float | None, int]:
        """Largest volume that can be held in one of the blocks, and the block."""
        best, where = None, order[0]
        for block in order:
            held = self._largest(volume, block)
            if held is not None and (best is None or held > best):
                best, where = held, block
            if best is not None and best >= volume.smallest and best > _NONE:
                break
        return best, where

    def _largest(self, volume: _Volume, block: int, dropped: Any = ()) -> float | None:
        column = volume.columns[block]
        bounds = self._without(self._silent) | self._slack | dict.fromkeys(volume.short, (0.0, 0.0))
        bounds[column] = (0.0, volume.largest)
        rows = np.union1d(volume.own_rows, np.asarray(dropped, dtype=np.int32)).astype(np.int32)
        found = self._relaxation.ask(Question(bounds, rows, maximise=column))
        return None if found is None or found.values is None else float(found.values[column])

    def _physical(self, volume: _Volume, block: int, held: float) -> tuple[str, str]:
        limits: dict[str, float] = {}
        for kind in _LIMITS:
            groups = [
                group for group in self._program.row_groups if group.role == kind and group.owner != volume.product_id
            ]
            if groups:
                more = self._largest(volume, block, self._relaxation.rows(_positions(groups)))
                limits[kind] = 0.0 if more is None else more - held
        most = max(limits, key=lambda key: limits[key], default="")
        known = most if most and limits[most] > _NONE * max(1.0, volume.largest) else ""
        why = _WORDS.get(known, "no single limit; several stand in the way together")
        if held > _NONE:
            return "minimum_bid", (
                f"devices could hold {held:.3g} MW, less than the smallest bid of {volume.smallest:g} MW: {why}"
            )
        return known or "unclear", f"nothing can be held: {why}"

    # -- 2. what would pay beside the other volumes -------------------------------------------------------------------

    def _pays_alone(self, volume: _Volume) -> tuple[str, str] | None:
        """Whether any volume pays with all others as they were committed, and what keeps it from being bid."""
        held = {
            column: (float(value), float(value))
            for column, value in enumerate(self._root)
            if column in self._all_volumes and column not in volume.columns
        }
        before = self._relaxation.ask(Question(held | self._without(volume.columns), volume.own_rows))
        after = self._relaxation.ask(
            Question(held | dict.fromkeys(volume.columns, (0.0, volume.largest)), volume.own_rows)
        )
        if before is None or after is None or after.values is None:
            return None
        gain = before.objective - after.objective
        if gain <= 1e-6 * max(1.0, abs(before.objective)):
            return None
        chosen = {block: float(after.values[column]) for block, column in enumerate(volume.columns)}
        used = [block for block, value in chosen.items() if value > _NONE]
        if not used:
            return None
        partners = self._partners_in(volume, used)
        if partners:
            return "excluded", f"excludes {', '.join(partners)}, which is committed in the same hours and earns more"
        most = max(chosen.values())
        if most < volume.smallest * (1 - 1e-6):
            return "minimum_bid", f"{most:.3g} MW would pay, less than the smallest bid of {volume.smallest:g} MW"
        return "unclear", (
            f"up to {most:.3g} MW would earn {gain:,.2f} {self._program.instance.currency} if units ran in parts; "
            "whole units, other scenarios or the gap of the solve decide"
        )

    def _partners_in(self, volume: _Volume, used: Sequence[int]) -> list[str]:
        """Products that exclude this one and have a volume in the hours of these blocks."""
        products = self._program.instance.products
        pairs = [pair for pair in exclusive_pairs(products) if volume.product_id in pair]
        others = {name for pair in pairs for name in pair if name != volume.product_id}
        table, found = self._commitments, []
        for name in sorted(others):
            own = table[(table["product"] == name) & (table["volume_mw"] > _NONE)]
            for block in used:
                start = volume.starts[block]
                end = start + pd.Timedelta(hours=volume.hours[block])
                if ((own["block_start"] < end) & (own["block_end"] > start)).any():
                    found.append(name)
                    break
        return found

    # -- 3. what the price lacks --------------------------------------------------------------------------------------

    def _price(self, volume: _Volume, order: Sequence[int]) -> tuple[str, str]:
        least: tuple[float, int] | None = None
        size = max(volume.smallest, min(1.0, volume.largest))
        for block in order:
            bounds = self._without([c for c in self._silent if c != volume.columns[block]])
            bounds[volume.columns[block]] = (size, size)
            found = self._relaxation.ask(Question(bounds, volume.own_rows))
            if found is not None and self._free_cost is not None:
                lost = (found.objective - self._free_cost) / (size * volume.hours[block])
                if least is None or lost < least[0]:
                    least = (lost, block)
        if least is None:
            return "unclear", "not looked into: the time for it was up"
        lost, block = least
        currency = self._program.instance.currency
        if lost <= 0:
            return "unclear", "worth nothing and costing nothing in the scenarios looked at"
        return "price", (
            f"the price is too low: {size:g} MW would have to earn {lost:,.3g} {currency}/MW/h more than it does "
            f"in the best block looked at ({volume.starts[block]:%Y-%m-%d %H:%M})"
        )

    # -- places -------------------------------------------------------------------------------------------------------

    def _without(self, columns: Iterable[int]) -> dict[int, tuple[float, float]]:
        return dict.fromkeys(columns, (0.0, 0.0))

    def _volume_groups(self, name: str) -> list[Group]:
        """A product's volume, or what it offers at each price."""
        own = (g for g in self._program.column_groups if g.owner == name and g.stage == "commit")
        return [g for g in own if g.role == "commitment"]

    def _volume_columns(self, name: str) -> list[int]:
        return [c for group in self._volume_groups(name) for c in self._relaxation.root_columns(group.positions)]

    @property
    def _all_volumes(self) -> set[int]:
        return {column for name in self._program.instance.products for column in self._volume_columns(name)}

    def _volume(self, name: str) -> _Volume | None:
        groups, product = self._volume_groups(name), self._program.instance.products[name]
        rules = product.bid_rules()
        called = as_called(product)
        if called is not None and called.price_offers() is not None and groups:
            # the price that is accepted most often speaks for all of them
            groups = [groups[int(np.argmax(accepted_blocks(self._program, called)))]]
        if not groups or groups[0].unit != "MW" or rules is None:
            return None
        group = groups[0]
        program, bids = self._program, self._program.instance.bids
        horizon = program.instance.horizon
        spans = blocks(program.tree.time, horizon.period_h, product.volume_block_h)
        step = rules.bid_step_mw if bids.steps else 0.0
        smallest = max(rules.minimum_bid_mw if bids.minimum else 0.0, step)
        if step > 0:
            smallest = step * np.ceil(smallest / step - 1e-9)
        short = [g for g in program.column_groups if g.owner == name and g.role in ("shortfall", "missed")]
        excluding = [
            g
            for g in program.row_groups
            if (g.owner == name and g.role == "bid") or g.quantity == f"exclusive_with_{name}"
        ]
        return _Volume(
            name,
            rules,
            self._relaxation.root_columns(group.positions),
            self._relaxation.own_columns(_positions(short)),
            self._relaxation.rows(_positions(excluding)) if excluding else np.empty(0, dtype=np.int32),
            [program.tree.time[int(span[0])] for span in spans],
            [horizon.hours_of(span) for span in spans],
            float(smallest),
            largest_volume_mw(rules, steps=bids.steps, minimum=bids.minimum),
        )

    def _best_blocks(self, volume: _Volume) -> list[int]:
        """The few blocks with the best price of capacity."""
        paid = [
            -self._relaxation.cost[column] / hours for column, hours in zip(volume.columns, volume.hours, strict=True)
        ]
        return [int(k) for k in np.argsort(-np.array(paid), kind="stable")[:_MOST_BLOCKS]]


def _positions(groups: Iterable[Group]) -> Any:
    found = [group.positions for group in groups]
    return np.unique(np.concatenate(found)).astype(np.int32) if found else np.empty(0, dtype=np.int32)
