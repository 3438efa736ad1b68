"""The one way in: a file, read by the layout that it has."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from mes_stoch import registry
from mes_stoch.io.market_files.column_map import ColumnMap, column_map_of
from mes_stoch.io.market_files.generic import Generic
from mes_stoch.io.market_files.layout import MarketLayout
from mes_stoch.io.market_files.market_file import ClockRule, FileHead, MarketFile, ReadOptions, open_market_file
from mes_stoch.io.market_files.market_table import MarketTable
from mes_stoch.io.readers.locate import did_you_mean, shorten
from mes_stoch.schema.errors import Issue, MarketFileError, UsageError

_LOG = logging.getLogger(__name__)

#: The layout that a column map describes.
GENERIC = Generic.name


def layout_names() -> list[str]:
    """Names of the layouts, in the order in which a file is held against them."""
    return [*registry.kinds(registry.MARKET_FILES), GENERIC]


def layouts_in_words() -> dict[str, str]:
    """What each layout is recognised by."""
    return {tag: _layout(tag).looks_for for tag in registry.kinds(registry.MARKET_FILES)}


def read_market_file(
    path: str | Path,
    layout: str | None = None,
    column_map: ColumnMap | Mapping[str, str] | str | None = None,
    *,
    zone: str | None = None,
    clock: ClockRule | None = None,
) -> MarketTable:
    """Read a file of prices, volumes or weather as its publisher writes it.

    Parameters
    ----------
    path : str or pathlib.Path
        Text, gzip, a zip archive of one file, or a spreadsheet (with the extra ``data``).
    layout : str, optional
        Default the first one that recognises the file.
    column_map : ColumnMap, mapping or str, optional
        Columns of a file of no known layout, for example
        ``"time=Date, zone=Europe/Paris, price=day_ahead_price_eur_per_mwh"``.
    zone : str, optional
        Zone of stamps without an offset: an IANA name, ``UTC`` or an offset such as ``+01:00``; default the layout's.
    clock : {"clock", "removed"}, optional
        ``removed``: every day of the file has 24 hours, whatever the clock does; default the layout's.

    Raises
    ------
    MarketFileError
        A file that cannot be read without a guess; every problem with its line.
    UsageError
        An unknown layout or zone, or a column map that does not fit.
    """
    if clock not in (None, "clock", "removed"):
        raise UsageError(f"clock is 'clock' or 'removed', not {clock!r}")
    file = open_market_file(path, ReadOptions(zone, clock))
    if zone is not None:
        file.zone(zone)
    if column_map is not None:
        if layout not in (None, GENERIC):
            raise UsageError(f"a column map describes a file of no known layout; leave out the layout {layout}")
        return Generic(column_map_of(column_map)).read(file)
    chosen = _chosen(file, layout)
    try:
        return chosen.read(file)
    except MarketFileError as error:
        if layout is None or chosen.recognises(file.head):
            raise
        # what is wrong first of all is the layout that was named
        found, expected = f"'{shorten(file.head.first)}'", f"a file of the layout {layout}, with {chosen.looks_for}"
        named = Issue(file.label, _first_line(file), "", found, expected, "leave --layout out to have it recognised")
        raise MarketFileError(file.label, [named, *error.issues]) from None


def _chosen(file: MarketFile, name: str | None) -> MarketLayout:
    if name == GENERIC:
        raise UsageError("the layout generic needs a column map: --columns 'time=..., zone=..., NAME=...'")
    if name is not None:
        return _layout(name)
    tried = []
    for reason in registry.refused(registry.MARKET_FILES).values():
        _LOG.warning("%s", reason)
    for tag in registry.kinds(registry.MARKET_FILES):
        layout = _layout(tag)
        if layout.recognises(file.head):
            return layout
        tried.append(f"{tag} ({layout.looks_for})")
    found = f"a first line '{shorten(file.head.first)}' that no layout begins with"
    hint = (
        f"none of these fits: {'; '.join(tried)}. Name the layout (--layout), or say what the columns are: "
        "--columns 'time=COLUMN, zone=Europe/Paris, COLUMN=name_with_unit'"
    )
    raise file.refusal(_first_line(file), "", found, "a file of a known layout, or a column map", hint)


def _first_line(file: MarketFile) -> int | None:
    return file.head.find(lambda line: bool(line.strip()))


def _layout(name: str) -> MarketLayout:
    known = registry.kinds(registry.MARKET_FILES)
    if name not in known:
        raise UsageError(f"{name!r} is no layout of market files; {did_you_mean(name, layout_names(), 'layouts')}")
    kind = known[name]
    with kind.errors_named(kind.package):
        made = kind.market_file()()
    if kind.is_built_in:
        return cast(MarketLayout, made)
    return _OfPackage(kind, made)


class _OfPackage(MarketLayout):
    """A layout of an installed package, whose mistakes are told with the package's name."""

    def __init__(self, kind: registry.Kind, made: MarketLayout) -> None:
        self._kind, self._made = kind, made
        self.name = kind.tag  # type: ignore[misc]
        self.looks_for = str(made.looks_for)  # type: ignore[misc]

    def recognises(self, head: FileHead) -> bool:
        with self._kind.errors_named("recognises"):
            return bool(self._made.recognises(head))

    def read(self, file: MarketFile) -> MarketTable:
        with self._kind.errors_named("read"):
            found = self._made.read(file)
            if not isinstance(found, MarketTable):
                raise TypeError(f"a {type(found).__name__} where a MarketTable is expected")
            return found
