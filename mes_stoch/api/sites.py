"""A valid instance, ready to draw scenarios from."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mes_stoch.io.artifacts.tree_parts import PART_SCENARIOS
from mes_stoch.io.as_solved import inputs_as_solved, read_again
from mes_stoch.io.catalogue.products import products_left_out
from mes_stoch.io.described import Scenarios, SeriesTable, read_description
from mes_stoch.io.instance import LoadedInstance
from mes_stoch.io.overrides.read import read_overridden
from mes_stoch.io.readers.field_issues import field_issues
from mes_stoch.io.readers.locate import Locator
from mes_stoch.io.validation.risk import risk_issues
from mes_stoch.registry import RISK_MEASURES
from mes_stoch.report.run import Run
from mes_stoch.schema.errors import (
    InstanceError,
    UsageError,
)
from mes_stoch.schema.html_summary import few, html_summary
from mes_stoch.schema.instance import Bids, Instance, kinds_left_out
from mes_stoch.schema.kinds import risk_classes, unusable
from mes_stoch.schema.reduction import Reduction
from mes_stoch.schema.risk import Risk
from mes_stoch.schema.shared_tree import SharedTree
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.uncertainty.handed_in import is_as_checked, mark_as_checked, private_copy, require_fitting
from mes_stoch.uncertainty.planning_tree import planning_tree
from mes_stoch.uncertainty.quality import require_sound
from mes_stoch.uncertainty.tree import build_tree, needs_whole_tree, tree_draws
from mes_stoch.uncertainty.tree_draws import TreeDraws

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

logger = logging.getLogger("mes_stoch.api")


@dataclass(frozen=True, repr=False)
class Site:
    """A valid instance, ready to draw scenarios from; made by :func:`read`."""

    loaded: LoadedInstance

    def __repr__(self) -> str:
        components, products = len(self.instance.components), len(self.instance.products)
        return f"<Site {self.name}: {components} components, {products} products, {self._horizon()}>"

    def _repr_html_(self) -> str:
        instance = self.instance
        rows = {
            "description": instance.description or None,
            "horizon": self._horizon(),
            "carriers": few(list(instance.carriers)),
            "components": few([f"{name} ({spec.type})" for name, spec in instance.components.items()]),
            "products": few(list(instance.products)),
            "currency": instance.currency,
            "folder": self.folder,
        }
        return html_summary(f"Site {self.name}", rows)

    def _horizon(self) -> str:
        horizon = self.instance.horizon
        return f"{horizon.periods} periods of {horizon.period_h:g} h from {horizon.start} ({horizon.timezone})"

    @property
    def instance(self) -> Instance:
        """The instance as its folder describes it."""
        return self.loaded.instance

    @property
    def name(self) -> str:
        return self.instance.name

    @property
    def folder(self) -> Path:
        return self.loaded.folder

    def tree(
        self,
        scenarios: int | None = None,
        seed: int | None = None,
        *,
        leaves_per_day_ahead_node: int | None = None,
        reduction: Reduction | Mapping[str, object] | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> ScenarioTree:
        """The scenarios to plan over, checked for what no market would show.

        Parameters
        ----------
        scenarios : int, optional
            How many to draw, or to keep; default the instance's own number. Explicit scenarios are all taken.
        seed : int, optional
            Default the instance's own.
        leaves_per_day_ahead_node : int, optional
            Scenarios that share a day-ahead node: more than 1 makes the program three-stage. Default the instance's
            own.
        reduction : Reduction or mapping, optional
            Draw more and keep those that stand for all: keys as in ``uncertainty.reduction`` of an instance, such as
            ``{"from_scenarios": 5000, "method": "k_medoids"}``. Default the instance's own.
        stop : callable, optional
            Asked before every node whether to give up.

        Raises
        ------
        UsageError, InstanceError
            A number or seed that does not fit the instance, or data that are not sound.
        TimeLimitError
            ``stop`` said so.
        """
        given = None if reduction is None else _reduction(reduction)
        tree = planning_tree(
            self.loaded,
            scenarios,
            seed,
            leaves_per_day_ahead_node=leaves_per_day_ahead_node,
            reduction=given,
            stop=stop,
        )
        return self._sound(tree)

    def draws(
        self,
        scenarios: int | None = None,
        seed: int | None = None,
        *,
        leaves_per_day_ahead_node: int | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> ScenarioTree:
        """Independent draws of equal weight, whatever reduction or importance sampling the instance states.

        What samples say of days not drawn takes these: standard errors, intervals, replications. Without either in the
        instance they are those of :meth:`tree`, which has the same parameters.

        Raises
        ------
        UsageError, InstanceError, TimeLimitError
        """
        tree = build_tree(
            self.loaded, scenarios, seed, leaves_per_day_ahead_node=leaves_per_day_ahead_node, plain=True, stop=stop
        )
        return self._sound(tree)

    def stream(
        self,
        scenarios: int | None = None,
        seed: int | None = None,
        *,
        leaves_per_day_ahead_node: int | None = None,
        part: int = PART_SCENARIOS,
        plain: bool = False,
    ) -> Iterator[ScenarioTree]:
        """The scenarios of :meth:`tree`, drawn and checked part by part: more of them than memory holds.

        Parameters
        ----------
        scenarios, seed, leaves_per_day_ahead_node
            As for :meth:`tree`.
        part : int
            Scenarios of a part at most, but for a day-ahead node that has more; no node is cut.
        plain : bool
            Draw as :meth:`draws` does, whatever reduction or importance sampling the instance states.

        Returns
        -------
        iterator of ScenarioTree
            Names and data are those of the whole tree to the last bit; probabilities of each part sum to 1.

        Raises
        ------
        UsageError, InstanceError
            As for :meth:`tree`; scenarios that are explicit, reduced or weighted, which belong to the whole tree.
        """
        if part < 1:
            raise UsageError(f"a part has at least one scenario, not {part}")
        draws = self._draws_in_parts(scenarios, seed, leaves_per_day_ahead_node, plain)
        step = max(1, part // draws.leaves_per_day_ahead_node)
        bounds = ((first, min(first + step, draws.nodes)) for first in range(0, draws.nodes, step))
        return (self._sound(draws.part(first, last)) for first, last in bounds)

    def share(
        self,
        first: int,
        last: int,
        scenarios: int | None = None,
        seed: int | None = None,
        *,
        leaves_per_day_ahead_node: int | None = None,
        plain: bool = False,
    ) -> ScenarioTree:
        """The scenarios from position ``first`` up to, not including, ``last`` of :meth:`tree`, and no other drawn.

        Parameters
        ----------
        first, last : int
            Counted from 0, and both between day-ahead nodes: multiples of ``leaves_per_day_ahead_node``.
        scenarios, seed, leaves_per_day_ahead_node, plain
            As for :meth:`stream`.

        Returns
        -------
        ScenarioTree
            Names and data are those of the whole tree to the last bit; the probabilities sum to 1.

        Raises
        ------
        UsageError, InstanceError
            As for :meth:`stream`; a share that the tree does not have.
        """
        draws = self._draws_in_parts(scenarios, seed, leaves_per_day_ahead_node, plain)
        below = draws.leaves_per_day_ahead_node
        if not 0 <= first < last <= draws.scenarios:
            raise UsageError(f"a tree of {draws.scenarios} scenarios has no share from {first} up to {last}")
        if first % below or last % below:
            raise UsageError(f"a share from {first} up to {last} cuts a day-ahead node: each has {below} scenarios")
        return self._sound(draws.part(first // below, last // below))

    def needs_whole_tree(self, *, plain: bool = False) -> str | None:
        """Why scenarios cannot be drawn in parts (:meth:`stream`, :meth:`share`), in words; ``None``: they can."""
        return needs_whole_tree(self.loaded, plain=plain)

    def _draws_in_parts(
        self, scenarios: int | None, seed: int | None, leaves_per_day_ahead_node: int | None, plain: bool
    ) -> TreeDraws:
        reason = self.needs_whole_tree(plain=plain)
        if reason is not None:
            raise UsageError(f"{self.name} cannot draw a tree in parts: {reason}; take site.tree()")
        return tree_draws(
            self.loaded, scenarios, seed, leaves_per_day_ahead_node=leaves_per_day_ahead_node, plain=plain
        )

    def _sound(self, tree: ScenarioTree) -> ScenarioTree:
        require_sound(self.instance, tree, self.loaded.written)
        return mark_as_checked(self.instance, tree)

    @property
    def is_risk_averse(self) -> bool:
        """Whether a measure of risk has a weight in what is maximised."""
        risk = self.instance.risk
        return risk is not None and risk.beta > 0

    def with_bids(self, *, minimum: bool | None = None, steps: bool | None = None) -> Site:
        """The same site with bid rules switched; ``None`` leaves the instance's own."""
        bids = self.instance.bids
        chosen = Bids(
            minimum=bids.minimum if minimum is None else minimum, steps=bids.steps if steps is None else steps
        )
        if chosen == bids:
            return self
        return self._with({"bids": chosen})

    def with_risk(
        self,
        measure: str | None = "cvar",
        *,
        alpha: float | None = None,
        beta: float = 0.5,
        of_single_days: bool = False,
        **terms: object,
    ) -> Site:
        """The same site with another attitude to risk.

        Parameters
        ----------
        measure : str, optional
            ``cvar``: mean profit of the worst ``1 - alpha`` of the probability; ``worst_case``: least profit of any
            scenario; one of an installed package by its name; ``None``: the expected profit alone counts.
        alpha : float, optional
            Of ``cvar``, at least 0 and below 1; default 0.95.
        beta : float
            Weight of the measure; the expected profit has the rest.
        of_single_days : bool
            Whether scenarios that are single days of a contract may be measured.
        **terms
            What a measure of an installed package asks for besides, by key.

        Raises
        ------
        UsageError
            An unknown measure, or a number that makes no sense.
        InstanceError
            Scenarios over which the measure is not what it seems.
        """
        given = {"alpha": alpha, "beta": beta, "of_single_days": of_single_days, **terms}
        risk = None if measure is None else _risk(measure, given)
        if risk == self.instance.risk:
            return self
        issues = risk_issues(risk, self.instance.horizon, self.instance.products, Locator(None, [("risk",)]))
        if found := list(issues):
            raise InstanceError(self.name, found)
        return self._with({"risk": risk})

    def _with(self, changes: Mapping[str, object]) -> Site:
        return Site(replace(self.loaded, instance=self.instance.model_copy(update=changes)))

    def replace(self, overrides: Mapping[str, Any]) -> Site:
        """The same site with other entries or series, read and checked again; what was changed before stays.

        Parameters
        ----------
        overrides : mapping
            As for :func:`read`.

        Raises
        ------
        InstanceError
            With every problem found.

        >>> import mes_stoch as ms
        >>> site = ms.read("instances/tiny_site")
        >>> site.replace({"products.fr_afrr_up.sustain_h": 2.0}).instance.products["fr_afrr_up"].sustain_h
        2.0
        """
        inputs, before = inputs_as_solved(self.loaded)
        loaded = read_again(inputs, overrides, called=self.name)
        return Site(replace(loaded, folder=self.folder, overrides={**before, **loaded.overrides}, has_lines=False))


def _reduction(given: Reduction | Mapping[str, object]) -> Reduction:
    """How a sample is reduced.

    Raises
    ------
    UsageError
        It makes no sense.
    """
    from pydantic import ValidationError

    if isinstance(given, Reduction):
        return given
    try:
        return Reduction.model_validate(dict(given))
    except ValidationError as error:
        raise refusal(error, Reduction, "a reduction") from None


def _risk(measure: str, terms: Mapping[str, object]) -> Risk:
    """The terms of a measure.

    Raises
    ------
    UsageError
        They make no sense.
    """
    from pydantic import ValidationError

    kinds = risk_classes()
    if measure not in kinds:
        reason = unusable(RISK_MEASURES).get(measure)
        raise UsageError(reason or f"unknown measure of risk {measure!r}; there are {' and '.join(kinds)}")
    given = {"measure": measure, **terms}
    try:
        return kinds[measure].model_validate({key: value for key, value in given.items() if value is not None})
    except ValidationError as error:
        raise refusal(error, kinds[measure], "a measure of risk") from None


def refusal(error: ValidationError, model: type[BaseModel], what: str) -> UsageError:
    """What is wrong with values that a call gave, by name."""
    return UsageError("; ".join(map(str, field_issues(error, model, what, a_key=f"a key of {what}"))))


def read(folder: str | Path, overrides: Mapping[str, Any] | None = None) -> Site:
    """Read and validate an instance folder.

    Parameters
    ----------
    folder : path
    overrides : mapping, optional
        What to replace, by dotted path. Entries of ``instance.yaml``: ``{"components.battery.energy_max_mwh": 8,
        "bids.steps": False}``; a mapping as value is merged, and adds a component or product that is not there. Values
        by period, for any field that takes a series: ``{"components.load.demand_mw": array}``. Columns of the
        instance's CSV files: ``{"series.price_eur_per_mwh": "*1.1"}`` for a multiple, a number for all periods, an
        array, a series by time, a table with a column for each scenario, or ``"file.csv"``.

    Raises
    ------
    InstanceError
        With every problem found: file, line, key, what stands there, what should; of overrides the path.
    """
    return _told(Site(read_overridden(Path(folder), overrides)))


def site(
    description: Mapping[str, Any],
    series: SeriesTable | None = None,
    scenarios: Scenarios | None = None,
    *,
    folder: str | Path = ".",
) -> Site:
    """A site described in Python, validated as its ``instance.yaml`` would be.

    Parameters
    ----------
    description : mapping
        What ``instance.yaml`` holds (docs/model.md and the schema say what may stand there). A field that may vary
        takes a number, the name of a series, or an array of values by period. Arrays are NumPy's or pandas'; lists
        stay lists.
    series : DataFrame or mapping, optional
        Series that all scenarios have in common, by name with its unit: arrays of values by period, numbers, or series
        with times, which are put into the order of the horizon.
    scenarios : mapping, DataFrame or Dataset, optional
        Explicit scenarios: a table for each by name, one table with a column ``scenario``, or a data set with the
        dimensions ``scenario`` and ``time``. Their probabilities stand in ``uncertainty``.
    folder : path
        Where files are that the description names, such as a process.

    Returns
    -------
    Site
        Its runs hold the files that say the same.

    Raises
    ------
    InstanceError
        With every problem found, each by key.

    >>> import mes_stoch as ms
    >>> battery = ms.site({
    ...     "format": 1, "name": "battery", "carriers": ["electricity"],
    ...     "horizon": {"start": "2025-01-15T00:00", "timezone": "Europe/Paris", "period_h": 1, "periods": 2},
    ...     "nodes": {"power": {"carrier": "electricity"}},
    ...     "components": {
    ...         "grid": {"type": "grid_connection", "node": "power", "import_max_mw": 1, "export_max_mw": 1},
    ...         "battery": {"type": "storage", "node": "power", "energy_max_mwh": 1, "charge_max_mw": 1,
    ...                     "discharge_max_mw": 1, "initial_mwh": 0, "terminal_mwh": 0},
    ...     },
    ...     "products": {"da": {"price_eur_per_mwh": "price_eur_per_mwh", "settlement_period_h": 1}},
    ... }, scenarios={"low": {"price_eur_per_mwh": [20, 40]}, "high": {"price_eur_per_mwh": [20, 60]}})
    >>> round(ms.solve(battery).summary["objective"], 6)
    30.0
    """
    return _told(Site(read_description(description, series, scenarios, folder)))


def _told(site: Site) -> Site:
    """The site, once its user knows what it leaves out."""
    for reason in [*kinds_left_out(site.instance), *products_left_out(site.instance.products)]:
        logger.warning("%s", reason)
    return site


def site_of(run: Run) -> Site:
    """The site of a run, from the run's own copy of its instance."""
    return Site(read_again(run.settings.inputs))


def checked_tree(site: Site, tree: ScenarioTree) -> tuple[ScenarioTree, bool]:
    """A tree of its own that fits the site, and whether it was made or changed in Python.

    Raises
    ------
    UsageError, InstanceError
        What is no tree, or one that does not fit or is not sound.
    """
    if not isinstance(tree, ScenarioTree):
        raise UsageError(f"a tree is what site.tree(...) gives, or a ScenarioTree; found {type(tree).__name__}")
    if isinstance(tree, SharedTree) and not tree.is_complete:
        # nobody can change it, and a copy would be of what other ranks hold too
        if not is_as_checked(site.instance, tree.held):
            raise UsageError("ranks share a tree that was drawn for another site; draw it again for this one")
        return tree, False
    # of the tree as it came, since a copy leaves behind what is not a tree's
    as_it_came, tree = tree, private_copy(tree)
    is_given = not is_as_checked(site.instance, as_it_came)
    if is_given:
        require_fitting(site.loaded, tree)
    return tree, is_given
