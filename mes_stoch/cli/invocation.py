"""What one call of the command line hands to its commands."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Invocation:
    """The command as typed, whether all ranks of a parallel run take part in it, and where its results are."""

    command: str | None = None
    is_joint: bool = False
    results: str | None = None
