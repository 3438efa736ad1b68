"""From a loaded instance to its scenario tree: explicit scenarios as they are written, synthetic ones drawn by node."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from pydantic import ValidationError

from mes_stoch.io.readers.field_issues import field_issues
from mes_stoch.io.readers.locate import located
from mes_stoch.io.series_names import check_series_names, named_series
from mes_stoch.registry import PROCESSES, Kind, kinds, refused
from mes_stoch.rules.call_history import call_history
from mes_stoch.schema.errors import ExtensionError, InstanceError, Issue, UsageError
from mes_stoch.schema.instance import FITTED, ExplicitScenarios, Instance, SyntheticScenarios
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.uncertainty.call_limits import CallLimits, limits_of
from mes_stoch.uncertainty.call_tilt import CallTilt
from mes_stoch.uncertainty.fitted.document import process_of
from mes_stoch.uncertainty.outages import WithOutages
from mes_stoch.uncertainty.package_process import PackageProcess
from mes_stoch.uncertainty.process import DrawContext, ScenarioProcess
from mes_stoch.uncertainty.room import require_drawable
from mes_stoch.uncertainty.seeds import day_ahead_path, leaf_path
from mes_stoch.uncertainty.tree_draws import TreeDraws, assembled_tree

if TYPE_CHECKING:
    from mes_stoch.io.instance import LoadedInstance

_FILE = "instance.yaml"
_LARGEST_SEED = 2**63 - 1  # what a file can hold


def build_tree(
    loaded: LoadedInstance,
    scenarios: int | None = None,
    seed: int | None = None,
    *,
    leaves_per_day_ahead_node: int | None = None,
    plain: bool = False,
    stop: Callable[[], bool] | None = None,
) -> ScenarioTree:
    """The scenarios of an instance as they are drawn, before any reduction.

    Parameters
    ----------
    loaded : LoadedInstance
        What ``read_instance`` returned.
    scenarios : int, optional
        How many leaves to draw; default the instance's own number. Explicit scenarios are all taken: any other number
        is an error, because leaving some out would change their probabilities without anyone having said how.
    seed : int, optional
        Root seed of a synthetic instance; default the instance's own. An explicit instance draws nothing.
    leaves_per_day_ahead_node : int, optional
        Realtime leaves under each day-ahead node; default the instance's own. 1 is the two-stage tree, in which
        recourse sees the whole day. The number of scenarios is a multiple of it. Explicit scenarios say by name which
        of them share a node.
    plain : bool
        Draw calls as they are, whatever the instance says of tilting them.
    stop : callable, optional
        Asked before every node whether to give up.

    Raises
    ------
    UsageError
        A number or seed that does not fit the instance, or more scenarios than the machine's memory holds.
    TimeLimitError
        ``stop`` said so.
    InstanceError
        Unknown process or parameter, a series drawn that the instance also brings, or one named that nothing delivers.
    """
    _require_some(scenarios)
    uncertainty = loaded.instance.uncertainty
    if isinstance(uncertainty, ExplicitScenarios):
        if leaves_per_day_ahead_node is not None:
            raise UsageError(
                f"{loaded.instance.name} has explicit scenarios: `uncertainty.day_ahead_nodes` says which of them "
                "share a day-ahead node, and no number of leaves can be chosen"
            )
        return _explicit_tree(loaded, uncertainty, scenarios, seed)
    draws = tree_draws(loaded, scenarios, seed, leaves_per_day_ahead_node=leaves_per_day_ahead_node, plain=plain)
    return draws.whole(stop)


def tree_draws(
    loaded: LoadedInstance,
    scenarios: int | None = None,
    seed: int | None = None,
    *,
    leaves_per_day_ahead_node: int | None = None,
    plain: bool = False,
) -> TreeDraws:
    """What draws the scenarios of a synthetic instance, all or in parts, once number, seed and process are checked.

    Parameters
    ----------
    loaded, scenarios, seed, leaves_per_day_ahead_node, plain
        As for :func:`build_tree`.

    Raises
    ------
    UsageError
        A number or seed that does not fit, or an instance with explicit scenarios.
    InstanceError
        Unknown process or parameter, a series drawn that the instance also brings, or one named that nothing delivers.
    """
    _require_some(scenarios)
    uncertainty = loaded.instance.uncertainty
    if isinstance(uncertainty, ExplicitScenarios):
        raise UsageError(f"{loaded.instance.name} has explicit scenarios: nothing is drawn")
    if seed is not None and not 0 <= seed <= _LARGEST_SEED:
        raise UsageError(f"the seed must not be negative nor larger than {_LARGEST_SEED}, and is {seed}")
    below = uncertainty.leaves_per_day_ahead_node if leaves_per_day_ahead_node is None else leaves_per_day_ahead_node
    if below < 1:
        raise UsageError(f"a day-ahead node needs at least one leaf, not {below}")
    count = uncertainty.scenarios if scenarios is None else scenarios
    if count % below:
        raise UsageError(
            f"{count} scenarios cannot be shared out by {below} leaves a day-ahead node; take a multiple of {below}"
        )
    root_seed = uncertainty.seed if seed is None else seed
    process = make_process(loaded.instance.name, uncertainty, plain=plain)
    _check_currency(loaded.instance, uncertainty, process)
    _check_series(loaded, uncertainty, process)
    require_drawable(count)
    limits = call_limits(loaded.instance, loaded.time)
    given = {str(name): np.asarray(loaded.series[name], dtype=float) for name in loaded.series.columns}
    tilt = CallTilt(uncertainty.tilted_calls) if uncertainty.tilted_calls and not plain else None
    context = DrawContext.of(loaded.instance.horizon, loaded.time, limits, given, tilt)
    return TreeDraws(loaded, uncertainty, process, context, root_seed, count // below, below)


def _require_some(scenarios: int | None) -> None:
    if scenarios is not None and scenarios < 1:
        raise UsageError(f"the number of scenarios must be at least 1, not {scenarios}")


def needs_whole_tree(loaded: LoadedInstance, *, plain: bool = False) -> str | None:
    """Why the scenarios of an instance cannot be drawn in parts, in words; ``None``: they can.

    ``plain``: they are drawn without the instance's reduction and importance sampling.
    """
    uncertainty = loaded.instance.uncertainty
    if isinstance(uncertainty, ExplicitScenarios):
        return "its scenarios are explicit, and nothing is drawn"
    if plain:
        return None
    if uncertainty.reduction is not None:
        return "it reduces its scenarios, which are chosen among all that are drawn"
    process = make_process(loaded.instance.name, uncertainty)
    if uncertainty.tilted_calls or getattr(process, "tilted_calls", {}):
        return "it draws calls likelier than they are, and weights are scaled over all scenarios"
    return None


def make_process(instance_name: str, uncertainty: SyntheticScenarios, *, plain: bool = False) -> ScenarioProcess:
    """The process an instance names, with its parameters; every problem is reported at once.

    ``plain``: parts that draw rare calls likelier than they are draw them as they are.

    Raises
    ------
    InstanceError
        With every unknown or wrong parameter; if there is no such process.
    """
    if uncertainty.process == FITTED:
        file = uncertainty.process_file or FITTED
        fitted = process_of(instance_name, file, uncertainty.process_document)
        return _with_outages(instance_name, fitted.untilted() if plain else fitted, uncertainty)
    kind, found = _process_class(instance_name, uncertainty.process)
    try:
        with kind.errors_named("reading its parameters", passes=(ValidationError,)):
            parameters = found.Parameters(**uncertainty.parameters)
    except ValidationError as error:
        under, a_key = ("uncertainty", "parameters"), f"a parameter of {uncertainty.process}"
        issues = field_issues(error, found.Parameters, _FILE, under=under, a_key=a_key)
        raise InstanceError(instance_name, issues) from None
    process = found(parameters) if kind.is_built_in else PackageProcess(kind, parameters)
    return _with_outages(instance_name, process, uncertainty)


def _with_outages(instance_name: str, process: ScenarioProcess, uncertainty: SyntheticScenarios) -> ScenarioProcess:
    if not uncertainty.outages:
        return process
    twice = sorted(set(uncertainty.outages) & set(process.series_names()))
    if twice:
        expected = f"a series that {uncertainty.process} does not draw"
        issues = [Issue(_FILE, None, f"uncertainty.outages.{name}", repr(name), expected) for name in twice]
        raise InstanceError(instance_name, issues)
    return WithOutages(process, uncertainty.outages)


def _process_class(instance_name: str, name: str) -> tuple[Kind, type[ScenarioProcess]]:
    known = kinds(PROCESSES)
    reason = refused(PROCESSES).get(name, "")
    if name in known:
        try:
            return known[name], known[name].process()
        except ExtensionError as error:
            reason = str(error)
    names = ", ".join(sorted([*known, FITTED]))
    issue = Issue(_FILE, None, "uncertainty.process", repr(name), f"one of: {names}", reason)
    raise InstanceError(instance_name, [issue])


def call_limits(instance: Instance, time: pd.DatetimeIndex) -> dict[str, CallLimits]:
    """Limits of the calls in each series of called shares; where several products read one, all of theirs."""
    limits: dict[str, CallLimits] = {}
    for name, product in instance.called_products().items():
        for direction in product.directions:
            series = product.activation(direction)
            if isinstance(series, str):
                own = limits_of(product, time, call_history(instance, name, product, direction, time))
                limits[series] = limits[series].and_also(own) if series in limits else own
    return limits


def _explicit_tree(
    loaded: LoadedInstance, uncertainty: ExplicitScenarios, scenarios: int | None, seed: int | None
) -> ScenarioTree:
    frames = loaded.scenario_series or {}
    if seed is not None:
        raise UsageError(f"{loaded.instance.name} has explicit scenarios: nothing is drawn, so a seed has no meaning")
    if scenarios is not None and scenarios != len(frames):
        raise UsageError(
            f"{loaded.instance.name} has {len(frames)} explicit scenarios, and {scenarios} were asked for; leave the "
            f"number "
            "out to take all"
        )
    names = list(frames)
    if not names:
        raise UsageError(f"{loaded.instance.name} has no explicit scenarios")
    columns = list(frames[names[0]].columns)
    series = {
        str(column): np.stack([np.asarray(frames[name][column], dtype=float) for name in names]) for column in columns
    }
    weights = loaded.probabilities
    if weights is None:
        probability = np.full(len(names), 1.0 / len(names))
    else:
        probability = np.array([weights[name] for name in names], dtype=float)
    nodes, leaves = _explicit_paths(uncertainty, names)
    return assembled_tree(loaded, names, nodes, leaves, probability, series, {"origin": "explicit"})


def listed_alone(loaded: LoadedInstance, position: int) -> ScenarioTree:
    """One scenario of an instance's list as a tree by itself, of two stages."""
    frames = loaded.scenario_series or {}
    name = list(frames)[position]
    series = {str(column): np.asarray(frames[name][column], dtype=float)[np.newaxis] for column in frames[name].columns}
    nodes, leaves = [day_ahead_path(position)], [leaf_path(position)]
    return assembled_tree(loaded, [name], nodes, leaves, np.ones(1), series, {"origin": "explicit"})


def _explicit_paths(uncertainty: ExplicitScenarios, names: list[str]) -> tuple[list[str], list[str]]:
    """Day-ahead node and leaf of every scenario; nodes are numbered as they first appear."""
    given = uncertainty.day_ahead_nodes
    labels = names if given is None else [given[name] for name in names]
    number = {label: index for index, label in enumerate(dict.fromkeys(labels))}
    leaves = [leaf_path(number[label], labels[:k].count(label)) for k, label in enumerate(labels)]
    return [day_ahead_path(number[label]) for label in labels], leaves


def _check_currency(instance: Instance, uncertainty: SyntheticScenarios, process: ScenarioProcess) -> None:
    """Prices drawn in one currency must not be read in another; a process that names none fits every instance."""
    drawn = getattr(process, "currency", None)
    if drawn not in (None, instance.currency):
        found = f"{uncertainty.process!r}, which draws prices in {drawn}"
        hint = f"say `currency: {drawn}` and write every amount in it, or give explicit scenarios"
        issue = Issue(_FILE, None, "uncertainty.process", found, f"prices in {instance.currency}", hint)
        raise InstanceError(instance.name, [issue])


def _check_series(loaded: LoadedInstance, uncertainty: SyntheticScenarios, process: ScenarioProcess) -> None:
    """Every series the instance names is drawn or brought, and none is both."""
    drawn, brought = set(process.series_names()), {str(name) for name in loaded.series.columns}
    issues = [
        Issue(
            loaded.instance.series or _FILE,
            1,
            name,
            "a column that the scenario process draws as well",
            "one source for each series",
            "give the column a name of its own and use that in instance.yaml",
        )
        for name in sorted(drawn & brought)
    ]
    issues += check_series_names(loaded.instance, drawn | brought)
    issues += _unused_outages(loaded.instance, uncertainty)
    if issues:
        raise InstanceError(loaded.instance.name, located(issues, loaded.written, loaded.instance.currency))


def _unused_outages(instance: Instance, uncertainty: SyntheticScenarios) -> list[Issue]:
    """Outages that act on nothing, since no component names their share."""
    used = {name for _, name in named_series(instance)}
    hint = "name it in the availability of a component, e.g. available_per_unit, or leave it out"
    return [
        Issue(_FILE, None, f"uncertainty.outages.{name}", repr(name), "a series that a component names", hint)
        for name in uncertainty.outages
        if name not in used
    ]
