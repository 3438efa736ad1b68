"""A job that ended, and what it left; and the types of the fixtures that submit and collect one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minislurm import Job


@dataclass(frozen=True)
class Finished:
    """What Slurm says of a job, its log, and its run folder."""

    job: Job
    log: str
    run_folder: Path

    @property
    def is_done(self) -> bool:
        return (self.run_folder / "DONE").is_file()

    @property
    def summary(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.run_folder / "summary.json").read_text(encoding="utf-8"))
        return content


Submit = Callable[..., int]
Collect = Callable[..., Finished]
