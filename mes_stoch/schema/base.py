"""Building blocks of the instance format."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictFloat, StrictInt, StrictStr


class Model(BaseModel):
    """A part of the format: unknown keys are errors, values cannot change after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


#: A number, or the name of a data series whose name ends in the same unit as the field.
Quantity = StrictFloat | StrictInt | StrictStr

NonNegative = Annotated[float, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
Efficiency = Annotated[float, Field(gt=0, le=1)]
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]

#: Code of a currency as ISO 4217 writes it.
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]

#: What a field of a penalty says where nothing is stated: it follows from prices
#: (:mod:`mes_stoch.io.validation.penalties`).
AUTO: Literal["auto"] = "auto"
Derived = Literal["auto"]
