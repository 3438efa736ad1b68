"""An evaluation: what was asked for, and what came out."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xarray as xr
from pydantic import ValidationError

from mes_stoch.evaluation.stress.document import WORST_LEAVES, stress_result
from mes_stoch.evaluation.stress.outcome import StressTest
from mes_stoch.io.artifacts.run_folder import RunFolder
from mes_stoch.schema.errors import UsageError
from mes_stoch.schema.evaluation import EvaluationDocument
from mes_stoch.schema.html_summary import few, html_summary

if TYPE_CHECKING:
    import pandas as pd

    from mes_stoch.evaluation.bracket import Bracket
    from mes_stoch.evaluation.comparison import Comparison
    from mes_stoch.evaluation.day_ahead_information import DayAheadInformation
    from mes_stoch.evaluation.device_values import DeviceValues
    from mes_stoch.evaluation.flexibility.region import FlexibilityRegion
    from mes_stoch.evaluation.frontier import Frontier
    from mes_stoch.evaluation.policies import PolicyComparison
    from mes_stoch.evaluation.product_values import ProductValues
    from mes_stoch.evaluation.profit import Profits
    from mes_stoch.evaluation.replications import OptimalityGap
    from mes_stoch.evaluation.rolling.foresight import Rolling
    from mes_stoch.evaluation.sampled_sizes import Stability
    from mes_stoch.evaluation.sequential import Sequential
    from mes_stoch.evaluation.values import Values

#: Parts of the document that are found out separately.
_PARTS = (
    "stress",
    "commitment",
    "comparison",
    "stability",
    "sequential",
    "optimality_gap",
    "product_values",
    "values",
    "policies",
    "frontier",
    "rolling",
    "day_ahead_information",
    "device_values",
    "flexibility",
)


@dataclass(frozen=True, repr=False)
class Evaluation:
    """What was found out about a run or a commitment beside the optimiser's own account; ``None``: not asked for.

    Parameters
    ----------
    instance : str
        Name of the instance.
    stress : StressTest, optional
        Whether all that is held can be delivered.
    profits : Profits, optional
        What a commitment that is given earns in every scenario of a tree.
    values : Values, optional
        What information and the stochastic model are worth.
    optimality_gap : OptimalityGap, optional
        How far a commitment may be from the best one over days that were not drawn.
    product_values : ProductValues, optional
        What each product is worth.
    frontier : Frontier, optional
        Expected profit against a measure of risk.
    comparison : Comparison, optional
        What the commitment earns more than another one, in the same scenarios.
    stability : Stability, optional
        How results settle with the number of scenarios.
    sequential : Sequential, optional
        Samples that grew until a commitment was close enough to the best.
    day_ahead_information : DayAheadInformation, optional
        What it is worth to know the day-ahead node when its positions are decided.
    device_values : DeviceValues, optional
        What a MW more of each device is worth.
    commitments : DataFrame, optional
        Volumes of the commitment that samples have found.
    site_decisions : DataFrame, optional
        What was decided of components beside them.
    policies : PolicyComparison, optional
        What policies earn, and lose against the stochastic program.
    rolling : Rolling, optional
        What a commitment earns without foresight, and what foresight is worth.
    flexibility : FlexibilityRegion, optional
        How far the exchange can leave the operation of a scenario, and what of it is committed.
    is_cut_short : bool
        Whether the time limit came first: brackets hold, and are wider than was asked for.
    """

    instance: str
    stress: StressTest | None = None
    profits: Profits | None = None
    values: Values | None = None
    optimality_gap: OptimalityGap | None = None
    product_values: ProductValues | None = None
    frontier: Frontier | None = None
    comparison: Comparison | None = None
    stability: Stability | None = None
    sequential: Sequential | None = None
    day_ahead_information: DayAheadInformation | None = None
    device_values: DeviceValues | None = None
    commitments: pd.DataFrame | None = None
    site_decisions: pd.DataFrame | None = None
    policies: PolicyComparison | None = None
    rolling: Rolling | None = None
    flexibility: FlexibilityRegion | None = None
    is_cut_short: bool = False

    def __repr__(self) -> str:
        cut = ", cut short by its time limit" if self.is_cut_short else ""
        return f"<Evaluation of {self.instance}: {few(self._parts(), 20)}{cut}>"

    def _repr_html_(self) -> str:
        rows: dict[str, object] = {"with": few(self._parts(), 20)}
        if self.stress is not None:
            rows["stress"] = repr(self.stress)
        if self.profits is not None:
            rows["expected profit"] = f"{self.profits.mean:,.2f} {self.profits.currency}"
        if self.values is not None:
            currency = self.values.currency
            rows |= {name: _shown(one, currency) for name, one in self.values.named().items()}
        if self.policies is not None:
            rows |= {
                f"lost by {name}": _shown(self.policies.loss(name), self.policies.currency)
                for name in self.policies.outcomes
            }
        rows["time limit"] = "came first: brackets are wider than was asked for" if self.is_cut_short else None
        return html_summary(f"Evaluation of {self.instance}", rows)

    def _parts(self) -> list[str]:
        """Names of what was asked for."""
        named = [one.name for one in fields(self) if one.name not in ("instance", "is_cut_short")]
        return [name for name in named if getattr(self, name) is not None]

    @property
    def passed(self) -> bool:
        """Whether every test that was asked for found nothing wrong."""
        return self.stress is None or self.stress.passed

    def document(self, leaves: int | None = WORST_LEAVES) -> EvaluationDocument:
        """What ``evaluation.json`` holds, with the worst ``leaves`` of a stress test in detail (``None``: all)."""
        return EvaluationDocument(
            instance=self.instance,
            mes_stoch_version=version("mes_stoch"),
            stress=None if self.stress is None else stress_result(self.stress, leaves),
            commitment=None if self.profits is None else self.profits.result(),
            comparison=None if self.comparison is None else self.comparison.result(),
            stability=None if self.stability is None else self.stability.result(),
            sequential=None if self.sequential is None else self.sequential.result(),
            day_ahead_information=None if self.day_ahead_information is None else self.day_ahead_information.result(),
            device_values=None if self.device_values is None else self.device_values.result(),
            optimality_gap=None if self.optimality_gap is None else self.optimality_gap.result(),
            product_values=None if self.product_values is None else self.product_values.result(),
            values=None if self.values is None else self.values.result(),
            frontier=None if self.frontier is None else self.frontier.result(),
            policies=None if self.policies is None else self.policies.result(),
            rolling=None if self.rolling is None else self.rolling.result(),
            flexibility=None if self.flexibility is None else self.flexibility.result(),
        )

    def write(self, target: Path, leaves: int | None = WORST_LEAVES) -> None:
        """Write ``evaluation.json``, whole or not at all, and every scenario's profit beside it (``.nc``).

        Parts of a file that is there already stay where they were not asked for this time.

        Raises
        ------
        UsageError
            If it cannot be written.
        """
        if not target.parent.is_dir():
            raise UsageError(f"cannot write {target}: there is no folder {target.parent}")
        folder = RunFolder(target.parent)
        content = self.document(leaves).model_dump(mode="json")
        before = _document(target)
        if before is not None and before.instance == self.instance:
            kept = before.model_dump(mode="json")
            content |= {name: kept[name] for name in _PARTS if content[name] is None}
        folder.put_json(target.name, content)
        parts = [part.dataset() for part in (self.profits, self.policies, self.rolling) if part is not None]
        if parts:
            # the scenarios of one evaluation are those of one tree
            merged = xr.merge(parts, join="exact", compat="equals").assign_attrs(instance=self.instance)
            folder.put_dataset(target.with_suffix(".nc").name, merged)


def _shown(bracket: Bracket, currency: str) -> str:
    return f"{bracket.lower:,.2f} to {bracket.upper:,.2f} {currency}"


def _document(target: Path) -> EvaluationDocument | None:
    """What an earlier evaluation has written there; ``None`` where there is nothing that could be kept."""
    try:
        return EvaluationDocument.model_validate(json.loads(target.read_text(encoding="utf-8")))
    except (OSError, ValueError, ValidationError):
        return None


def evaluation_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of ``evaluation.json``."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **EvaluationDocument.model_json_schema(mode="serialization"),
    }
