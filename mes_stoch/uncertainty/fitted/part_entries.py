"""An entry of ``parts``, of a specification or of the file of a process: its kind, and what it says of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError

from mes_stoch.io.readers.field_issues import field_issues, no_line
from mes_stoch.registry import PROCESS_PARTS, Kind, kinds, refused
from mes_stoch.schema.base import Model
from mes_stoch.schema.component import EntryPath
from mes_stoch.schema.errors import ExtensionError, Issue
from mes_stoch.uncertainty.fitted.part import Part

Read = TypeVar("Read", bound=Model)


def read_entry(
    entry: Mapping[str, Any],
    file: str,
    place: EntryPath,
    model: Callable[[type[Part]], type[Read]],
    line: Callable[[Sequence[str | int]], int | None] = no_line,
) -> tuple[tuple[Kind, type[Part], Read] | None, list[Issue]]:
    """Kind and class of a part, and the rest of its entry as a model; or what is wrong with it.

    Parameters
    ----------
    entry : mapping
        ``kind`` and the fields of the model.
    file : str
        For messages.
    place : tuple
        Path of the entry in the file.
    model : callable
        From the class of a part to the model of its entry: its options, or its parameters.
    line : callable, optional
        Line of an entry by its path.
    """
    tag, at = entry.get("kind"), (*place, "kind")
    known = kinds(PROCESS_PARTS)
    if not isinstance(tag, str) or tag not in known:
        expected, reason = f"one of: {', '.join(sorted(known))}", refused(PROCESS_PARTS).get(str(tag), "")
        return None, [Issue(file, line(at), ".".join(map(str, at)), repr(tag), expected, reason)]
    kind = known[tag]
    fields = {name: value for name, value in entry.items() if name != "kind"}
    try:
        part = kind.process_part()
        with kind.errors_named("reading its entry", passes=(ValidationError,)):
            if not issubclass(part, Part):
                raise TypeError(f"{part.__name__} is not a Part")
            wanted = model(part)
            return (kind, part, wanted.model_validate(fields)), []
    except ValidationError as error:
        return None, field_issues(error, wanted, file, under=place, line=line, a_key=f"a key of {tag}")
    except ExtensionError as error:
        found = f"{tag!r} of the package {kind.brought_by}"
        return None, [Issue(file, line(at), ".".join(map(str, at)), found, "a part that can be used", str(error))]


def require_names(kind: Kind, part: Part) -> None:
    """Refuse a part of a package that does not say which series it draws and reads.

    Raises
    ------
    ExtensionError
    """
    with kind.errors_named("series_names, needs or tilted"):
        for names in (part.series_names(), part.needs(), tuple(part.tilted())):
            if not isinstance(names, tuple) or not all(isinstance(name, str) for name in names):
                raise TypeError(f"{names!r:.60} where a tuple of names is expected")
