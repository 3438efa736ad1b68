"""The ledger: one line per cash flow, which a person can follow: quantity x price x hours = amount."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mes_stoch.io.csv_text import csv_text
from mes_stoch.io.files import write_whole
from mes_stoch.schema.errors import UsageError
from mes_stoch.schema.html_summary import html_summary
from mes_stoch.settlement.data import Array, SettlementData, Span

COLUMNS = (
    "scenario",
    "time",
    "owner",
    "stream",
    "item",
    "quantity",
    "quantity_unit",
    "price",
    "price_unit",
    "hours",
    "amount",
    "currency",
)

#: Quantities below this are a solver's rounding, and no line of a ledger.
SMALLEST_QUANTITY = 1e-9


@dataclass(frozen=True)
class CashFlow:
    """One thing paid for, in every scenario and every span of time it is paid in.

    ``amount = quantity x price x hours``, positive where the site receives. The sign stands in the quantity: energy
    bought, penalised or taken away is negative. ``hours`` is 1 where the quantity is no power (starts, MWh missing).

    Parameters
    ----------
    owner : str
        Product, component or node.
    stream : str
        The optimiser's name of what is paid, such as ``capacity.fr_fcr``.
    item : str
        The same in words.
    quantity, price, hours : array, shape (scenarios, spans)
    start : array of int, shape (spans,)
        First period of each span.
    """

    owner: str
    stream: str
    item: str
    quantity: Array
    quantity_unit: str
    price: Array
    price_unit: str
    hours: Array
    start: Span

    @property
    def amount(self) -> Array:
        """Money received (+) or paid (-), shape (scenarios, spans)."""
        return self.quantity * self.price * self.hours

    @property
    def total(self) -> Array:
        """Money over the horizon by scenario."""
        return np.asarray(self.amount.sum(axis=1), dtype=float)


def cash_flow(
    data: SettlementData,
    owner: str,
    stream: str,
    item: str,
    quantity: Array,
    price: Array | float,
    price_unit: str,
    *,
    quantity_unit: str = "MW",
    hours: Array | float | None = None,
    spans: Sequence[Span] | None = None,
) -> CashFlow:
    """A cash flow over periods, or over ``spans`` where they are given; rounding of a solver is taken out.

    Parameters
    ----------
    price_unit : str
        What follows the currency: ``MWh``, ``MW/h``.
    hours : array or float, optional
        Default: the length of each span.
    """
    every = [np.array([t]) for t in range(len(data.time))] if spans is None else spans
    length = np.array([data.hours_of(span) for span in every])
    shape = (len(data.scenarios), len(every))
    return CashFlow(
        owner=owner,
        stream=stream,
        item=item,
        quantity=np.where(np.abs(quantity) < SMALLEST_QUANTITY, 0.0, quantity),
        quantity_unit=quantity_unit,
        price=np.broadcast_to(np.asarray(price, dtype=float), shape),
        price_unit=price_unit,
        hours=np.broadcast_to(length if hours is None else np.asarray(hours, dtype=float), shape),
        start=np.array([span[0] for span in every], dtype=np.int64),
    )


@dataclass(frozen=True, repr=False)
class Ledger:
    """All cash flows of a run."""

    data: SettlementData
    cash_flows: tuple[CashFlow, ...]

    def __repr__(self) -> str:
        return f"<Ledger of {len(self.cash_flows)} cash flows in {len(self.data.scenarios)} scenarios, {self.currency}>"

    def _repr_html_(self) -> str:
        rows = {f"{stream}, {item}": f"{amount:,.2f}" for _, stream, item, amount in self.by_item().itertuples(False)}
        return html_summary(f"Ledger: expected amounts, {self.currency} over the horizon", rows)

    @property
    def currency(self) -> str:
        return self.data.instance.currency

    def frame(self, scenarios: Iterable[str] | None = None) -> pd.DataFrame:
        """The ledger as a table to work with: :meth:`lines`, whose times are moments in the instance's time zone.

        Columns :data:`COLUMNS`: ``quantity`` x ``price`` x ``hours`` = ``amount``, positive where the site receives.

        >>> import mes_stoch as ms
        >>> ledger = ms.settle(ms.solve(ms.read("instances/tiny_site"))).ledger.frame(["low"])
        >>> ledger.groupby("stream")["amount"].sum()["capacity.fr_afrr_up"].item()
        40.0
        >>> round(ledger["amount"].sum().item(), 6), str(ledger["time"].iloc[0])
        (-480.0, '2025-01-15 00:00:00+01:00')
        """
        lines = self.lines(scenarios)
        return lines.assign(time=pd.to_datetime(lines["time"], utc=True).dt.tz_convert(str(self.data.time.tz)))

    def totals(self) -> pd.DataFrame:
        """Money over the horizon by scenario (rows) and stream (columns)."""
        index = pd.Index(self.data.scenarios, name="scenario")
        streams: dict[str, Array] = {}
        for flow in self.cash_flows:
            streams[flow.stream] = streams.get(flow.stream, np.zeros(len(index))) + flow.total
        return pd.DataFrame(streams, index=index)

    def by_item(self, scenario: str | None = None) -> pd.DataFrame:
        """Money by owner, stream and item, in the order of the ledger: expected, or that of one scenario."""
        weights = self.data.probabilities
        if scenario is not None:
            weights = np.array([float(name == scenario) for name in self.data.scenarios])
        rows: dict[tuple[str, str, str], float] = {}
        for flow in self.cash_flows:
            key = (flow.owner, flow.stream, flow.item)
            rows[key] = rows.get(key, 0.0) + float(weights @ flow.total)
        table = [(*key, amount) for key, amount in rows.items()]
        return pd.DataFrame(table, columns=["owner", "stream", "item", "amount"])

    def lines(self, scenarios: Iterable[str] | None = None) -> pd.DataFrame:
        """The ledger of some scenarios (default: all), a line wherever a quantity that has a price is not zero.

        Returns
        -------
        DataFrame
            Columns :data:`COLUMNS`; scenario by scenario, cash flow by cash flow, in order of time.
        """
        chosen = self.data.scenarios if scenarios is None else list(scenarios)
        parts = [self._scenario(name) for name in chosen]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))

    @cached_property
    def _paid(self) -> list[CashFlow]:
        """What has a price: what is free everywhere, such as operation at no cost, is no cash flow."""
        return [flow for flow in self.cash_flows if flow.price.any()]

    @cached_property
    def _stamps(self) -> NDArray[np.object_]:
        return np.array([moment.isoformat() for moment in self.data.time], dtype=object)

    def _scenario(self, name: str) -> pd.DataFrame:
        if name not in self.data.scenarios:
            raise UsageError(f"the run has no scenario {name!r}")
        row = self.data.scenarios.index(name)
        places = [np.flatnonzero(flow.quantity[row]) for flow in self._paid]
        counts = [len(here) for here in places]

        def texts(values: list[str]) -> NDArray[np.object_]:
            return np.repeat(np.array(values, dtype=object), counts)

        def numbers(values: list[Array]) -> Array:
            taken = [value[row, here] for value, here in zip(values, places, strict=True)]
            return np.concatenate([np.empty(0), *taken])

        starts = [flow.start[here] for flow, here in zip(self._paid, places, strict=True)]
        columns = {
            "scenario": name,
            "time": self._stamps[np.concatenate([np.empty(0, dtype=np.int64), *starts])],
            "owner": texts([flow.owner for flow in self._paid]),
            "stream": texts([flow.stream for flow in self._paid]),
            "item": texts([flow.item for flow in self._paid]),
            "quantity": numbers([flow.quantity for flow in self._paid]),
            "quantity_unit": texts([flow.quantity_unit for flow in self._paid]),
            "price": numbers([flow.price for flow in self._paid]),
            "price_unit": texts([f"{self.currency}/{flow.price_unit}" for flow in self._paid]),
            "hours": numbers([flow.hours for flow in self._paid]),
        }
        table = pd.DataFrame(columns)
        return table.assign(amount=table["quantity"] * table["price"] * table["hours"], currency=self.currency)

    def write(self, path: Path, scenarios: Iterable[str] | None = None) -> int:
        """Write the lines as CSV, scenario by scenario, and return how many there are; numbers keep ten digits.

        A file that is there is replaced once all is written.
        """
        chosen = self.data.scenarios if scenarios is None else list(scenarios)
        count = 0

        def fill(file: BinaryIO) -> None:
            nonlocal count
            header = csv_text(pd.DataFrame(columns=list(COLUMNS)))
            file.write(header.encode("utf-8"))
            for name in chosen:
                lines = self._scenario(name)
                count += len(lines)
                text = csv_text(lines, header=False, float_format="%.10g")
                file.write(text.encode("utf-8"))

        write_whole(path, fill)
        return count
