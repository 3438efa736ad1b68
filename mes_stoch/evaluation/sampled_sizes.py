"""Samples of several sizes that are solved: what they say together, and how many scenarios that makes.

Equations
---------
Numbers of scenarios are estimates both. A mean over ``n`` draws has the standard error ``s / sqrt(n)`` with ``s`` the
deviation of profits over days, so that an error ``E`` takes ``n = (s / E)^2``. The gap is fitted by ``a N^-b`` (least
squares of logarithms, where it is above zero at two numbers or more and falls), which says from which ``N`` on it is
below ``E``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mes_stoch.evaluation.bracket import Bracket
from mes_stoch.model.program import FloatArray
from mes_stoch.schema.evaluation_sampling import StabilityResult, StabilitySize

#: A number of scenarios beyond this is no recommendation.
_LARGEST = 1e9
#: Sizes with a gap above zero that a fit takes.
_LEAST = 2


@dataclass(frozen=True)
class SolvedSample:
    """A sample, its optimum, and what its commitment is worth on other days.

    Parameters
    ----------
    scenarios : int
        Independent draws: day-ahead nodes.
    seed : int
    optimum : Bracket
        Of the expected profit in the sample.
    value : float
        What its commitment earns over the common sample, on the mean of feasible dispatches.
    gap : float
        What the sample promises more than its commitment keeps, by way of the reference.
    """

    scenarios: int
    seed: int
    optimum: Bracket
    value: float
    gap: float


@dataclass(frozen=True)
class Stability:
    """Samples of several sizes.

    Parameters
    ----------
    samples : tuple of SolvedSample
    common_scenarios : int
        Draws of the sample that all commitments are evaluated over.
    common_seed : int
    deviation : float
        Of profits over the draws of the common sample, with the commitment that earns most there.
    wanted_error : float or None
        Standard error that is wanted, in the currency.
    currency : str
    is_complete : bool
        Whether all samples were solved to the gap.
    """

    samples: tuple[SolvedSample, ...]
    common_scenarios: int
    common_seed: int
    deviation: float
    wanted_error: float | None = None
    currency: str = ""
    is_complete: bool = True

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(sorted({sample.scenarios for sample in self.samples}))

    def table(self) -> pd.DataFrame:
        """A row a number of scenarios.

        Returns
        -------
        DataFrame
            Columns ``samples``, ``in_sample_lower``, ``in_sample_upper`` (means of the bracket),
            ``in_sample_deviation``, ``out_of_sample``, ``out_of_sample_deviation``, ``out_of_sample_least``,
            ``out_of_sample_most``, ``gap``, ``gap_error`` (standard error over samples), EUR.
        """
        rows = {}
        for size in self.sizes:
            chosen = [sample for sample in self.samples if sample.scenarios == size]
            lower, upper = (np.array([getattr(s.optimum, end) for s in chosen]) for end in ("lower", "upper"))
            values = np.array([sample.value for sample in chosen])
            gaps = np.array([sample.gap for sample in chosen])
            rows[size] = {
                "samples": len(chosen),
                "in_sample_lower": lower.mean(),
                "in_sample_upper": upper.mean(),
                "in_sample_deviation": deviation_of((lower + upper) / 2),
                "out_of_sample": values.mean(),
                "out_of_sample_deviation": deviation_of(values),
                "out_of_sample_least": values.min(),
                "out_of_sample_most": values.max(),
                "gap": gaps.mean(),
                "gap_error": deviation_of(gaps) / math.sqrt(len(chosen)),
            }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("scenarios")

    @property
    def common_error(self) -> float:
        """Standard error of a mean over the common sample."""
        return self.deviation / math.sqrt(self.common_scenarios)

    @property
    def recommended(self) -> int | None:
        """Draws for the wanted standard error of a mean profit; an estimate, ``None`` without one or beyond reach."""
        if self.wanted_error is None:
            return None
        return _count((self.deviation / self.wanted_error) ** 2)

    @property
    def recommended_by_gap(self) -> int | None:
        """Draws from which on a sample promises less than the wanted error too much, by the fit; an estimate."""
        fit = self.gap_fit()
        if self.wanted_error is None or fit is None:
            return None
        scale, power = fit
        return _count(math.exp((math.log(scale) - math.log(self.wanted_error)) / power))

    def gap_fit(self) -> tuple[float, float] | None:
        """``a`` and ``b`` of a gap of ``a N^-b``; ``None`` where less than two are above zero, or it does not fall."""
        gaps = self.table()["gap"]
        known = gaps[gaps > 0]
        if len(known) < _LEAST:
            return None
        slope, level = np.polyfit(np.log(known.index.to_numpy(dtype=float)), np.log(known.to_numpy()), 1)
        return (math.exp(float(level)), -float(slope)) if slope < 0 else None

    def result(self) -> StabilityResult:
        """The part of ``evaluation.json``."""
        fit = self.gap_fit()
        return StabilityResult(
            currency=self.currency,
            common_scenarios=self.common_scenarios,
            common_seed=self.common_seed,
            profit_deviation=self.deviation,
            sizes=[
                StabilitySize(scenarios=int(str(size)), **{str(k): v for k, v in row.items()})
                for size, row in self.table().to_dict("index").items()
            ],
            wanted_error=self.wanted_error,
            recommended_scenarios=self.recommended,
            recommended_scenarios_by_gap=self.recommended_by_gap,
            gap_fit=None if fit is None else list(fit),
        )


def deviation_of(values: FloatArray) -> float:
    """Of a sample; 0 of a single value."""
    return float(np.std(values, ddof=1)) if len(values) > 1 else 0.0


def _count(number: float) -> int | None:
    return max(math.ceil(number - 1e-9), 1) if number <= _LARGEST else None
