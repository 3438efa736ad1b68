"""The foresight bias of a model: a bracket, and how far it may be from that of all days."""

from __future__ import annotations

from dataclasses import dataclass

from scipy.stats import t as student

from mes_stoch.evaluation.bracket import Bracket, bracket_result
from mes_stoch.evaluation.intervals import CONFIDENCE
from mes_stoch.schema.evaluation import ForesightBiasResult
from mes_stoch.schema.evaluation_shared import ConfidenceInterval


@dataclass(frozen=True)
class ForesightBias:
    """By how much a model with foresight overstates what is earned without.

    Parameters
    ----------
    stages : int
        Of the model: with 2 a leaf is known from the beginning, with 3 once the day-ahead market has closed.
    planned : Bracket
        Expected profit of the best dispatch with that foresight.
    bias : Bracket
        The same less the profit without.
    standard_error : float or None
        Of the bias as an estimate for all days that could be drawn; ``None`` where the leaves are no sample.
    nodes : int
        Day-ahead nodes, the draws.
    """

    stages: int
    planned: Bracket
    bias: Bracket
    standard_error: float | None
    nodes: int

    def interval(self, confidence: float = CONFIDENCE) -> tuple[float, float] | None:
        """Confidence interval of the bias on days not drawn, by Student's t: from the lower end, and from the upper."""
        if self.standard_error is None:
            return None
        reach = float(student.ppf(0.5 + confidence / 2, self.nodes - 1)) * self.standard_error
        return self.bias.lower - reach, self.bias.upper + reach

    def result(self) -> ForesightBiasResult:
        """Its part of ``evaluation.json``."""
        ends = self.interval()
        return ForesightBiasResult(
            stages=2 if self.stages == 2 else 3,
            planned=bracket_result(self.planned),
            bias=bracket_result(self.bias),
            standard_error=self.standard_error,
            confidence=None if ends is None else ConfidenceInterval(level=CONFIDENCE, lower=ends[0], upper=ends[1]),
        )
