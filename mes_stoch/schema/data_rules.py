"""What must hold for the numbers behind a quantity, in every scenario and period, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mes_stoch.schema.base import Quantity

#: ``present``: a finite number everywhere; ``not_negative``; ``positive``; ``share``: between 0 and 1.
RuleName = Literal["present", "not_negative", "positive", "share"]


@dataclass(frozen=True)
class NumberRule:
    """One quantity and what holds for it; ``expected`` says so in words."""

    key: str
    quantity: Quantity
    rule: RuleName
    expected: str = ""


@dataclass(frozen=True)
class LimitRule:
    """A quantity that stays between two numbers (``None``: no limit)."""

    key: str
    quantity: Quantity
    least: float | None
    most: float | None
    expected_least: str
    expected_most: str
    hint: str


@dataclass(frozen=True)
class OrderRule:
    """The sum of some quantities is nowhere above another; ``hint`` says what would go wrong."""

    key: str
    lower: tuple[Quantity, ...]
    upper: Quantity
    expected: str
    hint: str


@dataclass(frozen=True)
class NodeRule:
    """A quantity that is the same in all leaves of a day-ahead node."""

    key: str
    quantity: Quantity
    expected: str
    hint: str


def known_when_accepted(key: str, price: Quantity) -> NodeRule:
    """That a clearing price is known at the day-ahead node, as acceptance of what is offered at a price is."""
    return NodeRule(
        key,
        price,
        "one price in all scenarios of a day-ahead node",
        "which offers are accepted is known at that node; give the scenarios nodes of their own, or leave out the "
        "prices that are offered",
    )


DataRule = NumberRule | LimitRule | OrderRule | NodeRule


@dataclass(frozen=True)
class PriceOfEnergy:
    """One price of energy.

    Parameters
    ----------
    key : str
        The field that states it.
    price : Quantity
    limit : float or None
        Largest size that the market or product allows, where it says one.
    is_market, is_imbalance, is_balancing : bool
        That of a market, which checks its own limits; settles imbalances; follows balancing energy (calls and
        imbalances), whose platforms have a limit.
    """

    key: str
    price: Quantity
    limit: float | None = None
    is_market: bool = False
    is_imbalance: bool = False
    is_balancing: bool = False
