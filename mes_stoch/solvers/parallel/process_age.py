"""How long a process has been alive, where the system tells: a time limit counts from the start of the command."""

from __future__ import annotations

import os
import time
from pathlib import Path


def age_s(process: str = "self") -> float:
    """Seconds since a process was started; 0 where the system does not tell, or it has ended.

    >>> 0.0 <= age_s() < 1e6
    True
    """
    try:
        text = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
        # the name in brackets may hold anything, brackets and blanks too
        ticks = int(text.rpartition(")")[2].split()[19])
        return max(time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK"), 0.0)
    except (OSError, ValueError, IndexError, AttributeError):
        return 0.0
