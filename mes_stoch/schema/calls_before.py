"""What was called of a product before the horizon."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mes_stoch.schema.base import Identifier, Model, NonNegative, Positive
from mes_stoch.schema.flexibility import Count


class CallsBefore(Model):
    """Calls of a product before the horizon, as far as its limits on calls still count them.

    Without any key no call is under way, and none has been on this day.
    """

    running_h: Positive | None = Field(
        default=None,
        description="Time that a call has run which is under way at the start, h; it goes on, or ends with the start. "
        "null: none is under way.",
    )
    running_per_unit: Annotated[float, Field(gt=0, le=1)] = Field(
        default=1.0, description="Share of the volume at which the call under way has run."
    )
    started: list[Identifier] | None = Field(
        default=None,
        description="Components that were off and have started for the call under way, so that it costs them no "
        "further start; null: all with quick_start_h that provide the product.",
    )
    since_last_h: NonNegative | None = Field(
        default=None,
        description="Time from the end of the last call to the start, h, which counts as rest; null: longer than any "
        "limit asks for.",
    )
    calls_today: Count | None = Field(
        default=None,
        description="Calls that began on the local day of the start, before it; that under way included. null: no "
        "other than that under way.",
    )
    called_today_h: NonNegative | None = Field(
        default=None,
        description="Hours called on the local day of the start, before it, each with its called share, h; those of "
        "the call under way included. null: no others than those.",
    )
    calls_so_far: Count | None = Field(
        default=None,
        description="Calls before the start that count towards calls_max, that under way included; null: those of the "
        "day, and that under way.",
    )

    def has_started(self, component: str) -> bool:
        """Whether a component that was off runs for the call under way."""
        return self.running_h is not None and (self.started is None or component in self.started)


#: What holds where nothing is said: no call is under way, and none has been.
NO_CALLS_BEFORE = CallsBefore()
