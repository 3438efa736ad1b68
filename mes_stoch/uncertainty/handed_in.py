"""A tree that somebody made or changed in Python, checked like one that is drawn or read from files."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pandas as pd
import xarray as xr

from mes_stoch.io.artifacts.tree import OPTIONAL_COORDINATES, TREE_ATTRIBUTES, TREE_COORDINATES, tree_issues
from mes_stoch.io.instance import LoadedInstance
from mes_stoch.io.series_names import check_series_names
from mes_stoch.schema.errors import InstanceError, Issue, UsageError
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.tree import PERIOD_LENGTH, ScenarioTree
from mes_stoch.uncertainty.quality import require_sound

_PLACE = "tree"


def mark_as_checked(instance: Instance, tree: ScenarioTree) -> ScenarioTree:
    """The tree with a note of what it was when it was found sound for an instance."""
    return replace(tree, checked_as=_fingerprint(instance, tree))


def is_as_checked(instance: Instance, tree: ScenarioTree) -> bool:
    """Whether a tree is one that was checked for this instance, unchanged since."""
    return tree.checked_as is not None and tree.checked_as == _fingerprint(instance, tree)


def private_copy(tree: ScenarioTree) -> ScenarioTree:
    """A tree of its own, which later changes of the one handed in do not reach.

    Values and what is known of a tree are taken, and nothing else that a dataset may carry (other coordinates,
    attributes with which a reader would change numbers, arrays that are not worked out yet).

    Raises
    ------
    UsageError
        The tree holds no dataset.
    """
    dataset = tree.dataset
    if not isinstance(dataset, xr.Dataset):
        raise UsageError(f"a ScenarioTree holds an xarray.Dataset; found {type(dataset).__name__}")
    known = [*TREE_COORDINATES, *OPTIONAL_COORDINATES]
    variables = {
        name: (array.dims, np.array(array.values))
        for name, array in dataset.variables.items()
        if name in dataset.data_vars or name in known
    }
    coordinates = {name: variables.pop(name) for name in known if name in variables}
    attributes = {name: dataset.attrs[name] for name in TREE_ATTRIBUTES if name in dataset.attrs}
    return ScenarioTree(xr.Dataset(variables, coords=coordinates, attrs=attributes))


def require_fitting(loaded: LoadedInstance, tree: ScenarioTree) -> None:
    """Raise with everything that keeps a tree from being one of an instance.

    **Rules**

    - the form of a tree: coordinates, kinds, finite numbers, names of scenarios that differ and that no terminal or
      spreadsheet obeys;
    - periods, time zone, period length and currency are the instance's;
    - every series the instance names is there; every leaf has a path of its own, below its day-ahead node;
    - the data are sound: :func:`mes_stoch.uncertainty.quality.check_tree`.

    Raises
    ------
    InstanceError
    """
    instance = loaded.instance
    issues = tree_issues(tree.dataset, _PLACE)
    if not issues:
        issues = [*_horizon_issues(loaded, tree), *_path_issues(tree)]
        issues += check_series_names(instance, set(tree.series_names))
    if issues:
        raise InstanceError(instance.name, [issue.in_currency(instance.currency) for issue in issues])
    require_sound(instance, tree, loaded.written, place=_PLACE)


def _horizon_issues(loaded: LoadedInstance, tree: ScenarioTree) -> list[Issue]:
    instance, dataset = loaded.instance, tree.dataset
    issues = []
    for key, found, expected in (
        ("timezone", dataset.attrs["timezone"], instance.horizon.timezone),
        ("period_h", float(dataset.attrs["period_h"]), float(instance.horizon.period_h)),
        ("currency", dataset.attrs.get("currency", instance.currency), instance.currency),
    ):
        if found != expected:
            issues.append(Issue(_PLACE, None, key, repr(found), f"{expected!r}, as in the instance"))
    own = pd.DatetimeIndex(loaded.time.tz_convert("UTC").tz_localize(None))
    times = pd.DatetimeIndex(dataset["time"].values)
    if len(times) != len(own) or not (times == own).all():
        found = f"{len(times)} periods from {times[0]} UTC"
        expected = f"{len(own)} periods of {instance.horizon.period_h:g} h from {own[0]} UTC, the instance's horizon"
        issues.append(Issue(_PLACE, None, "time", found, expected))
    elif PERIOD_LENGTH in dataset.coords:
        lengths, wanted = np.asarray(dataset[PERIOD_LENGTH].values, dtype=float), instance.horizon.lengths_h
        wrong = np.flatnonzero(~np.isclose(lengths, wanted, rtol=1e-6, atol=0.0))
        if wrong.size:
            first = int(wrong[0])
            expected = f"{wanted[first]:g} h, as in the instance"
            issues.append(Issue(_PLACE, None, PERIOD_LENGTH, f"{lengths[first]:g} h from {own[first]} UTC", expected))
    return issues


def _path_issues(tree: ScenarioTree) -> list[Issue]:
    leaves = [str(leaf) for leaf in tree.dataset["leaf"].values]
    nodes = [str(node) for node in tree.dataset["day_ahead_node"].values]
    issues = []
    if len(set(leaves)) < len(leaves):
        issues.append(Issue(_PLACE, None, "leaf", "a path that occurs twice", "a path of its own for every leaf"))
    for leaf, node in zip(leaves, nodes, strict=True):
        if leaf != node and not leaf.startswith(f"{node}/"):
            issues.append(Issue(_PLACE, None, "leaf", repr(leaf), f"a path below its day-ahead node {node}"))
            break
    return issues


def _fingerprint(instance: Instance, tree: ScenarioTree) -> str:
    """Digest of everything that the checks read."""
    digest = hashlib.sha256(instance.model_dump_json().encode())
    dataset = tree.dataset
    digest.update(repr(sorted((str(key), str(value)) for key, value in dataset.attrs.items())).encode())
    for name in sorted(map(str, dataset.variables)):
        variable = dataset.variables[name]
        digest.update(f"{name}{variable.dims}{variable.dtype}{variable.shape}".encode())
        values = np.asarray(variable.values)
        digest.update(repr(values.tolist()).encode() if values.dtype.hasobject else values.tobytes())
    return digest.hexdigest()
