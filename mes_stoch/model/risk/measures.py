"""The measure of risk that an instance names, built in or brought by an installed package."""

from __future__ import annotations

from mes_stoch.model.program import FloatArray
from mes_stoch.model.risk.measure import ProfitSurvey, RiskMeasure, RiskTerms
from mes_stoch.registry import RISK_MEASURES, Kind, kind
from mes_stoch.schema.risk import Risk


def measure_of(risk: Risk) -> RiskMeasure:
    """The measure that an instance names.

    Raises
    ------
    ExtensionError
        That of an installed package cannot be used.
    """
    found = kind(RISK_MEASURES, risk.measure)
    measure: RiskMeasure = found.function("measure", "measure")(risk)
    return measure if found.is_built_in else _OfPackage(found, measure)


class _OfPackage:
    """A measure of an installed package: its mistakes are told with the package's name."""

    def __init__(self, found: Kind, measure: RiskMeasure) -> None:
        self._kind = found
        self._measure = measure
        #: Not every measure has one.
        self.value_at_risk = getattr(measure, "value_at_risk", None)

    def terms(self, probabilities: FloatArray, survey: ProfitSurvey) -> RiskTerms:
        with self._kind.errors_named("terms of the measure"):
            terms = self._measure.terms(probabilities, survey)
            _require_whole(terms)
        return terms

    def value(self, profits: FloatArray, probabilities: FloatArray) -> float:
        with self._kind.errors_named("value of the measure"):
            return float(self._measure.value(profits, probabilities))


def _require_whole(terms: RiskTerms) -> None:
    """Arrays of unlike sizes would be found only deep in the program."""
    if not isinstance(terms, RiskTerms):
        raise TypeError(f"a {type(terms).__name__} where RiskTerms are expected")
    rows = len(terms.row_names)
    sizes = {"profit_coefficient": rows, "row_lower": rows, "row_upper": rows, "root_scale": len(terms.root.names)}
    for name, size in sizes.items():
        if getattr(terms, name).shape != (size,):
            raise ValueError(f"{name} has the shape {getattr(terms, name).shape}, and not ({size},)")
    for part, columns, matrix in (
        ("root", terms.root, terms.root_matrix),
        ("leaf", terms.leaf, terms.leaf_matrix),
    ):
        count = len(columns.names)
        if matrix.shape != (rows, count):
            raise ValueError(f"{part}_matrix has the shape {matrix.shape}, and not ({rows}, {count})")
        for name in ("lower", "upper", "value"):
            if getattr(columns, name).shape != (count,):
                raise ValueError(f"{part}.{name} has the shape {getattr(columns, name).shape}, and not ({count},)")
