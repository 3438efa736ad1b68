"""The plan under test: what every device runs, holds for calls and gives on the calls of its scenario."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product as combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mes_stoch.evaluation.stress.admissible import CallHours, call_hours
from mes_stoch.schema.component import Connection, Store
from mes_stoch.schema.flexibility import Direction, Flexibility
from mes_stoch.settlement.books import Array, Books, Span
from mes_stoch.settlement.calls import called_share, delivered_by, leg_name, window

Mask = NDArray[np.bool_]

#: A device, and the direction in which calls move it.
Side = tuple[str, Direction]

#: Exclusivity group whose products share no MW with any other, whatever its group.
EVERY_GROUP = "every"

#: Power below this is rounding, MW (a watt).
TINY_MW = 1e-6

#: Symmetric products of which every choice of directions is tried; more all go one way.
MOST_SYMMETRIC = 3


@dataclass(frozen=True, eq=False)
class Leg:
    """One direction of a product in the plan; powers in MW over (leaves, periods).

    Parameters
    ----------
    share : array
        Called share of the volume in the leaf.
    held, given : dict
        By device: what it holds for the product, and what it gives on the calls of the leaf.
    block : array, shape (periods,)
        Number of the block each period lies in; a call ends with its block.
    calls : CallHours
        Longest further calls from each period on; none where nothing is held.
    """

    product_id: str
    product: Flexibility
    direction: Direction
    share: Array
    held: dict[str, Array]
    given: dict[str, Array]
    block: Span
    calls: CallHours

    @property
    def name(self) -> str:
        return leg_name(self.product_id, self.direction)

    @property
    def call_h(self) -> Array:
        """Longest further call that may begin with each period, h, (leaves, periods); 0 where none may."""
        return self.calls.at_border

    @property
    def may_begin(self) -> Mask:
        """Periods in which a further call may begin; where calls have no length, those in which anything is held."""
        if self.sustain_h > 0:
            return np.asarray(self.call_h > 0)
        return np.asarray(sum(self.held.values()) > TINY_MW)

    @property
    def sustain_h(self) -> float:
        """Longest time one call must be held, h."""
        longest = self.product.call_maximum_h
        is_cut = self.product.call == "discrete" and longest is not None
        return min(self.product.sustain_h, longest) if is_cut and longest is not None else self.product.sustain_h


@dataclass(frozen=True, eq=False)
class CallSet:
    """Legs that are called in full together, of one direction or both; ``name`` says which to a reader."""

    name: str
    direction: Direction | Literal["both"]
    legs: tuple[Leg, ...]

    @property
    def sign(self) -> int:
        """+1 where a call means more injection."""
        return 1 if self.direction == "up" else -1

    @property
    def products(self) -> tuple[str, ...]:
        return tuple(leg.product_id for leg in self.legs)

    @property
    def sides(self) -> tuple[Side, ...]:
        """Devices that the calls move, and which way."""
        return tuple(dict.fromkeys((device, leg.direction) for leg in self.legs for device in leg.held))

    def is_of_other_groups(self, leg: Leg) -> bool:
        """Whether what a leg holds may be the same MW as what the legs of the set hold in its direction."""
        own = {other.product.exclusivity_group for other in self.legs if other.direction == leg.direction}
        return bool(own - {EVERY_GROUP}) and leg.product.exclusivity_group not in (*own, EVERY_GROUP)


@dataclass(frozen=True)
class Plan:
    """The books of a run, read as a plan that has to stand calls."""

    books: Books

    @property
    def leaves(self) -> int:
        return len(self.books.scenarios)

    @property
    def periods(self) -> int:
        return len(self.books.time)

    @property
    def period_h(self) -> float:
        return self.books.period_h

    @cached_property
    def legs(self) -> tuple[Leg, ...]:
        """Every direction of every product for which devices hold power."""
        return tuple(self._legs())

    def _legs(self) -> Iterator[Leg]:
        for product_id, product in self.books.instance.called_products().items():
            for direction in product.directions:
                held = delivered_by(self.books, product_id, product, direction, "held")
                if not held:
                    continue
                held = {device: np.maximum(power, 0.0) for device, power in held.items()}
                share = called_share(self.books, product, direction)
                if product.call == "continuous":
                    given = {device: share * power for device, power in held.items()}
                else:
                    called = delivered_by(self.books, product_id, product, direction, "called")
                    given = {device: np.maximum(called.get(device, 0.0 * held[device]), 0.0) for device in held}
                block = self.books.span_of_period(self.books.spans(product.block_h))
                is_held = sum(held.values(), np.zeros_like(share)) > TINY_MW
                obliged = window(self.books, product)
                hours = call_hours(product, share, obliged, self.books.time, self.period_h).where(is_held)
                yield Leg(product_id, product, direction, share, held, given, block, hours)

    @cached_property
    def call_sets(self) -> tuple[CallSet, ...]:
        """Each leg alone, and per direction all legs of one exclusivity group together."""
        sets = [CallSet(leg.name, leg.direction, (leg,)) for leg in self.legs]
        directions: tuple[Direction, ...] = ("up", "down")
        for direction in directions:
            groups = self.groups(direction)
            for group, legs in groups.items():
                if len(legs) > 1:
                    of = f" of {group}" if len(groups) > 1 else ""
                    sets.append(CallSet(f"all{of}, {direction}", direction, legs))
        return tuple(sets)

    @cached_property
    def joint_sets(self) -> tuple[CallSet, ...]:
        """Legs of both directions: of each one exclusivity group, and of a symmetric product one leg."""
        sets = []
        for (up, of_up), (down, of_down) in combinations(self.groups("up").items(), self.groups("down").items()):
            is_choice = len(self.groups("up")) > 1 or len(self.groups("down")) > 1
            name = f"all of {up}, up, and of {down}, down" if is_choice else "all, up and down"
            legs = (*of_up, *of_down)
            for ways in _ways([leg.product_id for leg in of_up if leg.product_id in {d.product_id for d in of_down}]):
                chosen = tuple(leg for leg in legs if ways.get(leg.product_id, leg.direction) == leg.direction)
                choice = "".join(f", {product_id} {way}" for product_id, way in ways.items())
                sets.append(CallSet(name + choice, "both", chosen))
        return tuple(sets)

    def groups(self, direction: Direction) -> dict[str, tuple[Leg, ...]]:
        """Legs of one direction by exclusivity group: those of one never share a MW, those of different ones may."""
        own = [leg for leg in self.legs if leg.direction == direction]
        names = dict.fromkeys(leg.product.exclusivity_group for leg in own)
        apart = [name for name in names if name != EVERY_GROUP] or list(names)
        return {
            name: tuple(leg for leg in own if leg.product.exclusivity_group in (name, EVERY_GROUP)) for name in apart
        }

    def legs_of(self, direction: Direction) -> tuple[Leg, ...]:
        return tuple(leg for leg in self.legs if leg.direction == direction)

    def opposite(self, direction: str) -> tuple[Leg, ...]:
        return tuple(leg for leg in self.legs if leg.direction != direction)

    def decided(self, name: str) -> Array:
        return self.books.decided(name)

    @cached_property
    def storages(self) -> dict[str, Store]:
        return self.books.instance.stores()

    def networks_at(self, node: str) -> dict[str, Connection]:
        return {name: spec for name, spec in self.books.instance.connections().items() if spec.node == node}

    def levels(self, storage: str) -> Array:
        """Level of a storage at the borders of periods, from the start of the horizon on, MWh."""
        initial = np.full((self.leaves, 1), self.storages[storage].initial_mwh)
        return np.concatenate([initial, self.decided(f"{storage}.level_mwh")], axis=1)

    def operated(self, storage: str) -> Array:
        """Discharge less charge of a storage as its leaf is operated, calls included, MW."""
        net = self.decided(f"{storage}.discharge_mw") - self.decided(f"{storage}.charge_mw")
        up, down = (self.given_by(storage, [leg for leg in self.legs if leg.direction == d]) for d in ("up", "down"))
        return net + up - down

    def given_by(self, device: str, legs: Sequence[Leg]) -> Array:
        """What a device gives on the calls of the leaf, MW."""
        zero = np.zeros((self.leaves, self.periods))
        return sum((leg.given[device] for leg in legs if device in leg.given), zero)


def _ways(symmetric: Sequence[str]) -> Iterator[dict[str, Direction]]:
    """Choices of one direction for each symmetric product."""
    directions: tuple[Direction, ...] = ("up", "down")
    if len(symmetric) > MOST_SYMMETRIC:
        yield from (dict.fromkeys(symmetric, way) for way in directions)
    else:
        yield from (dict(zip(symmetric, ways, strict=True)) for ways in combinations(directions, repeat=len(symmetric)))
