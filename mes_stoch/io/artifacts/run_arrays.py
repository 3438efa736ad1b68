"""What the arrays of a run hold: dimensions, kinds and ranges, each file for itself and all of them together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import available_timezones

import numpy as np
import xarray as xr

from mes_stoch.io.names import name_problem
from mes_stoch.io.readers.netcdf import time_axis_problem
from mes_stoch.schema.errors import Issue

FLOWS, SOLUTION, SUMMARY, TREE = "flows.nc", "solution.nc", "summary.json", "tree.nc"
#: Values of a linear program's rows; where a dispatch is mixed-integer there are none, and some may be missing.
DUAL = "dual."
PRICE = "price."
_SUM_TOLERANCE = 1e-6

Layout = Mapping[str, tuple[tuple[str, ...], str]]
#: By variable: its dimensions, and ``U`` text, ``f`` numbers, ``M`` times.
_SCENARIOS: Layout = {
    "scenario": (("scenario",), "U"),
    "probability": (("scenario",), "f"),
    "day_ahead_node": (("scenario",), "U"),
}
_MONEY: Layout = {
    "stream": (("stream",), "U"),
    "stream_group": (("stream",), "U"),
    "stream_eur": (("scenario", "stream"), "f"),
    "profit_eur": (("scenario",), "f"),
}
#: CO2 of a site that emits any.
_EMISSIONS: Layout = {
    "emission_time": (("emission_time",), "M"),
    "emitter": (("emitter",), "U"),
    "emission_kg": (("scenario", "emission_time", "emitter"), "f"),
}
_FLOW: Layout = {
    "time": (("time",), "M"),
    "carrier": (("flow",), "U"),
    "node": (("flow",), "U"),
    "component": (("flow",), "U"),
    "flow_mw": (("scenario", "time", "flow"), "f"),
}
_WORDS = {"U": "text", "f": "numbers", "M": "times"}


def layout_issues(dataset: xr.Dataset, layout: Layout, file: str) -> list[Issue]:
    """Variables that are missing, or not of the dimensions and kind they must have."""
    issues = []
    for name, (dimensions, kind) in layout.items():
        if name not in dataset.variables:
            issues.append(Issue(file, None, name, "nothing", f"{_WORDS[kind]} over {', '.join(dimensions)}"))
            continue
        found = dataset[name].dims
        if found != dimensions:
            shown = ", ".join(map(str, found)) or "nothing"
            issues.append(Issue(file, None, name, f"values over {shown}", f"values over {', '.join(dimensions)}"))
        elif not _is_kind(dataset[name].values, kind):
            issues.append(Issue(file, None, name, f"values of type {dataset[name].dtype}", _WORDS[kind]))
        elif kind == "M" and (problem := time_axis_problem(dataset[name].values)):
            issues.append(Issue(file, None, name, problem, "times in order"))
    return issues


def _is_kind(values: Any, kind: str) -> bool:
    found = values.dtype.kind
    if kind == "U":
        return found == "U" or (found == "O" and all(isinstance(item, str) for item in values.ravel()))
    return found in ("fiu" if kind == "f" else kind)


def not_finite(dataset: xr.Dataset, name: str, file: str) -> list[Issue]:
    """A variable with values that are not numbers."""
    values = dataset[name].values
    bad = values.size - int(np.count_nonzero(np.isfinite(values)))
    return [Issue(file, None, name, f"{bad} values that are not numbers", "finite numbers")] if bad else []


def scenario_issues(dataset: xr.Dataset, file: str) -> list[Issue]:
    """Names that occur twice or that a terminal obeys, and probabilities that are none."""
    issues = []
    names = [str(name) for name in dataset["scenario"].values]
    doubled = len(names) - len(set(names))
    if doubled:
        issues.append(Issue(file, None, "scenario", f"{doubled} names that occur before", "names that differ"))
    for name in names:
        problem = name_problem(name) if name else "is empty"
        if problem is not None:
            issues.append(Issue(file, None, "scenario", f"a name that {problem}", "a plain name"))
            break
    bad_nodes = [node for node in dataset["day_ahead_node"].values if not str(node) or name_problem(str(node))]
    if bad_nodes:
        issues.append(Issue(file, None, "day_ahead_node", "a path that is empty or not a plain name", "a path"))
    weight = np.asarray(dataset["probability"].values, dtype=float)
    if not (np.isfinite(weight).all() and (weight >= 0).all()):
        issues.append(Issue(file, None, "probability", "values below 0 or none", "numbers of 0 or more"))
    return issues


def attribute_issues(dataset: xr.Dataset, file: str) -> list[Issue]:
    """Time zone and length of a period, which every reader needs."""
    zone, period_h = dataset.attrs.get("timezone"), dataset.attrs.get("period_h")
    issues = []
    if not isinstance(zone, str) or zone not in available_timezones():
        issues.append(Issue(file, None, "timezone", f"{zone!r:.60}", "an IANA time zone"))
    if not isinstance(period_h, int | float | np.floating | np.integer) or not 0 < period_h < np.inf:
        issues.append(Issue(file, None, "period_h", f"{period_h!r:.60}", "hours above 0"))
    return issues


def solution_issues(solution: xr.Dataset, file: str = SOLUTION) -> list[Issue]:
    """What is wrong with the decisions and the money of a run."""
    issues = attribute_issues(solution, file)
    is_solved = bool(solution.sizes.get("scenario", 0))
    emits = "emission_kg" in solution.variables
    layout = {**_SCENARIOS, **(_MONEY if is_solved else {}), **(_EMISSIONS if emits else {})}
    issues += layout_issues(solution, layout, file)
    if issues:
        return issues
    issues = scenario_issues(solution, file)
    known = set(_MONEY) | set(_SCENARIOS) | (set(_EMISSIONS) if emits else set())
    for name in map(str, solution.variables):
        if name in known:
            if name in ("stream_eur", "profit_eur", "emission_kg"):
                issues += not_finite(solution, name, file)
            continue
        issues += _decision_issues(solution, name, file)
    return issues


def _decision_issues(solution: xr.Dataset, name: str, file: str) -> list[Issue]:
    array = solution[name]
    if array.dims == (name,):
        problem = time_axis_problem(array.values)
        return [Issue(file, None, name, problem, "starts of spans in order")] if problem else []
    spans = array.dims[1:] if array.dims[:1] == ("scenario",) else array.dims
    if len(spans) != 1 or spans[0] not in solution.coords or spans[0] in ("scenario", "stream"):
        shown = ", ".join(map(str, array.dims)) or "nothing"
        return [Issue(file, None, name, f"values over {shown}", "values over the spans of a coordinate of times")]
    if array.dtype.kind not in "fiu":
        return [Issue(file, None, name, f"values of type {array.dtype}", "numbers")]
    return [] if name.startswith(DUAL) else not_finite(solution, name, file)


def flow_issues(flows: xr.Dataset, file: str = FLOWS) -> list[Issue]:
    """What is wrong with the meters of a run."""
    issues = attribute_issues(flows, file)
    is_solved = bool(flows.sizes.get("scenario", 0))
    issues += layout_issues(flows, {**_SCENARIOS, **(_FLOW if is_solved else {})}, file)
    if issues or not is_solved:
        return issues
    issues = scenario_issues(flows, file) + not_finite(flows, "flow_mw", file)
    prices = [str(name) for name in flows.data_vars if str(name).startswith(PRICE)]
    issues += layout_issues(flows, dict.fromkeys(prices, (("scenario", "time"), "f")), file)
    return issues if issues else [issue for name in prices for issue in not_finite(flows, name, file)]


def together_issues(
    summary: Mapping[str, Any], tree: xr.Dataset, solution: xr.Dataset, flows: xr.Dataset
) -> list[Issue]:
    """Scenarios, periods and streams that the files of one run must have in common."""
    issues = []

    def same(file: str, key: str, found: object, expected: object, where: str) -> None:
        if found != expected:
            issues.append(Issue(file, None, key, f"{found!r:.80}", f"{expected!r:.80}, as in {where}"))

    known = [str(name) for name in tree["scenario"].values]
    solved, metered = ([str(name) for name in dataset["scenario"].values] for dataset in (solution, flows))
    same(SUMMARY, "scenarios", summary["scenarios"], len(known), TREE)
    same(SUMMARY, "horizon_periods", summary["horizon_periods"], tree.sizes["time"], TREE)
    for file, dataset in ((TREE, tree), (SOLUTION, solution), (FLOWS, flows)):
        same(file, "timezone", dataset.attrs["timezone"], summary["timezone"], SUMMARY)
        same(file, "period_h", float(dataset.attrs["period_h"]), float(summary["period_h"]), SUMMARY)
    if solved != metered:
        issues.append(Issue(FLOWS, None, "scenario", "other scenarios", f"those of {SOLUTION}"))
    if set(solved) - set(known):
        issues.append(Issue(SOLUTION, None, "scenario", "scenarios that are not in the tree", f"those of {TREE}"))
    if bool(solved) != (summary["objective"] is not None):
        found = "an objective" if summary["objective"] is not None else "no objective"
        issues.append(Issue(SUMMARY, None, "objective", found, "one if, and only if, scenarios were dispatched"))
    for file, dataset in ((SOLUTION, solution), (FLOWS, flows)):
        if "time" in dataset.variables and not np.array_equal(dataset["time"].values, tree["time"].values):
            issues.append(Issue(file, None, "time", "other periods", f"those of {TREE}"))
    if solved:
        missing = [str(name) for name in solution["stream"].values if str(name) not in summary["streams"]]
        issues += [Issue(SUMMARY, None, f"streams.{name}", "nothing", f"a sum, as in {SOLUTION}") for name in missing]
    return issues


def sums_to_one(dataset: xr.Dataset) -> bool:
    """Whether the probabilities of a dataset are those of all that can happen."""
    return bool(abs(float(np.asarray(dataset["probability"].values, dtype=float).sum()) - 1.0) <= _SUM_TOLERANCE)
