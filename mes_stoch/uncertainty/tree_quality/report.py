"""A tree held against the source of its scenarios: statistics side by side, and distances."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from mes_stoch.schema.errors import UsageError
from mes_stoch.uncertainty.tree_quality.courses import Courses
from mes_stoch.uncertainty.tree_quality.distances import series_distances, transport_distance
from mes_stoch.uncertainty.tree_quality.statistics import correlations, statistics


@dataclass(frozen=True)
class TreeQuality:
    """How near a tree is to what it stands for.

    Parameters
    ----------
    tree, source : Courses
    baseline : Courses or None
        As many equally likely scenarios of the source: what the same number without any choice would be.
    """

    tree: Courses
    source: Courses
    baseline: Courses | None = None

    def in_currency(self, currency: str) -> TreeQuality:
        """The same with series named in a currency, as users of the instance write them."""
        baseline = None if self.baseline is None else self.baseline.in_currency(currency)
        return TreeQuality(self.tree.in_currency(currency), self.source.in_currency(currency), baseline)

    @property
    def statistics(self) -> pd.DataFrame:
        """Columns of :func:`~mes_stoch.uncertainty.tree_quality.statistics.statistics`, by (series, of)."""
        tables = {courses.name: statistics(courses) for courses in (self.source, self.tree)}
        joined = pd.concat(tables, names=["of", "series"]).swaplevel().sort_index(level=0, sort_remaining=False)
        return joined.loc[list(self.source.series)]

    @property
    def distances(self) -> pd.DataFrame:
        """Wasserstein distance of each series, in its standard deviations, of the tree and of the baseline."""
        found = {self.tree.name: series_distances(self.tree, self.source)}
        if self.baseline is not None:
            found[self.baseline.name] = series_distances(self.baseline, self.source)
        return pd.DataFrame(found).rename_axis("series")

    @cached_property
    def transport(self) -> dict[str, float]:
        """Distance of whole courses as a share of the source's spread, of the tree and of the baseline.

        Solved once: it takes longest of all.
        """
        others = [self.tree] if self.baseline is None else [self.tree, self.baseline]
        return {courses.name: transport_distance(courses, self.source) for courses in others}

    @property
    def correlations(self) -> dict[str, pd.DataFrame]:
        """Correlation between series, of the source and of the tree."""
        return {courses.name: correlations(courses) for courses in (self.source, self.tree)}

    @property
    def largest_correlation_error(self) -> float:
        """Largest difference of a correlation between two series."""
        source, tree = (table.to_numpy() for table in self.correlations.values())
        return float(abs(source - tree).max())


def quality_of(tree: Courses, source: Courses, baseline: Courses | None = None) -> TreeQuality:
    """Hold a tree against its source, of the same series.

    Raises
    ------
    UsageError
        Periods that differ.
    """
    periods = source.values.shape[1]
    for other in (tree,) if baseline is None else (tree, baseline):
        if other.values.shape[1] != periods:
            raise UsageError(f"{other.name} has {other.values.shape[1]} periods, and {source.name} has {periods}")
    return TreeQuality(tree, source, baseline)
