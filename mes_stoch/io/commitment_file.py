"""Commitments that are given: volumes by product and block, from a file like a run's ``commitments.csv``.

Columns ``product``, ``block_start`` and ``volume_mw`` (``volume_mvar`` for a product in Mvar); ``direction`` and
``block_end``, which a run writes as well, are checked where they are there. Times without an offset are local. A block
that no row names is not given.

A product that is offered at prices has a row for each price of a block, with ``price_eur_per_mw_h``
(``price_eur_per_mwh`` for energy); a price that no row names is not given.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mes_stoch.io.committed_products import (
    UNITS,
    VOLUME_TOLERANCE,
    CommittedProduct,
    committed_products,
    largest_of_market,
)
from mes_stoch.io.price_steps import price_steps
from mes_stoch.io.readers.csv_table import Table, numbers, read_table
from mes_stoch.io.readers.locate import did_you_mean, listed, show
from mes_stoch.io.readers.moments import Moments, read_moments
from mes_stoch.io.readers.reporter import Reporter
from mes_stoch.io.site_decision_file import beside, site_decisions_from
from mes_stoch.rules.exclusivity import exclusive_pairs, overlaps
from mes_stoch.schema.errors import InstanceError, Issue, UsageError
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.price_offers import SIDES
from mes_stoch.schema.site_decision import SiteKey


@dataclass(frozen=True)
class GivenCommitments:
    """Volumes that are no longer to be decided.

    Parameters
    ----------
    volumes : dict of str to array, shape (blocks,), or (prices, blocks) of a product that is offered at prices
        By product that is committed at the root, MW (Mvar for a product in Mvar); NaN in blocks that are not given.
    site_decisions : dict of (component, quantity) to float
        What is decided of components beside them, as far as it is given.
    """

    volumes: dict[str, NDArray[np.float64]]
    site_decisions: dict[SiteKey, float] = field(default_factory=dict)

    @property
    def missing(self) -> dict[str, int]:
        """Blocks that are not given, by product; products with all their blocks are left out."""
        counts = {name: int(np.isnan(volume).sum()) for name, volume in self.volumes.items()}
        return {name: count for name, count in counts.items() if count}

    def listed(self) -> dict[str, Listed]:
        """By product with any block given, its volumes in order of time; ``None`` where nothing is given.

        Of a product that is offered at prices, a list for each price.
        """
        return {name: _listed(volume) for name, volume in self.volumes.items() if not np.isnan(volume).all()}

    def with_nothing_else(self) -> GivenCommitments:
        """The same, with 0 in all blocks that are not given."""
        return replace(self, volumes={name: np.nan_to_num(volume, nan=0.0) for name, volume in self.volumes.items()})


Listed = list[float | None] | list[list[float | None]]


def _listed(volumes: NDArray[np.float64]) -> Listed:
    def of_blocks(own: NDArray[np.float64]) -> list[float | None]:
        return [None if np.isnan(v) else float(v) for v in own]

    return of_blocks(volumes) if volumes.ndim == 1 else [of_blocks(own) for own in volumes]


def is_all_given(listed: Listed) -> bool:
    """Whether nothing of a product's volumes is left to be decided."""
    return all(is_all_given(own) if isinstance(own, list) else own is not None for own in listed)


def read_commitments(path: Path, instance: Instance, time: pd.DatetimeIndex) -> GivenCommitments:
    """Read and check a file of commitments.

    Parameters
    ----------
    path : Path
    instance : Instance
        Whose products, blocks and bid rules the volumes have to keep.
    time : pandas.DatetimeIndex
        Start of each period, in local time.

    Raises
    ------
    UsageError
        There is no such file.
    InstanceError
        With everything that is wrong: unknown products, wrong blocks, volumes that the bid rules exclude.
    """
    if not path.is_file():
        raise UsageError(f"{path}: no such file of commitments")
    reporter = Reporter(path.name)
    table = read_table(path, reporter, ("product", "block_start"))
    found = None if table is None else _read(table, reporter, instance, time)
    if reporter.has_issues or found is None:
        raise InstanceError(str(path), sorted(reporter.issues, key=_line))
    return found


def given_commitments(frame: pd.DataFrame, instance: Instance, time: pd.DatetimeIndex) -> GivenCommitments:
    """The same from a table, such as :attr:`mes_stoch.report.run.Run.commitments`.

    Raises
    ------
    InstanceError
    """
    if not isinstance(frame, pd.DataFrame) or not frame.columns.is_unique:
        raise UsageError("commitments are a file, or a table like Run.commitments with each column once")
    reporter = Reporter("commitments")
    columns = {str(name): ["" if pd.isna(cell) else _text(cell) for cell in frame[name]] for name in frame.columns}
    for name in ("product", "block_start"):
        if name not in columns:
            reporter.add(None, name, f"columns {listed(list(columns))}", f"a column {name}")
    if not reporter.has_issues:
        found = _read(Table(columns, range(1, len(frame) + 1)), reporter, instance, time)
        if not reporter.has_issues:
            return found
    raise InstanceError("the commitments", sorted(reporter.issues, key=_line))


def _line(issue: Issue) -> int:
    return issue.line or 0


def commitments_from(
    source: pd.DataFrame | str | Path | None,
    instance: Instance,
    time: pd.DatetimeIndex,
    site_decisions: pd.DataFrame | str | Path | None = None,
) -> GivenCommitments:
    """The same from either of the two, with decisions of the site.

    Parameters
    ----------
    source : DataFrame or path, optional
        Volumes; default none.
    site_decisions : DataFrame or path, optional
        Like :attr:`mes_stoch.report.run.Run.site_decisions` or ``site_decisions.csv``; default, where the volumes are a
        file, that of its name beside it, if it is there and the instance leaves anything to be decided.

    Raises
    ------
    UsageError, InstanceError
    """
    if source is None:
        found = GivenCommitments({})
    elif isinstance(source, str | Path):
        found = read_commitments(Path(source), instance, time)
        own = beside(Path(source))
        if site_decisions is None and own != Path(source) and instance.site_decisions() and own.is_file():
            site_decisions = own
    else:
        found = given_commitments(source, instance, time)
    if site_decisions is None:
        return found
    return replace(found, site_decisions=site_decisions_from(site_decisions, instance))


def _text(cell: Any) -> str:
    return (
        cell.isoformat()
        if isinstance(cell, pd.Timestamp)
        else repr(float(cell))
        if isinstance(cell, float)
        else str(cell)
    )


@dataclass
class _Given:
    """Volumes as they are read, and the line of each."""

    volumes: dict[str, NDArray[np.float64]]
    lines: dict[tuple[str, int, int], int] = field(default_factory=dict)

    def total(self, name: str) -> NDArray[np.float64]:
        """What is given in each block at all prices."""
        volume = self.volumes[name]
        return np.nan_to_num(volume) if volume.ndim == 1 else np.asarray(np.nansum(volume, axis=0))

    def line(self, name: str, block: int) -> int:
        """Last line that gives a volume above 0 in a block."""
        volume = np.atleast_2d(self.volumes[name])
        return max(self.lines[name, block, step] for step in range(len(volume)) if volume[step, block] > 0)


def _read(table: Table, reporter: Reporter, instance: Instance, time: pd.DatetimeIndex) -> GivenCommitments:
    products = committed_products(instance, time)
    given = _Given({name: product.nothing for name, product in products.items()})
    volumes = _volumes(table, reporter, products)
    steps = price_steps(table, reporter, {name: product.prices for name, product in products.items()})
    zone = ZoneInfo(str(instance.horizon.timezone))
    moments = read_moments(table.columns["block_start"], zone, may_be_day_first=table.is_spreadsheet)
    for row, line in enumerate(table.lines):
        name = table.columns["product"][row]
        product = products.get(name)
        if product is None:
            reporter.add(line, "product", show(name), *_expected_product(name, instance, products))
            continue
        block, step = _block(table, reporter, row, product, moments), steps[row]
        volume = volumes[product.unit][row] if product.unit in volumes else math.nan
        key = f"volume_{product.unit}"
        problem = product.problem(volume) if math.isfinite(volume) else None
        if problem is not None:
            reporter.add(line, key, f"{volume:g} of {name}", problem, kind="volume")
        if block is None or step is None:
            continue
        before = given.lines.setdefault((name, block, step), line)
        if before != line:
            start = product.starts[block].isoformat()
            at = f" at {product.prices[step].price:g}" if product.prices else ""
            each = "each price of a block once" if product.prices else "each block once"
            reporter.add(line, "block_start", f"{name} from {start}{at} again, as in line {before}", each)
        exact = product.exact(volume) if math.isfinite(volume) else math.nan
        given.volumes[name][(step, block) if product.prices else block] = exact
    _check_totals(given, reporter, instance, products)
    _check_exclusive(given, reporter, instance, time)
    return GivenCommitments(given.volumes)


def _check_totals(
    given: _Given, reporter: Reporter, instance: Instance, products: Mapping[str, CommittedProduct]
) -> None:
    """What is offered at all prices of a block is at most the largest volume, on either side of a market."""
    for name, product in products.items():
        for side in SIDES:
            places = [place for place, step in enumerate(product.prices) if step.side == side]
            if not places:
                continue
            is_market = product.spec.market() is not None
            largest = largest_of_market(instance, product.spec, side) if is_market else product.largest
            total = np.nansum(given.volumes[name][places], axis=0)
            for block in np.flatnonzero(total > largest + VOLUME_TOLERANCE * max(1.0, largest)):
                line = max(given.lines.get((name, int(block), place), 0) for place in places)
                found = f"{total[block]:g} of {name} at all prices from {product.starts[block].isoformat()}"
                reporter.add(line, "volume_mw", found, f"at most {largest:g} together", kind="total")


def _expected_product(name: str, instance: Instance, products: Mapping[str, CommittedProduct]) -> tuple[str, str]:
    if name in instance.products:
        return "a product whose volume is decided at the root", "volumes of later stages are decided in every scenario"
    return "a product of the instance that is committed", did_you_mean(name, list(products), "known")


def _volumes(
    table: Table, reporter: Reporter, products: Mapping[str, CommittedProduct]
) -> dict[str, NDArray[np.float64]]:
    """Volumes by unit; a cell may be empty in the unit that is not its product's."""
    units = [products[name].unit if name in products else None for name in table.columns["product"]]
    found = {}
    for unit in UNITS:
        rows = [row for row, own in enumerate(units) if own == unit]
        column = f"volume_{unit}"
        if not rows:
            continue
        if column not in table.columns:
            reporter.add(table.lines[rows[0]], column, f"columns {listed(table.names)}", f"a column {column}")
            continue
        part = Table({column: [table.columns[column][r] for r in rows]}, [table.lines[r] for r in rows])
        values = np.full(len(units), np.nan)
        values[rows] = numbers(Table(part.columns, part.lines, True, table.separator), [column], reporter)[column]
        found[unit] = values
    return found


def _block(table: Table, reporter: Reporter, row: int, product: CommittedProduct, moments: Moments) -> int | None:
    """The place of the row's block among its product's."""
    line, name = table.lines[row], table.columns["product"][row]
    if not moments.readable[row]:
        problem = moments.problem(row)
        reporter.add(line, "block_start", problem.found, problem.expected, problem.hint)
        return None
    start = pd.Timestamp(int(moments.microseconds[row]), unit="us", tz="UTC").tz_convert(moments.zone)
    if start not in product.starts:
        starts = listed([f"{moment:%Y-%m-%dT%H:%M%z}" for moment in product.starts])
        expected = f"the start of a block: {starts}"
        reporter.add(line, "block_start", f"{start.isoformat()} of {name}", expected, kind="block")
        return None
    block = product.starts.index(start)
    for key, expected in _as_written(product, block):
        cell = table.columns[key][row] if key in table.columns else ""
        if cell and not _is_same(cell, expected, moments):
            reporter.add(line, key, f"{show(cell)} of {name}", expected)
    return block


def _as_written(product: CommittedProduct, block: int) -> Iterator[tuple[str, str]]:
    if not product.prices:
        # of what is offered at a price it is looked at with the price
        yield "direction", product.spec.direction_in_words
    yield "block_end", product.ends[block].isoformat()


def _is_same(cell: str, expected: str, moments: Moments) -> bool:
    """Whether a cell says what is expected, as a word or as a moment."""
    if cell == expected:
        return True
    own = read_moments([cell], moments.zone, may_be_day_first=moments.day_first)
    other = read_moments([expected], moments.zone)
    return bool(own.readable[0] and other.readable[0] and own.microseconds[0] == other.microseconds[0])


def _check_exclusive(given: _Given, reporter: Reporter, instance: Instance, time: pd.DatetimeIndex) -> None:
    called = instance.called_products()
    for first, second in exclusive_pairs(instance.products):
        if first not in given.volumes or second not in given.volumes:
            continue
        one, other = given.total(first), given.total(second)
        for overlap in overlaps(called[first], called[second], time, instance.horizon.period_h):
            if one[overlap.first] > 0 and other[overlap.second] > 0:
                line = given.line(second, overlap.second)
                found = f"{second} beside {first}, which exclude each other"
                reporter.add(line, "product", found, "a volume of one of the two in hours they share", kind="exclusive")
