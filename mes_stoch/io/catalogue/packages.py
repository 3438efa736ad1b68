"""Products that installed packages bring: entry points of the group ``mes_stoch.catalogue``.

An entry point names an object of its package: a mapping of product ids to their rules, a file of YAML with the same (a
path, or a resource of :func:`importlib.resources.files`), or a function without arguments that gives one of them. A
product names its ``family``, or the known product that it is ``like``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mes_stoch.io.readers.field_issues import field_issues
from mes_stoch.io.readers.locate import did_you_mean, listed, show
from mes_stoch.io.readers.yaml_lines import Document, parse_yaml
from mes_stoch.registry import PRODUCT_FAMILIES, brought_by
from mes_stoch.schema.kinds import product_classes, unusable

GROUP = "mes_stoch.catalogue"
_ID = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Offer:
    """Products that an entry point offers.

    Parameters
    ----------
    package : str
        Name and version.
    products : dict
        Rules by id, complete with what they are ``like``; none where anything is wrong.
    problems : tuple of str
        What is wrong with them.
    """

    package: str
    products: dict[str, dict[str, Any]] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


class _NotReadError(Exception):
    """What an entry point offers is no catalogue."""


def offers(known: Mapping[str, Mapping[str, Any]]) -> Iterator[Offer]:
    """What every entry point of the group offers, sorted by package and name.

    Parameters
    ----------
    known : Mapping
        Rules of the project's own products, for ``like``.
    """
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: (brought_by(entry), entry.name)):
        package = brought_by(entry)
        try:
            yield _offer(package, _read(entry), known)
        except _NotReadError as error:
            yield Offer(package, problems=tuple(str(error).splitlines()))
        except Exception as error:
            # whatever an object of another package does, the products of others are there
            yield Offer(package, problems=(f"{entry.value}: {type(error).__name__}: {error}",))


def _offer(package: str, products: Mapping[Any, Any], known: Mapping[str, Mapping[str, Any]]) -> Offer:
    problems: list[str] = []
    complete: dict[str, dict[str, Any]] = {}
    for name, fields in products.items():
        filled, found = _product(name, fields, {**known, **complete})
        problems += found
        if filled is not None:
            complete[str(name)] = filled
    return Offer(package, {} if problems else complete, tuple(problems))


def _read(entry: EntryPoint) -> Mapping[Any, Any]:
    try:
        offered = entry.load()
        if callable(offered):
            offered = offered()
        text = _text(offered)
    except Exception as error:
        # whatever another package does wrong is told, and never a traceback of ours
        raise _NotReadError(f"{entry.value}: {type(error).__name__}: {error}") from error
    if text is not None:
        document = Document(entry.value)
        parse_yaml(text, document)
        if document.issues:
            raise _NotReadError("\n".join(map(str, document.issues)))
        offered = document.data
    if not isinstance(offered, Mapping):
        raise _NotReadError(f"{entry.value} is {show(offered)}, not a mapping of product ids to their rules")
    return offered


def _text(offered: Any) -> str | None:
    """Text of a file that was offered in the place of a mapping."""
    if isinstance(offered, str):
        return Path(offered).read_text(encoding="utf-8")
    return offered.read_text(encoding="utf-8") if isinstance(offered, Path | Traversable) else None


def _product(name: Any, fields: Any, known: Mapping[str, Mapping[str, Any]]) -> tuple[dict[str, Any] | None, list[str]]:
    """A product's rules with those it is like under them, and what is wrong with it."""
    if not isinstance(name, str) or not _ID.fullmatch(name):
        return None, [f"{show(name)}: expected an id of letters, digits and underscores"]
    if not isinstance(fields, Mapping):
        return None, [f"{name}: found {show(fields)}; expected its rules by key"]
    given = dict(fields)
    like = given.pop("like", None)
    if like is not None:
        if not isinstance(like, str) or like not in known:
            hint = did_you_mean(str(like), known)
            return None, [f"{name}.like: found {show(like)}; expected the id of a known product. Hint: {hint}"]
        given = {**known[like], **given}
    stated = given.get("family", "")
    family = product_classes().get(stated) if isinstance(stated, str) else None
    reason = unusable(PRODUCT_FAMILIES).get(stated) if isinstance(stated, str) else None
    if family is None and reason is not None:
        return None, [f"{name}.family: {reason}"]
    if family is None:
        found = show(given["family"]) if "family" in given else "nothing"
        return None, [f"{name}.family: found {found}; expected one of {listed(list(product_classes()), most=20)}"]
    try:
        family.model_validate(given, strict=True)
    except ValidationError as error:
        # what the rules leave open an instance gives
        return given, [str(issue) for issue in field_issues(error, family, name, is_partial=True)]
    except Exception as error:
        return None, [f"{name}: its family fails with {type(error).__name__}: {error}"]
    return given, []
