"""What several parts of ``evaluation.json`` have in common: shares, intervals of estimates, brackets of proof."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mes_stoch.schema.base import Model

Share = Annotated[float, Field(ge=0, le=1)]


class ConfidenceInterval(Model):
    """Where a mean over days not drawn lies, with a probability."""

    level: Share
    lower: float
    upper: float


class BracketResult(Model):
    """Two ends that hold a number by proof; null: nothing is known on that side."""

    value: Literal["between", "minus infinity", "infinity"] = Field(
        default="between", description="Where a scenario has no dispatch at all, a profit is minus infinity."
    )
    lower: float | None
    upper: float | None
