"""Building blocks of the instance format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictFloat, StrictInt, StrictStr


class Model(BaseModel):
    """A part of the format: unknown keys are errors, values cannot change after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


#: A number, or the name of a data series whose name ends in the same unit as the field.
Quantity = StrictFloat | StrictInt | StrictStr

NonNegative = Annotated[float, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
Efficiency = Annotated[float, Field(gt=0, le=1)]
IDENTIFIER = r"^[A-Za-z][A-Za-z0-9_]*$"
Identifier = Annotated[str, Field(pattern=IDENTIFIER)]

#: Code of a currency as ISO 4217 writes it.
_CURRENCY = r"^[A-Z]{3}$"
Currency = Annotated[str, Field(pattern=_CURRENCY)]

#: ``2025-12-25``, ``17:00`` (or ``24:00``), ``2025-12-25T06:00``, ``D-1 09:30`` or ``H-60min``.
DATE = r"^\d{4}-\d{2}-\d{2}$"
CLOCK_TIME = r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$"
LOCAL_TIME = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$"
GATE = r"^([YQMD]-\d+|D) ([01]\d|2[0-3]):[0-5]\d$|^H-\d+min$"

#: What each pattern of a text asks for, in words.
PATTERNS_IN_WORDS = {
    IDENTIFIER: "a name of letters, digits and _ that begins with a letter",
    _CURRENCY: "three capital letters of ISO 4217, such as EUR or AUD",
    DATE: "a date such as 2025-12-25",
    CLOCK_TIME: "a clock time such as 17:00",
    LOCAL_TIME: "a local time such as 2025-12-25T06:00",
    GATE: "a time before delivery such as D-1 09:30 or H-60min",
}

#: What a field of a penalty says where nothing is stated: it follows from prices
#: (:mod:`mes_stoch.io.validation.penalties`).
AUTO: Literal["auto"] = "auto"
Derived = Literal["auto"]

#: What a field of a state before the horizon says where it is decided, and the horizon ends as it begins.
CYCLIC: Literal["cyclic"] = "cyclic"
Cyclic = Literal["cyclic"]

#: Tags of what a field takes that is a number, or a mapping in its place; in brackets, as no key is.
NUMBER_TAG, MAPPING_TAG = "[number]", "[mapping]"


def number_or_mapping(value: Any) -> str:
    """Which of the two is written, for the discriminator of such a field: only one is then told what is wrong."""
    return MAPPING_TAG if isinstance(value, Mapping | BaseModel) else NUMBER_TAG


#: Words that stand in place of a number, and name no series.
WORDS_FOR_NUMBERS = frozenset({AUTO, CYCLIC})
