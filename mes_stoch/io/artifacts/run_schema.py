"""What the JSON files of a run folder hold: the keys that readers rely on, each with its type.

Keys beyond these may be added by a method and are passed on; without these a folder is damaged.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    ValidationError,
)

from mes_stoch.io.names import printable
from mes_stoch.io.readers.field_issues import field_issues
from mes_stoch.schema.base import Currency, Identifier
from mes_stoch.schema.errors import Issue

#: Whole numbers beyond what a float can hold are no amounts.
Number = StrictFloat | Annotated[StrictInt, Field(ge=-(2**63), le=2**63)]
Count = Annotated[StrictInt, Field(ge=0, le=10**9)]
Sha256 = Annotated[StrictStr, Field(pattern=r"^[0-9a-f]{64}$")]


def _moment(text: str) -> str:
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError("a time with its offset from UTC")
    return text


def _zone(text: str) -> str:
    if text not in available_timezones():
        raise ValueError("an IANA time zone")
    return text


def _shown(text: str) -> str:
    if printable(text) != text:
        raise ValueError("text without control characters")
    return text


Moment = Annotated[StrictStr, AfterValidator(_moment)]
Zone = Annotated[StrictStr, AfterValidator(_zone)]
Shown = Annotated[StrictStr, Field(max_length=10_000), AfterValidator(_shown)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True, allow_inf_nan=False, strict=True)


class StatedCommitment(_Part):
    """One volume of ``summary.json``; of what is offered at a price, its direction and price as well."""

    product: Identifier
    block_start: Moment
    direction: Shown | None = None
    price_eur_per_mw_h: Number | None = None
    price_eur_per_mwh: Number | None = None
    volume_mw: Number | None = None
    volume_mvar: Number | None = None


class StatedSlack(_Part):
    """Penalised slack that the plan leans on."""

    name: Shown
    meaning: Shown
    expected: Number
    unit: Shown
    worst_scenario: Shown
    worst: Number


class StatedBidRules(_Part):
    """Which bid rules were held."""

    minimum_bids: StrictBool
    bid_steps: StrictBool


class StatedRisk(_Part):
    """Measure of risk: its terms, and what it is of the run's profits; nothing where nothing was found in time."""

    measure: Shown
    alpha: Number | None
    beta: Number
    value: Number | None
    value_at_risk: Number | None


class StatedEmissions(_Part):
    """CO2 over the horizon, t."""

    expected_t: Number
    largest_t: Number
    cap_t: Number | None
    by_component_t: dict[Shown, Number]


class StatedSiteDecision(_Part):
    """One decision of the site."""

    component: Shown
    quantity: Shown
    unit: Shown
    value: Number


class Summary(_Part):
    """``summary.json``."""

    instance: Shown
    method: Shown
    status: Shown
    scenarios: Annotated[StrictInt, Field(ge=1, le=10**9)]
    stages: Literal[2, 3] = 2
    day_ahead_nodes: Count
    seed: StrictInt | None
    ranks: Annotated[StrictInt, Field(ge=1, le=10**7)]
    objective: Number | None
    bound_lower: Number | None
    bound_upper: Number | None
    gap_rel: Number | None
    # runs written before it was kept have none: a billionth of their currency
    gap_floor: Annotated[float, Field(gt=0)] = 1e-9
    wall_time_s: Annotated[float, Field(ge=0)]
    currency: Currency = "EUR"
    objective_eur_per_year: Number | None
    horizons_per_year: Annotated[float, Field(ge=0)]
    timezone: Zone
    horizon_start: Moment
    horizon_periods: Annotated[StrictInt, Field(ge=1, le=10**7)]
    period_h: Annotated[float, Field(gt=0)]
    # where it is shorter than the others
    first_period_h: Annotated[float, Field(gt=0)] | None = None
    streams: dict[Shown, Number]
    # where a component has an emission factor
    co2: StatedEmissions | None = None
    # where the instance states a risk
    expected_profit: Number | None = None
    risk: StatedRisk | None = None
    commitments: list[StatedCommitment]
    # where the instance leaves anything of its components to be decided
    site_decisions: list[StatedSiteDecision] = Field(default_factory=list)
    bid_rules: StatedBidRules
    slack: list[StatedSlack]
    notes: list[Shown]


class Manifest(_Part):
    """``manifest.json``; hashes of results since format 2."""

    format: Literal[1, 2]
    command: Shown | None
    options: dict[StrictStr, Any]
    seed: StrictInt | None
    inputs_sha256: dict[StrictStr, Sha256]
    versions: dict[StrictStr, StrictStr | None]
    machine: dict[StrictStr, Any]
    start_utc: Moment
    end_utc: Moment
    wall_time_s: Number
    changed_in_python: dict[StrictStr, Any] = Field(default_factory=dict)
    plugins: dict[StrictStr, StrictStr] = Field(default_factory=dict)
    tree: StrictStr = "as the instance says"
    files_sha256: dict[StrictStr, Sha256] = Field(default_factory=dict)
    manifest_sha256: Sha256 | None = None


Model = TypeVar("Model", bound=BaseModel)


def schema_issues(model: type[Model], data: Any, file: str) -> list[Issue]:
    """What of a JSON file is not as its schema says."""
    try:
        model.model_validate(data)
    except ValidationError as error:
        return field_issues(error, model, file)[:_MOST_ISSUES]
    except RecursionError:
        return [Issue(file, None, "", "values nested too deeply", "the file as it was written")]
    return []


_MOST_ISSUES = 20
