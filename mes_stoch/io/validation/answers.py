"""Formats of installed packages are asked what they answer once, before anything relies on it.

What the checks need is asked of every entry that can be read; the rest of an instance that has passed the checks, so
that a kind may rely on its own checks and find its connection; rules for data once penalties are worked out as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from inspect import signature
from types import FunctionType
from typing import Any

from mes_stoch.io.validation.partial_instance import PartialInstance
from mes_stoch.registry import COMPONENTS, PRODUCT_FAMILIES, Kind, kind
from mes_stoch.schema.base import Model
from mes_stoch.schema.component import Component, ReserveProvider
from mes_stoch.schema.flexibility import Flexibility, as_called
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.product import MarketProduct, TradedProduct

_CONTRACTS: tuple[type[Model], ...] = (Component, ReserveProvider, MarketProduct, TradedProduct, Flexibility)
_NEEDED_BY_CHECKS = ("ports", "connection", "store", "provided", "delivery_node", "connection_name", "excludes")
_NEEDED_BY_PHYSICS = ("conversions", "has_fixed_demand")
_NEEDS_PENALTIES = "data_rules"
_HOURS = 1.0


def require_answers_for_checks(partial: PartialInstance) -> None:
    """Ask what the checks between entries need.

    Raises
    ------
    ExtensionError
        If an answer fails; the message names the package, the question and the line.
    """
    for own, spec in _of_packages(partial):
        for question in _questions(type(spec)):
            if question in _NEEDED_BY_CHECKS:
                _ask(own, spec, question)


def require_answers_for_physics(partial: PartialInstance) -> None:
    """Ask components that their own checks find sound what the laws of physics are checked with.

    Raises
    ------
    ExtensionError
        As :func:`require_answers_for_checks`.
    """
    for own, spec in _of_packages(partial):
        for question in _questions(type(spec)):
            if question in _NEEDED_BY_PHYSICS:
                _ask(own, spec, question)


def require_answers(instance: Instance) -> None:
    """Ask a valid instance everything but its rules for data.

    Raises
    ------
    ExtensionError
        If an answer fails, or a product is a market of energy, which is not open to other packages.
    """
    for own, spec in _of_packages(instance):
        for question in _questions(type(spec)):
            if question != _NEEDS_PENALTIES:
                _ask(own, spec, question)
        name = type(spec).__name__
        if isinstance(spec, Component):
            with own.errors_named(f"an answer of {name} about a node or a penalty"):
                _ask_of_nodes(spec)
        else:
            with own.errors_named(f"an answer of {name} about a direction"):
                _ask_of_directions(spec)


def require_data_rules(instance: Instance) -> None:
    """Ask a complete instance for its rules for data.

    Raises
    ------
    ExtensionError
        As :func:`require_answers`.
    """
    for own, spec in _of_packages(instance):
        _ask(own, spec, _NEEDS_PENALTIES)


def _of_packages(instance: Instance | PartialInstance) -> Iterator[tuple[Kind, Component | MarketProduct]]:
    """Components and products of installed packages, with their kind."""
    found: list[tuple[Kind, Component | MarketProduct]] = [
        (kind(COMPONENTS, spec.type), spec) for spec in instance.components.values()
    ]
    found += [(kind(PRODUCT_FAMILIES, product.family), product) for product in instance.products.values()]
    return (entry for entry in found if not entry[0].is_built_in)


def _ask(own: Kind, spec: Component | MarketProduct, question: str) -> None:
    with own.errors_named(f"{type(spec).__name__}.{question}"):
        answer = getattr(spec, question)
        if callable(answer):
            answer = answer()
        if _gives_several(type(spec), question):
            list(answer)


def _ask_of_nodes(spec: Component) -> None:
    for port in spec.ports():
        spec.cost_at(port.node)
        spec.returned_per_unit(port.node, _HOURS)
        spec.operating_range(port.node)
    strayed = {arc.node for arc in spec.arcs()} - {port.node for port in spec.ports()}
    if strayed:
        raise ValueError(f"an arc at {', '.join(sorted(strayed))}, where it has no port")
    for slack in spec.slack_penalties():
        spec.penalty(slack)


def _ask_of_directions(product: MarketProduct) -> None:
    if product.market() is not None:
        raise ValueError("it is a market of energy, which version 1 of the contract does not open to other packages")
    called = as_called(product)
    if called is None:
        return
    for direction in called.directions:
        called.activation(direction)
        list(called.energy_payments(direction))
        called.activation_key(direction)


@cache
def _questions(model: type[Model]) -> tuple[str, ...]:
    """Properties of the contracts that a format fulfils, and their methods without arguments."""
    return tuple(dict.fromkeys(name for name, _ in _members(model)))


@cache
def _gives_several(model: type[Model], question: str) -> bool:
    """Whether the contract says that an answer is a sequence, or an iterator."""
    member = next(member for name, member in _members(model) if name == question)
    function: Any = member.fget if isinstance(member, property) else member
    returned = str(signature(function).return_annotation)
    return returned.startswith(("Sequence", "Iterator", "tuple"))


def _members(model: type[Model]) -> Iterator[tuple[str, Any]]:
    for contract in _CONTRACTS:
        if issubclass(model, contract):
            for name, member in vars(contract).items():
                is_question = isinstance(member, property) or _is_without_arguments(member)
                if is_question and not name.startswith("_"):
                    yield name, member


def _is_without_arguments(member: object) -> bool:
    return isinstance(member, FunctionType) and len(signature(member).parameters) == 1
