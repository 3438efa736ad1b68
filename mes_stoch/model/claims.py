"""What full calls may ask of the stores and networks at a node, and which products one full call brings together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product as combinations
from typing import Any

from mes_stoch.components.context import Buffer, Direction, Effect, Leg, OfPeriod, pools

Parts = Sequence[OfPeriod]


@dataclass(frozen=True)
class Claim:
    """What one leg of one device may ask of one store or network, MW at its node.

    ``held`` is what a full call changes, ``uncalled`` what it would change on top of the calls of the scenario, and
    ``called`` what those do change (``None`` where nothing is called, or where it is met elsewhere).
    """

    device: str
    leg: Leg
    effect: Effect
    held: OfPeriod
    uncalled: OfPeriod
    called: OfPeriod | None


@dataclass(frozen=True)
class FullCall:
    """Claims that one full call brings together: of every device one exclusivity group of products.

    ``suffix`` names the groups chosen, where there is a choice.
    """

    effect: Effect
    direction: Direction
    suffix: str
    claims: tuple[Claim, ...]

    @property
    def name(self) -> str:
        """What it does in which direction, and the groups: the end of the names of rows."""
        return f"{self.effect}_{self.direction}{self.suffix}"

    def asks_others(self, store: str) -> bool:
        """Whether calls of other devices are part of it."""
        return any(claim.device != store for claim in self.claims)


@dataclass(frozen=True)
class Back:
    """What running calls of the other effect bring, MW: those of the store itself, and its share of those of others."""

    own: Parts
    others: Parts


def own_claims(store: Buffer) -> list[Claim]:
    reserve = store.reserve
    return [
        Claim(
            device=store.name,
            leg=leg,
            effect="taken" if leg.direction == "up" else "added",
            held=at(reserve.held[leg.name]),
            uncalled=reserve.uncalled[leg.name](1.0),
            called=reserve.called[leg.name](1.0) if leg.is_ever_called else None,
        )
        for leg in reserve.legs
    ]


def full_calls(effect: Effect, own: Sequence[Claim], others: Sequence[Claim]) -> Iterator[FullCall]:
    """Full calls of one effect, direction by direction; a store's own reserve of that effect may be called as well."""
    of_effect = [claim for claim in own if claim.effect == effect]
    directions: tuple[Direction, ...] = ("up", "down")
    for direction in directions:
        asked = [claim for claim in others if claim.effect == effect and claim.leg.direction == direction]
        is_own = any(claim.leg.direction == direction for claim in of_effect)
        if asked or is_own:
            yield from _choices(effect, direction, [*of_effect, *asked])


def _choices(effect: Effect, direction: Direction, claims: Sequence[Claim]) -> Iterator[FullCall]:
    """One full call for every choice of an exclusivity group a device."""
    apart = []
    for device in dict.fromkeys(claim.device for claim in claims):
        own = [claim for claim in claims if claim.device == device]
        groups = pools([claim.leg for claim in own], own[0].leg.direction)
        label = len(groups) > 1
        apart.append(
            [(f"_{group}" if label else "", [c for c in own if c.leg in legs]) for group, legs in groups.items()]
        )
    for choice in combinations(*apart):
        chosen = tuple(claim for _, members in choice for claim in members)
        yield FullCall(effect, direction, "".join(label for label, _ in choice), chosen)


def counts(claim: Claim) -> bool:
    """Whether anything can be held at all."""
    return claim.leg.product.volume_max_mw > 0


def called(claims: Sequence[Claim]) -> Parts:
    return [claim.called for claim in claims if claim.called is not None]


def beside_schedule(store: Buffer, call: FullCall, back: Back) -> OfPeriod:
    """Power that a store needs for a full call beside its schedule, MW."""
    direction: Direction = "up" if call.effect == "taken" else "down"
    asked = [claim.uncalled for claim in call.claims if claim.device != store.name]
    if call.asks_others(store.name):
        asked += back.others
    return lambda t: store.reserve.kept_free(direction, t) + sum(part(t) for part in asked)


def at(variable: Any) -> OfPeriod:
    return lambda t: variable[t]
