"""What must hold for an electrolyser."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from mes_stoch.extend import CheckContext, Issue
from site_kinds.electrolyser.format import Electrolyser


def issues(context: CheckContext, name: str, spec: Electrolyser) -> Iterator[Issue]:
    """Segments that do not become less efficient."""
    for number, (before, after) in enumerate(pairwise(spec.segments), 1):
        if after.hydrogen_per_unit >= before.hydrogen_per_unit:
            yield context.locator.issue(
                ("components", name, "segments", number, "hydrogen_per_unit"),
                f"{after.hydrogen_per_unit:g}, after {before.hydrogen_per_unit:g}",
                "less than in the segment before",
                "list the segments from low to high load; join those of one efficiency",
            )
