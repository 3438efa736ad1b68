"""Products that installed packages bring: entry points of the group ``mes_stoch.catalogue``.

An entry point names an object of its package: a mapping of product ids to their rules, a file of YAML with the same (a
path, or a resource of :func:`importlib.resources.files`), or a function without arguments that gives one of them. A
product names its ``family``, or the known product that it is ``like``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mes_stoch.io.readers.locate import did_you_mean, listed, show
from mes_stoch.io.readers.yaml_lines import Document, parse_yaml
from mes_stoch.schema.errors import UsageError
from mes_stoch.schema.kinds import product_classes

GROUP = "mes_stoch.catalogue"
_ID = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def package_entries(known: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, dict[str, dict[str, Any]]]]:
    """Name and version of every package with products, and its products, complete with what they are ``like``.

    Raises
    ------
    UsageError
        With all that is wrong with a package's products, naming the package.
    """
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: (_package(entry), entry.name)):
        package = _package(entry)
        products, problems = _read(entry), []
        complete: dict[str, dict[str, Any]] = {}
        for name, fields in products.items():
            filled, found = _product(name, fields, {**known, **complete})
            problems += found
            if filled is not None:
                complete[str(name)] = filled
        if problems:
            raise _broken(package, "\n".join(f"  - {problem}" for problem in problems))
        yield package, complete


def _package(entry: EntryPoint) -> str:
    return "of unknown name" if entry.dist is None else f"{entry.dist.name} {entry.dist.version}"


def _broken(package: str, what: str) -> UsageError:
    separator = "\n" if what.startswith("  - ") else " "
    return UsageError(
        f"the installed package {package} offers products that cannot be used:{separator}{what}\n"
        "correct it, or uninstall it"
    )


def _read(entry: EntryPoint) -> Mapping[Any, Any]:
    package = _package(entry)
    try:
        offered = entry.load()
        if callable(offered):
            offered = offered()
        text = _text(offered)
    except Exception as error:
        # whatever another package does wrong is told, and never a traceback of ours
        raise _broken(package, f"{entry.value}: {type(error).__name__}: {error}") from error
    if text is not None:
        document = Document(f"{package}: {entry.value}")
        parse_yaml(text, document)
        if document.issues:
            raise _broken(package, "\n".join(f"  - {issue}" for issue in document.issues))
        offered = document.data
    if not isinstance(offered, Mapping):
        raise _broken(package, f"{entry.value} is {show(offered)}, not a mapping of product ids to their rules")
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
        if like not in known:
            hint = did_you_mean(str(like), known)
            return None, [f"{name}.like: found {show(like)}; expected the id of a known product. Hint: {hint}"]
        given = {**known[like], **given}
    family = product_classes().get(given.get("family", ""))
    if family is None:
        found = show(given["family"]) if "family" in given else "nothing"
        return None, [f"{name}.family: found {found}; expected one of {listed(list(product_classes()), most=20)}"]
    try:
        family.model_validate(given, strict=True)
    except ValidationError as error:
        # what the rules leave open an instance gives
        wrong = [detail for detail in error.errors(include_url=False) if detail["type"] != "missing"]
        return given, [f"{name}.{'.'.join(map(str, detail['loc']))}: {detail['msg']}" for detail in wrong]
    return given, []
