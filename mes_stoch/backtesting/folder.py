"""The folder of a backtest: a file a finished day, so that one that was interrupted goes on where it was.

::

    plan.json               what the numbers depend on: instance, series, window, method, gap, version
    days/2021-03-01.json    one operated day, written whole or not at all
    backtest.csv            a row a day
    backtest.json           plan, sources, notes, pairing, days and totals
    figures/regret_by_day.png
    claim-1.json            process that is at work on it; gone afterwards
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from mes_stoch.backtesting.plan import DayTask
from mes_stoch.io.artifacts.claim import Claim, is_claim
from mes_stoch.io.artifacts.run_folder import RunFolder
from mes_stoch.io.files import made_folder, read_regular
from mes_stoch.schema.backtest import BacktestDay, BacktestPlan
from mes_stoch.schema.errors import Issue, RunFolderError, UsageError, WriteError

PLAN, DAYS, TABLE, DOCUMENT = "plan.json", "days", "backtest.csv", "backtest.json"


class BacktestFolder:
    """A folder that belongs to this process until :meth:`release`; a context manager that releases it.

    Parameters
    ----------
    path : Path
    plan : BacktestPlan
        Of the backtest that is to be made.
    resume : bool
        Whether days that are there already are taken.

    Raises
    ------
    UsageError
        The folder is another process's, holds anything without ``resume``, or days of another plan.
    """

    def __init__(self, path: Path, plan: BacktestPlan, *, resume: bool) -> None:
        try:
            made_folder(path)
            entries = [entry.name for entry in path.iterdir() if not is_claim(entry.name)]
        except OSError as error:
            raise WriteError(path, error.strerror or str(error)) from None
        if entries and not resume:
            raise UsageError(f"{path} is not empty; choose another --out, or go on with --resume")
        if entries and PLAN not in entries:
            raise UsageError(f"{path} is no folder of a backtest: it has no {PLAN}")
        # of a process that has ended: to go on from there is what resuming is for
        self._claim = Claim.take(path, force=resume)
        try:
            self.files = RunFolder(path)
            if entries:
                self._require_same(plan)
            else:
                self.files.put_json(PLAN, plan.model_dump(mode="json"))
        except BaseException:
            self.release()
            raise

    @property
    def path(self) -> Path:
        return self.files.path

    def __enter__(self) -> BacktestFolder:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Let others have the folder."""
        self._claim.release()

    def finished(self, tasks: Sequence[DayTask]) -> list[BacktestDay]:
        """Days of these that are there.

        Raises
        ------
        RunFolderError
            Files that cannot be read, or are of another window.
        """
        found, issues = [], []
        for task in tasks:
            name = _file_of(task.day)
            if not (self.path / name).exists():
                continue
            try:
                day = BacktestDay.model_validate_json(read_regular(self.path / name))
            except (OSError, ValidationError) as error:
                issues.append(Issue(name, None, "", _first_line(error), "a finished day", "remove the file"))
                continue
            if day.day != task.day or tuple(day.window) != task.window:
                issues.append(Issue(name, None, "window", "another day or window", "that of the plan", "remove it"))
            found.append(day)
        if issues:
            raise RunFolderError(self.path, issues)
        return found

    def put(self, day: BacktestDay) -> None:
        """Write a finished day."""
        self.files.put_json(_file_of(day.day), day.model_dump(mode="json"))

    def _require_same(self, plan: BacktestPlan) -> None:
        try:
            before = BacktestPlan.model_validate(json.loads(read_regular(self.path / PLAN)))
        except (OSError, ValueError, ValidationError) as error:
            raise RunFolderError(self.path, [Issue(PLAN, None, "", _first_line(error), "a plan")]) from None
        if different := plan.differences(before):
            raise UsageError(
                f"{self.path} holds days of another backtest, which this one cannot go on with: {'; '.join(different)}"
            )


def _file_of(day: date) -> str:
    return f"{DAYS}/{day.isoformat()}.json"


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
