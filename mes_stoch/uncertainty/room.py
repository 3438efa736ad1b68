"""Is there room for so many scenarios? Better asked before the first is drawn than after an hour."""

from __future__ import annotations

import os
from pathlib import Path

from mes_stoch.schema.errors import UsageError

#: More are no plan any more: at a millisecond each they take a quarter of an hour to draw.
MOST_SCENARIOS = 1_000_000
#: Arrays that hold a scenario's numbers at the same time: drawn, put together, copied.
_COPIES = 3
_BYTES = 8


def require_drawable(scenarios: int) -> None:
    """Refuse a number of scenarios that no machine draws in good time, whether or not they are held all at once.

    Raises
    ------
    UsageError
    """
    if scenarios > MOST_SCENARIOS:
        raise UsageError(f"{scenarios:,} scenarios are more than the {MOST_SCENARIOS:,} that can be drawn")


def require_room(scenarios: int, periods: int, series: int, available_bytes: int | None = None) -> None:
    """Refuse a number of scenarios that fits no machine, or not this one.

    Parameters
    ----------
    scenarios, periods, series : int
    available_bytes : int, optional
        Default: what the system says is free.

    Raises
    ------
    UsageError
    """
    require_drawable(scenarios)
    needed = _COPIES * _BYTES * scenarios * periods * series
    free = _available_bytes() if available_bytes is None else available_bytes
    if free is not None and needed > free:
        raise UsageError(
            f"{scenarios:,} scenarios of {series} series over {periods} periods need {needed / 2**30:.1f} GiB, and "
            f"{free / 2**30:.1f} GiB are free; at most {free * scenarios // needed:,} fit"
        )


def _available_bytes() -> int | None:
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
    except OSError:
        return _physical_bytes()
    entries = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    value = entries.get("MemAvailable", "").split()
    return int(value[0]) * 1024 if value else _physical_bytes()


def _physical_bytes() -> int | None:
    """All the memory of a machine that does not say what of it is free."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None
