"""What a report of a run is made from: the run and what else its folder holds."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import xarray as xr
from pydantic import ValidationError

from mes_stoch.io.artifacts import run_folder as layout
from mes_stoch.io.as_solved import read_again
from mes_stoch.io.files import LARGEST_TEXT_BYTES, read_regular
from mes_stoch.io.instance import LoadedInstance
from mes_stoch.io.readers.netcdf import read_netcdf
from mes_stoch.report.figures import scenario_of
from mes_stoch.report.html.time_axis import TimeAxis
from mes_stoch.report.run import Run
from mes_stoch.report.settled import settle_run
from mes_stoch.schema.errors import MesStochError
from mes_stoch.schema.evaluation import EvaluationDocument
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.units import in_currency
from mes_stoch.settlement.settlement import Settlement


@dataclass(frozen=True)
class ReportSource:
    """A run, and what its folder holds beside it.

    What cannot be had is ``None``, and :attr:`missing` says why: a report of a run that is damaged in part, or whose
    plug-ins are not installed, shows the rest.

    Parameters
    ----------
    run : Run
    folder : Path
    scenario : str, optional
        Whose operation is drawn; ``None`` where no commitment was found in time.
    missing : dict of str to str
        Reasons by what they are of: ``instance``, ``settlement``, ``evaluation``.
    """

    run: Run
    folder: Path
    scenario: str | None
    missing: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, run: Run, folder: Path, scenario: str | None = None) -> ReportSource:
        """The source of a run.

        Raises
        ------
        UsageError
            The run has no such scenario.
        """
        return cls(run, folder, scenario_of(run, scenario))

    @property
    def currency(self) -> str:
        return self.run.currency

    @cached_property
    def time(self) -> TimeAxis:
        return TimeAxis.of(self.run)

    @cached_property
    def loaded(self) -> LoadedInstance | None:
        try:
            return read_again(self.run.settings.inputs)
        except MesStochError as error:
            self.missing["instance"] = f"the run's copy of its instance cannot be read here: {error}"
            return None

    @property
    def instance(self) -> Instance | None:
        """The instance as it was solved."""
        return None if self.loaded is None else self.loaded.instance

    @cached_property
    def settlement(self) -> Settlement | None:
        if self.run.objective is None or self.loaded is None:
            return None
        try:
            return settle_run(self.run, self.loaded)
        except MesStochError as error:
            self.missing["settlement"] = f"the run cannot be settled: {error}"
            return None

    @property
    def scenario_place(self) -> int:
        """Position of :attr:`scenario` among those that were dispatched."""
        return list(self.run.solution["scenario"].values.astype(str)).index(str(self.scenario))

    @property
    def tree_place(self) -> int:
        """Position of :attr:`scenario` in the tree."""
        return self.run.tree.scenario_names.index(str(self.scenario))

    @cached_property
    def evaluation(self) -> EvaluationDocument | None:
        """What ``evaluation.json`` holds."""
        path = self.folder / layout.EVALUATION
        if not path.exists():
            return None
        try:
            data = json.loads(read_regular(path, LARGEST_TEXT_BYTES).decode("utf-8"))
            return EvaluationDocument.model_validate(data)
        except (OSError, ValueError, ValidationError) as error:
            first = (str(error).splitlines() or [type(error).__name__])[0]
            self.missing["evaluation"] = f"{layout.EVALUATION} cannot be read: {first}"
            return None

    @cached_property
    def evaluated(self) -> xr.Dataset | None:
        """What ``evaluation.nc`` holds, where it holds profits by scenario."""
        path = self.folder / layout.EVALUATION_PROFITS
        if not path.exists():
            return None
        try:
            dataset, _ = read_netcdf(read_regular(path), layout.EVALUATION_PROFITS)
        except OSError:
            return None
        return dataset

    @cached_property
    def manifest(self) -> dict[str, Any]:
        try:
            found = json.loads(read_regular(self.folder / layout.MANIFEST, LARGEST_TEXT_BYTES).decode("utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def has_file(self, name: str) -> bool:
        return (self.folder / name).is_file()

    def hash_of(self, name: str) -> str:
        """SHA-256 of a file of the folder; empty where there is none."""
        try:
            return hashlib.sha256(read_regular(self.folder / name)).hexdigest()
        except OSError:
            return ""

    def words(self, text: str) -> str:
        """A text of the format in the currency of the run."""
        return in_currency(text, self.currency)
