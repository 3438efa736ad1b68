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
from mes_stoch.rules.call_history import call_history
from mes_stoch.schema.base import Quantity
from mes_stoch.schema.connection import Connection, export_share, import_share
from mes_stoch.schema.flexibility import Direction, Flexibility, directed_name
from mes_stoch.schema.store import Store, charge_share, discharge_share, fixed_loss, initial_level, level_max, level_min
from mes_stoch.settlement.calls import called_share, delivered_by, window
from mes_stoch.settlement.data import Array, SettlementData, Span

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
class DirectedProduct:
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
        return directed_name(self.product_id, self.direction)

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
    """Directed products that are called in full together, of one direction or both; ``name`` says which to a reader."""

    name: str
    direction: Direction | Literal["both"]
    directed_products: tuple[DirectedProduct, ...]

    @property
    def sign(self) -> int:
        """+1 where a call means more injection."""
        return 1 if self.direction == "up" else -1

    @property
    def products(self) -> tuple[str, ...]:
        return tuple(directed.product_id for directed in self.directed_products)

    @property
    def sides(self) -> tuple[Side, ...]:
        """Devices that the calls move, and which way."""
        return tuple(
            dict.fromkeys(
                (device, directed.direction) for directed in self.directed_products for device in directed.held
            )
        )

    def is_of_other_groups(self, directed: DirectedProduct) -> bool:
        """Whether what a product holds may be the same MW as what the set holds in its direction."""
        own = {
            other.product.exclusivity_group for other in self.directed_products if other.direction == directed.direction
        }
        return bool(own - {EVERY_GROUP}) and directed.product.exclusivity_group not in (*own, EVERY_GROUP)


@dataclass(frozen=True)
class Plan:
    """The data of a run, read as a plan that has to stand calls."""

    data: SettlementData

    @property
    def leaves(self) -> int:
        return len(self.data.scenarios)

    @property
    def periods(self) -> int:
        return len(self.data.time)

    @property
    def period_h(self) -> float:
        return self.data.period_h

    @property
    def begun_h(self) -> float:
        """What is over of the first period when the horizon starts, h."""
        return self.data.instance.horizon.begun_h

    @property
    def lengths_h(self) -> Array:
        """Length of each period, h."""
        return self.data.lengths_h

    @cached_property
    def starts_h(self) -> Array:
        """Hours after the start of the horizon at which each period begins."""
        return np.asarray(np.maximum(np.arange(self.periods) * self.period_h - self.begun_h, 0.0))

    @cached_property
    def directed_products(self) -> tuple[DirectedProduct, ...]:
        """Every direction of every product for which devices hold power."""
        return tuple(self._directed_products())

    def _directed_products(self) -> Iterator[DirectedProduct]:
        for product_id, product in self.data.instance.called_products().items():
            for direction in product.directions:
                held = delivered_by(self.data, product_id, product, direction, "held")
                if not held:
                    continue
                held = {device: np.maximum(power, 0.0) for device, power in held.items()}
                share = called_share(self.data, product, direction)
                if product.call == "continuous":
                    given = {device: share * power for device, power in held.items()}
                else:
                    called = delivered_by(self.data, product_id, product, direction, "called")
                    given = {device: np.maximum(called.get(device, 0.0 * held[device]), 0.0) for device in held}
                block = self.data.span_of_period(self.data.spans(product.block_h))
                is_held = sum(held.values(), np.zeros_like(share)) > TINY_MW
                obliged = window(self.data, product)
                before = call_history(self.data.instance, product_id, product, direction, self.data.time)
                hours = call_hours(product, share, obliged, self.data.time, self.period_h, before, self.begun_h).where(
                    is_held
                )
                yield DirectedProduct(product_id, product, direction, share, held, given, block, hours)

    @cached_property
    def call_sets(self) -> tuple[CallSet, ...]:
        """Each directed product alone, and per direction all directed products of one exclusivity group together."""
        sets = [CallSet(directed.name, directed.direction, (directed,)) for directed in self.directed_products]
        directions: tuple[Direction, ...] = ("up", "down")
        for direction in directions:
            groups = self.groups(direction)
            for group, directed_products in groups.items():
                if len(directed_products) > 1:
                    of = f" of {group}" if len(groups) > 1 else ""
                    sets.append(CallSet(f"all{of}, {direction}", direction, directed_products))
        return tuple(sets)

    @cached_property
    def joint_sets(self) -> tuple[CallSet, ...]:
        """Products of both directions: of each one exclusivity group, and of a symmetric product one direction."""
        sets = []
        for (up, of_up), (down, of_down) in combinations(self.groups("up").items(), self.groups("down").items()):
            is_choice = len(self.groups("up")) > 1 or len(self.groups("down")) > 1
            name = f"all of {up}, up, and of {down}, down" if is_choice else "all, up and down"
            directed_products = (*of_up, *of_down)
            for ways in _ways(
                [directed.product_id for directed in of_up if directed.product_id in {d.product_id for d in of_down}]
            ):
                chosen = tuple(
                    directed
                    for directed in directed_products
                    if ways.get(directed.product_id, directed.direction) == directed.direction
                )
                choice = "".join(f", {product_id} {way}" for product_id, way in ways.items())
                sets.append(CallSet(name + choice, "both", chosen))
        return tuple(sets)

    def groups(self, direction: Direction) -> dict[str, tuple[DirectedProduct, ...]]:
        """Products of one direction by exclusivity group: those of one never share a MW, others may."""
        own = [directed for directed in self.directed_products if directed.direction == direction]
        names = dict.fromkeys(directed.product.exclusivity_group for directed in own)
        apart = [name for name in names if name != EVERY_GROUP] or list(names)
        return {
            name: tuple(directed for directed in own if directed.product.exclusivity_group in (name, EVERY_GROUP))
            for name in apart
        }

    def directed_products_of_direction(self, direction: Direction) -> tuple[DirectedProduct, ...]:
        return tuple(directed for directed in self.directed_products if directed.direction == direction)

    def opposite(self, direction: str) -> tuple[DirectedProduct, ...]:
        return tuple(directed for directed in self.directed_products if directed.direction != direction)

    def decided(self, name: str) -> Array:
        return self.data.decided(name)

    @cached_property
    def storages(self) -> dict[str, Store]:
        return self.data.instance.stores()

    def networks_at(self, node: str) -> dict[str, Connection]:
        return {name: spec for name, spec in self.data.instance.connections().items() if spec.node == node}

    def import_limit(self, connection: Connection) -> Array | None:
        """What a connection can give, MW over (leaves, periods); ``None``: no limit."""
        most = connection.import_max_mw
        return None if most is None else most * self.data.values(import_share(connection))

    def export_limit(self, connection: Connection) -> Array:
        """What a connection can take, MW over (leaves, periods)."""
        return connection.export_max_mw * self.data.values(export_share(connection))

    def levels(self, storage: str) -> Array:
        """Level of a storage at the borders of periods, from the start of the horizon on, MWh."""
        initial = np.full((self.leaves, 1), initial_level(self.storages[storage]))
        return np.concatenate([initial, self.decided(f"{storage}.level_mwh")], axis=1)

    def charge_limit(self, storage: str) -> Array:
        """What a storage can take, MW over (leaves, periods)."""
        spec = self.storages[storage]
        return spec.charge_max_mw * self.data.values(charge_share(spec))

    def discharge_limit(self, storage: str) -> Array:
        """What a storage can give, MW over (leaves, periods)."""
        spec = self.storages[storage]
        return spec.discharge_max_mw * self.data.values(discharge_share(spec))

    def fixed_loss(self, storage: str) -> Array:
        """What a storage loses whatever its level, MW over (leaves, periods)."""
        lost = self.data.values(fixed_loss(self.storages[storage]))
        short = f"{storage}.loss_short_mw"
        return lost - self.decided(short) if self.data.has(short) else lost

    def least_level(self, storage: str) -> Array:
        """Least level of a storage at the borders of periods, MWh over (leaves, periods + 1)."""
        spec = self.storages[storage]
        return self._at_borders(spec.energy_min_mwh, level_min(spec), f"{storage}.level_below_mwh", -1.0)

    def largest_level(self, storage: str) -> Array:
        """Largest level of a storage at the borders of periods, MWh over (leaves, periods + 1)."""
        spec = self.storages[storage]
        return self._at_borders(spec.energy_max_mwh, level_max(spec), f"{storage}.level_above_mwh", 1.0)

    def _at_borders(self, first_mwh: float, bound: Quantity, slack: str, sign: float) -> Array:
        bounds = np.zeros((self.leaves, self.periods)) + self.data.values(bound)
        if self.data.has(slack):
            bounds = bounds + sign * self.decided(slack)
        return np.concatenate([np.full((self.leaves, 1), first_mwh), bounds], axis=1)

    def operated(self, storage: str) -> Array:
        """Discharge less charge of a storage as its leaf is operated, calls included, MW."""
        net = self.decided(f"{storage}.discharge_mw") - self.decided(f"{storage}.charge_mw")
        up, down = (
            self.given_by(storage, [directed for directed in self.directed_products if directed.direction == d])
            for d in ("up", "down")
        )
        return net + up - down

    def given_by(self, device: str, directed_products: Sequence[DirectedProduct]) -> Array:
        """What a device gives on the calls of the leaf, MW."""
        zero = np.zeros((self.leaves, self.periods))
        return sum((directed.given[device] for directed in directed_products if device in directed.given), zero)


def _ways(symmetric: Sequence[str]) -> Iterator[dict[str, Direction]]:
    """Choices of one direction for each symmetric product."""
    directions: tuple[Direction, ...] = ("up", "down")
    if len(symmetric) > MOST_SYMMETRIC:
        yield from (dict.fromkeys(symmetric, way) for way in directions)
    else:
        yield from (dict(zip(symmetric, ways, strict=True)) for ways in combinations(directions, repeat=len(symmetric)))
