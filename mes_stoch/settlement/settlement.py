"""The settlement of a run laid beside the optimiser's own account of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mes_stoch.schema.instance import Instance
from mes_stoch.settlement.data import SettlementData
from mes_stoch.settlement.ledger import Ledger
from mes_stoch.settlement.registry import cash_flows
from mes_stoch.settlement.stated import TOLERANCE, Stated, disagreements

#: The positions of all markets added up: see :func:`pool_of`.
POOLED_ENERGY = "energy"

#: The floor of a gap is a millionth of what could move.
_OF_GAP_FLOOR = 100.0


@dataclass(frozen=True, repr=False)
class Settlement:
    """Cash flows of a run, and how they compare with what the optimiser says it earns.

    Parameters
    ----------
    ledger : Ledger
    stated : pandas.DataFrame
        The optimiser's money by scenario (rows) and stream (columns).
    account : Stated, optional
        What else the run says of itself; without it streams alone are compared.
    """

    ledger: Ledger
    stated: pd.DataFrame
    account: Stated | None = None

    def __repr__(self) -> str:
        word = "agrees" if self.agrees else "DISAGREES"
        currency = self.ledger.currency
        return (
            f"<Settlement of {len(self.stated)} scenarios: {self.expected_profit:,.2f} {currency} expected, {word} "
            f"with the optimiser, largest difference {self.largest_difference:.3g} {currency}>"
        )

    @cached_property
    def totals(self) -> pd.DataFrame:
        """Settled money by scenario and stream, the streams of all energy markets added up as ``energy``."""
        return _pooled(self.ledger.totals(), self.ledger.data.instance)

    @cached_property
    def differences(self) -> pd.DataFrame:
        """Settled less stated money by scenario and stream, with the profit as the last column."""
        settled, stated = self.totals, _pooled(self.stated, self.ledger.data.instance)
        streams = list(dict.fromkeys([*stated.columns, *settled.columns]))
        difference = settled.reindex(columns=streams, fill_value=0.0) - stated.reindex(columns=streams, fill_value=0.0)
        return difference.assign(profit=difference.sum(axis=1))

    @property
    def profit(self) -> pd.Series[float]:
        """Settled profit of each scenario."""
        return self.totals.sum(axis=1).rename("profit")

    @property
    def expected_profit(self) -> float:
        return float(self.ledger.data.probabilities @ self.profit.to_numpy())

    @property
    def largest_difference(self) -> float:
        """Largest difference of any stream in any scenario, in money; infinite where it cannot be told."""
        return float(np.nan_to_num(self.differences.abs().to_numpy(), nan=np.inf).max(initial=0.0))

    @property
    def relative_difference(self) -> float:
        """The largest difference of a scenario over the money that moves in it: the sum of its streams' sizes."""
        sizes = self.sizes
        worst = np.nan_to_num(self.differences.abs().max(axis=1).to_numpy(), nan=np.inf)
        return float((worst / np.maximum(sizes, self.least_size)).max(initial=0.0))

    @property
    def least_size(self) -> float:
        """Money that moves, below which differences are judged as if it were this much.

        One unit of the currency, or a ten-thousandth of what could move at all where that is less: a unit of money may
        be a million euros.
        """
        stated = None if self.account is None else self.account.summary.get("gap_floor")
        return 1.0 if stated is None else min(1.0, _OF_GAP_FLOOR * float(stated))

    @cached_property
    def sizes(self) -> NDArray[np.float64]:
        """Money that moves in each scenario: the sum of its streams' sizes, in the larger of the two accounts."""
        return np.maximum(_size(self.stated), _size(self.totals))

    @property
    def agrees(self) -> bool:
        """Whether every stream of every scenario agrees to one in a million, and :attr:`disagreements` is empty."""
        return self.relative_difference <= TOLERANCE and not self.disagreements

    @cached_property
    def disagreements(self) -> tuple[str, ...]:
        """What else of the run does not agree with its files, in words: :mod:`mes_stoch.settlement.stated`."""
        return () if self.account is None else tuple(disagreements(self, self.account))

    @property
    def is_changed(self) -> bool:
        """Whether files of the run folder are not what was written when the run was solved."""
        return self.account is not None and bool(self.account.changed)

    def comparison(self, scenario: str | None = None) -> pd.DataFrame:
        """Settled and stated money by stream: expected, or of one scenario; columns ``settled, stated, difference``."""
        settled, stated = self.totals, _pooled(self.stated, self.ledger.data.instance)
        table = pd.DataFrame(
            {"settled": self._weigh(settled, scenario), "stated": self._weigh(stated, scenario)}
        ).fillna(0.0)
        order = list(dict.fromkeys([*stated.columns, *settled.columns]))
        table = table.reindex(order)
        return table.assign(difference=table["settled"] - table["stated"])

    def worst_differences(self, most: int = 5) -> list[str]:
        """The streams and scenarios that differ most, in words."""
        differences, currency = self.differences.drop(columns="profit"), self.ledger.currency
        settled = self.totals.reindex(columns=differences.columns, fill_value=0.0).to_numpy()
        names = [str(stream) for stream in differences.columns]
        change = np.asarray(differences.to_numpy(), dtype=float)
        size = np.abs(np.nan_to_num(change, nan=np.inf))
        worst = [divmod(int(place), size.shape[1]) for place in np.argsort(-size, axis=None)[:most]]
        return [
            f"{names[column]} in scenario {self.ledger.data.scenarios[row]}: settled {settled[row, column]:,.6g} "
            f"{currency}, {change[row, column]:+,.6g} from what the optimiser states"
            for row, column in worst
            if size[row, column] > 0
        ]

    def pool_of(self, stream: str) -> str:
        """The name under which a stream is compared."""
        return pool_of(stream, self.ledger.data.instance)

    def _weigh(self, table: pd.DataFrame, scenario: str | None) -> pd.Series[float]:
        if scenario is not None:
            return pd.Series(table.loc[scenario], dtype=float)
        return pd.Series(self.ledger.data.probabilities @ table.to_numpy(), index=table.columns)


def settle_data(data: SettlementData, account: Stated | None = None) -> Settlement:
    """Settle a run from its data, and hold what else it states against them.

    Raises
    ------
    UsageError
        If the run has no dispatch.
    """
    solution = data.solution
    stated = pd.DataFrame(
        np.asarray(solution["stream_eur"].transpose("scenario", "stream").values, dtype=float),
        index=pd.Index(data.scenarios, name="scenario"),
        columns=[str(stream) for stream in solution["stream"].values],
    )
    return Settlement(Ledger(data, tuple(cash_flows(data))), stated, account)


def _size(table: pd.DataFrame) -> NDArray[np.float64]:
    """Money that moves in each scenario, whichever way."""
    return np.asarray(table.abs().to_numpy().sum(axis=1), dtype=float)


def pool_of(stream: str, instance: Instance) -> str:
    """The name under which a stream is compared: one for the positions of all markets.

    The optimiser tells what energy earns at the day-ahead price from what trading on other markets adds; the ledger
    has each position at its own price.
    """
    kind, _, what = stream.partition(".")
    is_market = what.removesuffix("_spread") in instance.markets()
    return POOLED_ENERGY if kind == "energy" and is_market else stream


def _pooled(table: pd.DataFrame, instance: Instance) -> pd.DataFrame:
    names = [pool_of(str(column), instance) for column in table.columns]
    return table.T.groupby(names, sort=False).sum().T
