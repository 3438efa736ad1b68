"""Days that begin with what the day before left in their month, such as the peak that a demand charge has seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from mes_stoch.backtesting.plan import DayTask
from mes_stoch.schema.backtest import BacktestDay
from mes_stoch.schema.instance import Instance
from mes_stoch.settlement.carried import fresh_month

#: Fields of an instance by their path, and what they are.
Carried = Mapping[str, float]


@dataclass(frozen=True)
class Chain:
    """Days that are operated one after another, the first of them with ``begins_with`` in the instance."""

    tasks: tuple[DayTask, ...]
    begins_with: Carried = field(default_factory=dict)

    def after(self, day: BacktestDay) -> Chain:
        """What is left once the first day is done."""
        return Chain(self.tasks[1:], day.carried)


def chains_of(instance: Instance, tasks: Sequence[DayTask]) -> list[Chain]:
    """A chain a calendar month where anything is handed on, else a chain a day.

    The first month begins as the instance says, later ones afresh.
    """
    fresh = fresh_month(instance)
    if not fresh:
        return [Chain((task,)) for task in tasks]
    by_month = [tuple(own) for _, own in groupby(tasks, key=lambda task: (task.day.year, task.day.month))]
    return [Chain(own, fresh if number else {}) for number, own in enumerate(by_month)]


def what_is_left(chains: Iterable[Chain], found: Sequence[BacktestDay]) -> tuple[list[BacktestDay], list[Chain]]:
    """Finished days that count, and the chains still to be operated.

    A day that began with other numbers than the days before it now leave is operated again.
    """
    by_day = {day.day: day for day in found}
    kept, left = [], []
    for chain in chains:
        while chain.tasks:
            day = by_day.get(chain.tasks[0].day)
            if day is None or day.began_with != dict(chain.begins_with):
                left.append(chain)
                break
            kept.append(day)
            chain = chain.after(day)
    return kept, left
