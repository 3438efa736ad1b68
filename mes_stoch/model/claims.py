"""What full calls may ask of the stores and networks at a node, and which products one full call brings together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product as combinations
from typing import Any

from mes_stoch.components.shared.context import Buffer, DirectedProduct, Direction, Effect, OfPeriod, pools

Parts = Sequence[OfPeriod]


@dataclass(frozen=True)
class Claim:
    """What one directed product of one device may ask of one store or network, MW at its node.

    ``held`` is what a full call changes, ``uncalled`` what it would change on top of the calls of the scenario, and
    ``called`` what those do change (``None`` where nothing is called, or where it is met elsewhere).
    """

    device: str
    directed: DirectedProduct
    effect: Effect
    held: OfPeriod
    uncalled: OfPeriod
    called: OfPeriod | None


@dataclass(frozen=True)
class FullCall:
    """Claims of one effect that one full call brings together: of every device and direction one exclusivity group.

    ``groups`` names the group by device and direction, and ``suffix`` those chosen where there is a choice.
    """

    effect: Effect
    groups: Mapping[tuple[str, Direction], str]
    suffix: str
    claims: tuple[Claim, ...]

    @property
    def name(self) -> str:
        """The effect and the groups: the end of the names of rows."""
        return f"{self.effect}{self.suffix}"

    def group(self, device: str, direction: Direction) -> str:
        return self.groups[device, direction]

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
            directed=directed,
            effect="taken" if directed.direction == "up" else "added",
            held=at(reserve.held[directed.name]),
            uncalled=reserve.uncalled[directed.name](1.0),
            called=reserve.called[directed.name](1.0) if directed.is_ever_called else None,
        )
        for directed in reserve.directed_products
    ]


def full_calls(effect: Effect, claims: Sequence[Claim]) -> Iterator[FullCall]:
    """One full call of an effect for every choice of an exclusivity group a device and direction.

    Upward and downward calls of different products come at the same time: what they take of one node comes together.
    """
    apart = []
    keys = dict.fromkeys((claim.device, claim.directed.direction) for claim in claims if claim.effect == effect)
    for device, direction in keys:
        own = [c for c in claims if (c.effect, c.device, c.directed.direction) == (effect, device, direction)]
        groups = pools([claim.directed for claim in own], direction)
        apart.append(
            [
                (group, [c for c in own if c.directed in directed_products], len(groups) > 1)
                for group, directed_products in groups.items()
            ]
        )
    for choice in combinations(*apart) if apart else ():
        chosen = tuple(claim for _, members, _ in choice for claim in members)
        suffix = "".join(f"_{group}" for group, _, is_choice in choice if is_choice)
        yield FullCall(effect, dict(zip(keys, (group for group, _, _ in choice), strict=True)), suffix, chosen)


def counts(claim: Claim) -> bool:
    """Whether anything can be held at all."""
    return claim.directed.product.volume_max_mw > 0


def called(claims: Sequence[Claim]) -> Parts:
    return [claim.called for claim in claims if claim.called is not None]


def beside_schedule(store: Buffer, call: FullCall, back: Back) -> OfPeriod:
    """Power that a store needs for a full call beside its schedule, MW."""
    direction: Direction = "up" if call.effect == "taken" else "down"
    asked = [claim.uncalled for claim in call.claims if claim.device != store.name]
    if call.asks_others(store.name):
        asked += back.others
    return lambda t: store.reserve.kept_free(direction, t) + sum(part(t) for part in asked)


def runs_other_groups(store: Buffer, call: FullCall) -> bool:
    """Whether the scenario can call the store the same way for products that are not part of the full call."""
    return bool(_own_calls(store, call) - {claim.directed.name for claim in call.claims if claim.device == store.name})


def beside_schedule_and_calls(store: Buffer, call: FullCall, back: Back) -> OfPeriod:
    """The same, MW, with what the scenario's own calls move at the same time, of every group."""
    running = [store.reserve.called[name](1.0) for name in sorted(_own_calls(store, call))]
    asked = [claim.uncalled for claim in call.claims]
    if call.asks_others(store.name):
        asked += back.others
    return lambda t: sum(part(t) for part in [*running, *asked])


def _own_calls(store: Buffer, call: FullCall) -> set[str]:
    direction: Direction = "up" if call.effect == "taken" else "down"
    return {directed.name for directed in store.reserve.of(direction) if directed.is_ever_called}


def at(variable: Any) -> OfPeriod:
    return lambda t: variable[t]
