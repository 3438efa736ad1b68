"""Types of fields of parts and their options, and the checks between fields that a damaged file fails."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, Field

from mes_stoch.schema.base import Identifier

_Item = TypeVar("_Item", int, str)
#: Longest lag: more than a year of hours; a path begins so many periods before the horizon.
MOST_LAG = 10_000


def _each_once(values: list[_Item]) -> list[_Item]:
    if twice := sorted({str(value) for value in values if values.count(value) > 1}):
        raise ValueError(f"each once; twice here: {', '.join(twice)}")
    return values


#: Length of a period, h: from a second to a day.
PeriodHours = Annotated[float, Field(ge=1 / 3600, le=24)]
#: Lags of an autoregression, periods.
Lags = Annotated[list[Annotated[int, Field(ge=1, le=MOST_LAG)]], Field(min_length=1), AfterValidator(_each_once)]
#: Series that are drawn together.
SeriesNames = Annotated[list[Identifier], Field(min_length=1), AfterValidator(_each_once)]
#: A distribution as quantiles.
Quantiles = Annotated[list[float], Field(min_length=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Correlation = Annotated[float, Field(ge=-1, le=1)]


def require_shape(name: str, values: Sequence[Any], *shape: int) -> None:
    """Refuse lists, of lists, that are not as long as other fields say.

    >>> require_shape("slopes", [[1.0, 2.0], [3.0, 4.0]], 2, 2)

    Raises
    ------
    ValueError
    """
    if not _has_shape(values, shape):
        raise ValueError(f"{name}: {' x '.join(map(str, shape))} entries, as the other fields have it")


def _has_shape(values: Sequence[Any], shape: Sequence[int]) -> bool:
    if len(values) != shape[0]:
        return False
    return len(shape) == 1 or all(_has_shape(inner, shape[1:]) for inner in values)
