"""What instances can be made of: the formats of all kinds of components, families of products and measures of risk.

A kind's module ``format`` lists its classes in ``KINDS``. Those of installed packages are read when they are first
asked for; one that does not load is left out and remembered with the reason (:func:`unusable`), so that it stops the
instances that use it and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, get_args

from pydantic import GetCoreSchemaHandler, ValidatorFunctionWrapHandler
from pydantic_core import CoreSchema, core_schema

from mes_stoch import registry
from mes_stoch.registry import COMPONENTS, PRODUCT_FAMILIES, RISK_MEASURES, Kind
from mes_stoch.schema.base import Model
from mes_stoch.schema.component import Component
from mes_stoch.schema.errors import ExtensionError
from mes_stoch.schema.product import OPEN_PHASES, MarketProduct
from mes_stoch.schema.risk import Risk

_CONTRACTS: Mapping[str, tuple[type[Model], str]] = {
    COMPONENTS: (Component, "type"),
    PRODUCT_FAMILIES: (MarketProduct, "family"),
    RISK_MEASURES: (Risk, "measure"),
}


def component_classes() -> dict[str, type[Component]]:
    """Formats of components by ``type``."""
    return dict(_loaded(COMPONENTS)[0])  # type: ignore[arg-type]  # the contract of the group has been checked


def product_classes() -> dict[str, type[MarketProduct]]:
    """Formats of products by ``family``."""
    return dict(_loaded(PRODUCT_FAMILIES)[0])  # type: ignore[arg-type]  # likewise


def risk_classes() -> dict[str, type[Risk]]:
    """Terms of measures of risk by ``measure``."""
    return dict(_loaded(RISK_MEASURES)[0])  # type: ignore[arg-type]  # likewise


def products_by_package(products: Mapping[str, MarketProduct]) -> list[tuple[Kind, dict[str, MarketProduct]]]:
    """Products whose families are one package and of one phase, together, with one of these families."""
    found: dict[tuple[str, str], tuple[Kind, dict[str, MarketProduct]]] = {}
    for name, product in products.items():
        family = registry.kind(PRODUCT_FAMILIES, product.family)
        found.setdefault((family.package, product.phase), (family, {}))[1][name] = product
    return list(found.values())


def unusable(group: registry.Group) -> dict[str, str]:
    """Tags of a group that installed packages offer and that cannot be used, with the reason."""
    return {**registry.refused(group), **_loaded(group)[1]}


@cache
def _loaded(group: registry.Group) -> tuple[dict[str, type[Model]], dict[str, str]]:
    found: dict[str, type[Model]] = {}
    problems: dict[str, str] = {}
    for tag, kind in registry.kinds(group).items():
        try:
            found[tag] = _format_class(kind)
        except ExtensionError as error:
            if kind.is_built_in:
                raise
            problems[tag] = str(error)
    return found, problems


def _format_class(kind: Kind) -> type[Model]:
    contract, key = _CONTRACTS[kind.group]
    module = kind.module("format")
    written_for = registry.CONTRACT_VERSION if kind.is_built_in else getattr(module, "EXTENDS", None)
    if written_for != registry.CONTRACT_VERSION:
        raise ExtensionError(
            f"{kind.tag} of the package {kind.brought_by} cannot be used: {kind.package}.format states EXTENDS = "
            f"{written_for}, and this version of mes_stoch has the contract {registry.CONTRACT_VERSION} of "
            "mes_stoch.extend; install a version of the package that fits"
        )
    listed = getattr(module, "KINDS", ())
    classes = listed if isinstance(listed, tuple | list) else ()
    own = [one for one in classes if isinstance(one, type) and issubclass(one, contract) and _tag(one, key) == kind.tag]
    if len(own) != 1:
        raise ExtensionError(
            f"{kind.tag} of the package {kind.brought_by} cannot be used: {kind.package}.format.KINDS has {len(own)} "
            f"subclasses of {contract.__name__} with {key}: Literal[{kind.tag!r}], and must be a tuple with one"
        )
    if not kind.is_built_in:
        with kind.errors_named(f"putting {own[0].__name__} together"):
            # types that are imported for checking alone would only be missed when all formats are joined
            own[0].model_rebuild(raise_errors=True)
            _require_open_phase(own[0])
    return own[0]


def _require_open_phase(model: type[Model]) -> None:
    phase = getattr(model, "phase", None)
    if issubclass(model, MarketProduct) and phase not in OPEN_PHASES:
        raise ValueError(f"phase is {phase!r}, and is one of {', '.join(OPEN_PHASES)} in another package")


def _tag(model: type[Model], key: str) -> str | None:
    field = model.model_fields.get(key)
    tags = get_args(field.annotation) if field is not None else ()
    return tags[0] if len(tags) == 1 and isinstance(tags[0], str) else None


class KindUnion:
    """Marks a field as one of all kinds of a group, told apart by their tag."""

    def __init__(self, group: registry.Group) -> None:
        self.group = group

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        choices = {
            tag: _with_errors_named(registry.kind(self.group, tag), handler.generate_schema(model))
            for tag, model in _loaded(self.group)[0].items()
        }
        return core_schema.tagged_union_schema(choices, discriminator=_CONTRACTS[self.group][1])


def _with_errors_named(kind: Kind, schema: CoreSchema) -> CoreSchema:
    """Validators of a package that fail with anything but what pydantic tells, told with the package's name."""
    if kind.is_built_in:
        return schema

    def validate(value: Any, validator: ValidatorFunctionWrapHandler) -> Any:
        with kind.errors_named("a validator of its format", passes=(ValueError, AssertionError)):
            return validator(value)

    return core_schema.no_info_wrap_validator_function(validate, schema)
