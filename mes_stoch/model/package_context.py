"""The model as a kind of an installed package sees it: what that hands over is told with its name where it fails.

Rows and flows are functions of a period that the model calls later, when the kind's own function has long returned.
"""

from __future__ import annotations

from dataclasses import fields, replace
from functools import partial
from types import FunctionType, MethodType
from typing import Any, cast

from mes_stoch.components.shared.context import Availability, Buffer, CallEffect, LinkFlow, Network
from mes_stoch.model.site_model import SiteModel
from mes_stoch.registry import Kind


class PackageContext:
    """Passes everything on to the model.

    Parameters
    ----------
    site : SiteModel
    kind : Kind
        Of an installed package.
    """

    def __init__(self, site: SiteModel, kind: Kind) -> None:
        self._site = site
        self._kind = kind

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._site, name)
        if not isinstance(member, FunctionType | MethodType):
            return member

        def call(*arguments: Any, **options: Any) -> Any:
            given = {key: self._named(value, f"{name}: {key}") for key, value in options.items()}
            return member(*(self._named(value, f"what it gives {name}") for value in arguments), **given)

        return call

    def _named(self, value: Any, name: str) -> Any:
        if isinstance(value, FunctionType | MethodType | partial):
            return self._kind.with_errors_named(cast(Any, value), name)
        if isinstance(value, Availability | Buffer | CallEffect | LinkFlow | Network):
            parts = {field.name: self._named(getattr(value, field.name), name) for field in fields(value) if field.init}
            return replace(value, **parts)
        return value


def context_for(site: SiteModel, kind: Kind) -> Any:
    """What the equations of a kind see of the model."""
    return site if kind.is_built_in else PackageContext(site, kind)
