"""Formats of installed packages are asked everything once, before anything relies on what they answer."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from inspect import signature
from types import FunctionType

from mes_stoch.io.validation.partial_instance import PartialInstance
from mes_stoch.registry import COMPONENTS, PRODUCT_FAMILIES, Kind, kind
from mes_stoch.schema.base import Model
from mes_stoch.schema.component import Component, ReserveProvider
from mes_stoch.schema.flexibility import Flexibility
from mes_stoch.schema.product import MarketProduct, TradedProduct

_CONTRACTS: tuple[type[Model], ...] = (Component, ReserveProvider, MarketProduct, TradedProduct, Flexibility)


def require_answers(partial: PartialInstance) -> None:
    """Ask every component and product of an installed package all that has no arguments.

    Raises
    ------
    ExtensionError
        If an answer fails; the message names the package, the question and the line.
    """
    for spec in partial.components.values():
        _ask(kind(COMPONENTS, spec.type), spec)
    for product in partial.products.values():
        _ask(kind(PRODUCT_FAMILIES, product.family), product)


def _ask(kind: Kind, spec: Component | MarketProduct) -> None:
    if kind.is_built_in:
        return
    for question in _questions(type(spec)):
        with kind.errors_named(f"{type(spec).__name__}.{question}"):
            answer = getattr(spec, question)
            if callable(answer):
                answer = answer()
            if isinstance(answer, Iterator):
                list(answer)


@cache
def _questions(model: type[Model]) -> tuple[str, ...]:
    """Properties of the contracts that a format fulfils, and their methods without arguments."""
    found = [
        name
        for contract in _CONTRACTS
        if issubclass(model, contract)
        for name, member in vars(contract).items()
        if not name.startswith("_") and (isinstance(member, property) or _is_without_arguments(member))
    ]
    return tuple(dict.fromkeys(found))


def _is_without_arguments(member: object) -> bool:
    return isinstance(member, FunctionType) and len(signature(member).parameters) == 1
