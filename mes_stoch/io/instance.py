"""Read an instance folder: everything is checked before anything is built, and every problem is told at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mes_stoch.io.artifacts.manifest import read_inputs
from mes_stoch.io.overrides.entries import apply_overrides
from mes_stoch.io.process_file import read_process_file
from mes_stoch.io.readers.currency import (
    catalogue_amounts,
    currency_code,
    in_format_names,
    path_in_format,
    without_echoes,
    without_foreign_limits,
)
from mes_stoch.io.readers.locate import INSTANCE_FILE, Locator, show
from mes_stoch.io.readers.model_issues import model_issues
from mes_stoch.io.readers.time_stamps import horizon_time
from mes_stoch.io.readers.yaml_lines import Document, read_yaml
from mes_stoch.io.series import SeriesData, read_all_series
from mes_stoch.io.series_names import check_series_names
from mes_stoch.io.validation.answers import require_answers, require_answers_for_checks, require_data_rules
from mes_stoch.io.validation.check_context import CheckContext
from mes_stoch.io.validation.emissions import co2_issues
from mes_stoch.io.validation.partial_instance import PartialInstance, fill_products, read_partial_instance
from mes_stoch.io.validation.penalties import with_penalties
from mes_stoch.io.validation.price_limits import missing_cap, ranges_of
from mes_stoch.io.validation.products import product_issues, resolve_connections
from mes_stoch.io.validation.references import site_issues
from mes_stoch.io.validation.risk import risk_issues
from mes_stoch.io.yaml_text import yaml_text
from mes_stoch.schema.errors import InstanceError, Issue
from mes_stoch.schema.instance import Instance, SyntheticScenarios
from mes_stoch.schema.product import MarketProduct
from mes_stoch.schema.units import FORMAT_CURRENCY

_HEAD = "# As it was solved: entries of the instance's own file replaced, written anew by mes_stoch.\n# Replaced: {}\n"


@dataclass(frozen=True)
class LoadedInstance:
    """A valid instance with its data.

    Parameters
    ----------
    instance : Instance
        The site; products are complete, with the catalogue's defaults and the grid connection they mean.
    folder : pathlib.Path
        Where it was read from.
    time : pandas.DatetimeIndex
        Start of each period in local time.
    series : pandas.DataFrame
        Series common to all scenarios by ``time``; without columns if there are none.
    scenario_series : dict of str to pandas.DataFrame, or None
        Series of each explicit scenario by ``time``; ``None`` if scenarios are drawn.
    probabilities : dict of str to float, or None
        Probability of each explicit scenario, summing to 1; ``None`` if scenarios are drawn.
    inputs : dict of str to bytes
        Files that say all of it, by name: those it was read from, with what was overridden written into them.
    as_read : Instance, optional
        The instance as these files say it; another one has been changed in Python since.
    overrides : dict
        What was replaced in the user's own files, by dotted path, in plain data.
    has_lines : bool
        Whether the user wrote these files, so that lines of them mean something.
    """

    instance: Instance
    folder: Path
    time: pd.DatetimeIndex
    series: pd.DataFrame
    scenario_series: dict[str, pd.DataFrame] | None
    probabilities: dict[str, float] | None
    inputs: Mapping[str, bytes] = field(default_factory=dict, repr=False, compare=False)
    as_read: Instance | None = field(default=None, repr=False, compare=False)
    overrides: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    has_lines: bool = field(default=True, repr=False, compare=False)

    @property
    def written(self) -> Mapping[str, bytes]:
        """Files of the user's whose lines say what the instance is."""
        return self.inputs if self.has_lines else {}


def read_instance(folder: str | Path, overrides: Mapping[str, Any] | None = None) -> LoadedInstance:
    """Read and check an instance folder.

    Parameters
    ----------
    folder : str or pathlib.Path
        Folder with ``instance.yaml`` and the CSV files it names.
    overrides : mapping, optional
        Entries to replace, by dotted path: ``{"bids.steps": False, "components.battery.energy_max_mwh": 8}``; a mapping
        as value is merged.

    Returns
    -------
    LoadedInstance

    Raises
    ------
    InstanceError
        With every problem found, each with file, line, key, what was found, what was expected, and a hint.
    """
    folder = Path(folder)
    _require_folder(folder)
    return read_document(folder, read_yaml(folder / INSTANCE_FILE, INSTANCE_FILE), overrides)


def read_document(folder: Path, document: Document, overrides: Mapping[str, Any] | None = None) -> LoadedInstance:
    """:func:`read_instance` where the content of ``instance.yaml`` is known.

    Raises
    ------
    InstanceError
    """
    if not isinstance(document.data, dict):
        issues = document.issues
        if not issues:
            found = "an empty file" if document.data is None else show(document.data)
            hint = "begin with 'format: 1' and 'name: ...'"
            issues = [Issue(document.file, 1, "", found, "a mapping of keys to values", hint)]
        raise InstanceError(str(folder), issues)
    written_data, replaced, issues = apply_overrides(document.data, overrides)
    currency = currency_code(written_data)
    data, told = in_format_names(written_data, currency, Locator(document, replaced))
    replaced = [path_in_format(path, currency) for path in replaced]
    locator = Locator(document, replaced, currency or FORMAT_CURRENCY)
    issues = [*document.issues, *issues]
    written = data.get("products")
    data, product_issues = fill_products(data, locator)
    issues += product_issues
    if isinstance(written, dict):
        data = {**data, "products": without_foreign_limits(data["products"], written, currency)}
        issues += catalogue_amounts(written, data["products"], currency, locator)
    issues += model_issues(data, locator)
    partial = read_partial_instance(data)
    time, connections, series, found_issues = _check(folder, partial, locator)
    told += series.currency_issues
    document_of_process, process_issues = read_process_file(folder, partial, locator)
    found_issues += process_issues
    issues = [*told, *without_echoes([*issues, *found_issues], told, currency)]
    if issues or time is None:
        raise InstanceError(str(folder), sorted(dict.fromkeys(issues), key=_place))
    instance = _with_process(Instance.model_validate(data, strict=True), document_of_process)
    instance = instance.model_copy(update={"products": _connected(instance.products, connections)})
    ranges = ranges_of(_own_series(series))
    require_answers(instance)
    # where nothing limits prices the check of the tree says so
    complete = instance if missing_cap(instance, ranges) else with_penalties(instance, ranges)
    require_data_rules(complete)
    return LoadedInstance(
        instance=complete,
        folder=folder,
        time=time,
        series=series.series,
        scenario_series=series.scenario_series,
        probabilities=series.probabilities,
        inputs=_as_overridden(read_inputs(folder, instance), written_data, overrides),
        as_read=complete,
        overrides=dict(overrides or {}),
        has_lines=not overrides,
    )


def _as_overridden(
    inputs: dict[str, bytes], data: Mapping[str, Any], overrides: Mapping[str, Any] | None
) -> dict[str, bytes]:
    """The files with the entries in them that were replaced."""
    if not overrides:
        return inputs
    return {**inputs, INSTANCE_FILE: (head_of_replaced(overrides) + yaml_text(data)).encode("utf-8")}


def head_of_replaced(paths: Iterable[str]) -> str:
    """Comment lines above an instance file that was written anew."""
    return _HEAD.format(", ".join(" ".join(str(path).split()) for path in paths))


def _require_folder(folder: Path) -> None:
    problem = None
    try:
        if not folder.exists():
            problem = ("no such folder", "a folder with an instance.yaml", "check the path")
        elif not folder.is_dir():
            hint = "give the folder, not the file in it" if folder.name == INSTANCE_FILE else ""
            problem = ("a file", "a folder with an instance.yaml", hint)
        elif not (folder / INSTANCE_FILE).exists():
            # what is there and no file is told by its reader
            names = sorted(entry.name for entry in folder.iterdir())[:5]
            found = f"a folder without it (it has {', '.join(names)})" if names else "an empty folder"
            problem = (found, "an instance: a folder with an instance.yaml", "")
    except OSError as error:
        problem = (error.strerror or "an unreadable folder", "a folder with an instance.yaml", "")
    if problem is not None:
        raise InstanceError(str(folder), [Issue(INSTANCE_FILE, None, "", *problem)])


def _check(
    folder: Path, partial: PartialInstance, locator: Locator
) -> tuple[pd.DatetimeIndex | None, dict[str, str], SeriesData, list[Issue]]:
    """What pydantic cannot see: between entries, and in the CSV files."""
    require_answers_for_checks(partial)
    time, issues = (None, []) if partial.horizon is None else horizon_time(partial.horizon, locator)
    connections, connection_issues = resolve_connections(partial, locator)
    context = CheckContext(partial, locator, time, connections)
    issues += site_issues(context)
    issues += connection_issues
    issues += product_issues(context)
    issues += co2_issues(partial, locator)
    if time is not None and partial.horizon is not None:
        issues += risk_issues(partial.risk, partial.horizon, partial.products, locator)
    series = read_all_series(folder, partial, time, locator)
    issues += series.issues
    issues += check_series_names(partial, series.names, locator)
    return time, connections, series, issues


def _with_process(instance: Instance, document: Mapping[str, Any] | None) -> Instance:
    if document is None or not isinstance(instance.uncertainty, SyntheticScenarios):
        return instance
    return instance.model_copy(update={"uncertainty": instance.uncertainty.with_process_document(document)})


def _own_series(series: SeriesData) -> dict[str, NDArray[np.float64]]:
    """Values of every series in the instance's own files."""
    frames = [series.series, *(series.scenario_series or {}).values()]
    names = dict.fromkeys(str(name) for frame in frames for name in frame.columns)
    return {
        name: np.concatenate([np.asarray(frame[name], dtype=float) for frame in frames if name in frame])
        for name in names
    }


def _connected(products: Mapping[str, MarketProduct], connections: Mapping[str, str]) -> dict[str, MarketProduct]:
    return {
        name: product.model_copy(update={"connection": connections[name]}) if name in connections else product
        for name, product in products.items()
    }


def _place(issue: Issue) -> tuple[bool, str, bool, int]:
    """Order of reading: the instance file first, then by file and line; summaries after what they sum up."""
    return issue.file != INSTANCE_FILE, issue.file, issue.line is None, issue.line or 0
