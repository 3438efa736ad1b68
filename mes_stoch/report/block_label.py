"""Blocks of local clock hours, in words."""

from __future__ import annotations

import pandas as pd


def block_label(start: pd.Timestamp, end: pd.Timestamp, *, with_day: bool) -> str:
    """Local clock hours of a block: ``04-08``, ``Wed 15 Jan 20-24``."""

    def clock(time: pd.Timestamp) -> str:
        return f"{time:%H}" if time.minute == 0 else f"{time:%H:%M}"

    ends_at_midnight = end == end.normalize() and end > start
    last = "24" if ends_at_midnight else clock(end)
    text = f"{clock(start)}-{last}"
    if not with_day:
        return text
    last_day = (end - pd.Timedelta(seconds=1)).date()
    if last_day != start.date():
        return f"{start:%a %d %b} {clock(start)} - {last_day:%a %d %b} {last}"
    return f"{start:%a %d %b} {text}"
