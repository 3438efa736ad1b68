"""The scenario processes by name. A new one is a file here and a line in ``PROCESSES`` (or :func:`register`)."""

from __future__ import annotations

from mes_stoch.uncertainty.process import ScenarioProcess
from mes_stoch.uncertainty.processes.au_synthetic_day import AuSyntheticDay
from mes_stoch.uncertainty.processes.fr_local_day import FrLocalDay
from mes_stoch.uncertainty.processes.fr_synthetic_day import FrSyntheticDay

PROCESSES: dict[str, type[ScenarioProcess]] = {
    "au_synthetic_day": AuSyntheticDay,
    "fr_local_day": FrLocalDay,
    "fr_synthetic_day": FrSyntheticDay,
}


def register(name: str, process: type[ScenarioProcess]) -> None:
    """Make a process of one's own available to instances under ``name``."""
    PROCESSES[name] = process
