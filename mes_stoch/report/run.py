"""A finished run: what was committed, what it is worth, and everything behind it."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from mes_stoch.io.artifacts import run_folder as layout
from mes_stoch.io.artifacts.manifest import build_manifest
from mes_stoch.io.artifacts.run_files import read_run_files
from mes_stoch.io.artifacts.run_folder import RunFolder
from mes_stoch.io.as_solved import read_again
from mes_stoch.report.amounts import amount
from mes_stoch.report.by_carrier import ByCarrier, flows_by_carrier, levels_by_carrier, prices_by_carrier
from mes_stoch.report.run_plots import RunPlots
from mes_stoch.report.site_decisions import no_decisions
from mes_stoch.schema.errors import RunFolderError, WriteError
from mes_stoch.schema.html_summary import few, html_summary
from mes_stoch.schema.site_decision import SiteKey
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.schema.units import FORMAT_CURRENCY

logger = logging.getLogger("mes_stoch.report.run")


@dataclass(frozen=True)
class RunSettings:
    """What was asked for, and from where.

    Parameters
    ----------
    inputs : dict
        The instance's files as they were solved, by relative path.
    method : str
        ``ef`` or ``ph``.
    options : dict
        Everything else that was chosen: gap, limits, factors.
    command : str or None
        The command line; ``None`` for a run started from Python.
    started : datetime
        UTC.
    changed_in_python : dict
        New values of entries of the instance that are not those of the files it was read from, by dotted path.
    is_tree_given : bool
        Whether the scenarios were made or changed in Python, so that they need not be those of the instance's files.
    plugins : dict
        By tag, name and version of the installed packages that bring kinds the instance uses.
    """

    inputs: dict[str, bytes] = field(repr=False)
    method: str
    options: dict[str, Any] = field(default_factory=dict)
    command: str | None = None
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    changed_in_python: dict[str, Any] = field(default_factory=dict)
    is_tree_given: bool = False
    plugins: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, repr=False)
class Run:
    """Results of one solve, in profit form (in its currency over the horizon; positive is earned).

    The same object comes from a solve and from the files of a run folder, so that tables and figures never know which.

    Parameters
    ----------
    summary : dict
        What ``summary.json`` holds.
    commitments : pandas.DataFrame
        Columns ``product``, ``direction``, ``block_start``, ``block_end`` (local time), ``volume_mw``; also
        ``volume_mvar`` where a voltage service is committed, whose ``volume_mw`` is empty. ``direction`` is `up`,
        `down` or `symmetric` for what can be called, `certified` for a level of a capacity mechanism, and `injection`,
        `absorption` or `both` for reactive power.
        Where volumes are offered at prices, ``price_eur_per_mw_h`` (``price_eur_per_mwh`` for energy, whose
        ``direction`` is `sell` or `buy`) as well, and a row for each price of a block.
    solution : xarray.Dataset
        All primal values with units; ``profit_eur``, ``stream_eur``; ``dual.*`` where the recourse is linear.
    flow_data : xarray.Dataset
        Called operation by carrier, node and component, and the energy prices.
    trace : pandas.DataFrame
        Columns ``time_s``, ``iteration``, ``bound_lower``, ``bound_upper``: proven bounds on what is maximised; and
        ``bound_kind``, what the upper one rests on (``safe``, ``solver``, empty while there is none; ``search`` for
        both as HiGHS has them while it searches, not yet proven).
    tree : ScenarioTree
        The scenarios it was solved over.
    settings : RunSettings
    changed : tuple of str
        Files of the run folder it was read from that have changed since they were written.
    site_decisions : pandas.DataFrame
        What is decided of components with the commitments, a row each: ``component``, ``quantity``, ``unit``,
        ``value``; empty where the instance leaves nothing of them open.
    """

    summary: dict[str, Any]
    commitments: pd.DataFrame
    solution: xr.Dataset
    flow_data: xr.Dataset
    trace: pd.DataFrame
    tree: ScenarioTree
    settings: RunSettings
    changed: tuple[str, ...] = ()
    site_decisions: pd.DataFrame = field(default_factory=no_decisions)

    def __repr__(self) -> str:
        objective = self.objective
        worth = "no commitment found" if objective is None else f"{self.maximised} {objective:,.2f} {self.currency}"
        return f"<Run of {self.summary['instance']} by {self.summary['method']}: {self.status}, {worth}>"

    def _repr_html_(self) -> str:
        summary, currency = self.summary, self.currency
        held = self.commitments[self.commitments["volume_mw"] > 0].groupby("product", sort=False)["volume_mw"]
        volumes = [f"{product} {low:g} to {high:g} MW" for product, low, high in held.agg(["min", "max"]).itertuples()]
        upper = summary.get("bound_upper")
        rows = {
            "status": self.status,
            "method": summary["method"],
            "scenarios": summary["scenarios"],
            self.maximised: None if self.objective is None else f"{amount(self.objective)} {currency}",
            "proven at most": None if upper is None else f"{amount(float(upper))} {currency}",
            "committed": few(volumes),
            "wall time": f"{float(summary['wall_time_s']):.1f} s",
        }
        return html_summary(f"Run of {summary['instance']}", rows)

    @property
    def is_done(self) -> bool:
        """Whether the gap asked for is closed, so that nothing is left to go on with."""
        return self.status not in ("limit", "interrupted")

    @property
    def status(self) -> str:
        """``optimal``, ``gap_reached``, ``slack`` (done, but leaning on slack), ``limit`` or ``interrupted``."""
        return str(self.summary["status"])

    @property
    def currency(self) -> str:
        """Currency of every amount, three capital letters; names such as ``profit_eur`` do not change with it."""
        return str(self.summary.get("currency", FORMAT_CURRENCY))

    @property
    def objective(self) -> float | None:
        """What is maximised, over the horizon; ``None`` where no commitment was found in time.

        The expected profit of the commitment, or its utility where a measure of risk has a weight.
        """
        value = self.summary["objective"]
        return None if value is None else float(value)

    @property
    def expected_profit(self) -> float:
        """Expected profit of the commitment over the horizon; ``nan`` where no commitment was found in time."""
        value = self.summary.get("expected_profit") if self.is_risk_averse else self.objective
        return math.nan if value is None else float(value)

    @property
    def maximised(self) -> str:
        """What the objective and its bounds are of, in words."""
        return "utility" if self.is_risk_averse else "expected profit"

    @property
    def is_risk_averse(self) -> bool:
        """Whether a measure of risk has a weight in what is maximised."""
        risk = self.summary.get("risk")
        return risk is not None and risk["beta"] > 0

    @property
    def profit(self) -> pd.Series[float]:
        """Profit of each scenario over the horizon, in the currency of the run."""
        if "profit_eur" not in self.solution:
            return pd.Series(dtype=float, name="profit_eur")
        index = pd.Index(self.solution["scenario"].values.astype(str), name="scenario")
        return pd.Series(self.solution["profit_eur"].values, index=index, name="profit_eur")

    @property
    def decided(self) -> dict[SiteKey, float]:
        """Decisions of the site by component and quantity."""
        table = self.site_decisions
        keys = zip(table["component"].astype(str), table["quantity"].astype(str), strict=True)
        return dict(zip(keys, map(float, table["value"]), strict=True))

    @cached_property
    def flows(self) -> ByCarrier:
        """Called operation by carrier, MW, into the node positive.

        ``flows["heat"]`` has dims ``(scenario, time, component)``; ``flows(scenario)`` is a table of one scenario over
        local time with columns ``(carrier, node, component)``.

        >>> import mes_stoch as ms
        >>> run = ms.solve(ms.read("instances/tiny_site"))
        >>> heat = run.flows["heat"].sel(scenario="called", component="chp")
        >>> heat.units, heat.values.tolist()
        ('MW', [2.0, 2.0, 2.0, 2.0])
        >>> run.flows("low")["gas", "fuel", "boiler"].tolist()
        [-2.0, -2.0, -2.0, -2.0]
        """
        return flows_by_carrier(self.flow_data)

    @cached_property
    def prices(self) -> ByCarrier:
        """Prices of the energy markets by carrier, currency of the run per MWh.

        ``prices["electricity"]`` has dims ``(scenario, time, product)``; ``prices(scenario)`` is a table with columns
        ``(carrier, product)``.

        >>> import mes_stoch as ms
        >>> run = ms.solve(ms.read("instances/tiny_site"))
        >>> prices = run.prices["electricity"].sel(product="da")
        >>> prices.units, prices.isel(time=0).values.tolist()
        ('EUR/MWh', [40.0, 50.0, 60.0, 80.0])
        >>> str(run.prices("high").index[0])
        '2025-01-15 00:00:00+01:00'
        """
        instance = read_again(self.settings.inputs).instance
        connections = instance.connections()
        sold_over = {name: connections[str(market.connection)] for name, market in instance.markets().items()}
        carriers = {name: instance.nodes[connection.node].carrier for name, connection in sold_over.items()}
        return prices_by_carrier(self.flow_data, carriers)

    @cached_property
    def levels(self) -> ByCarrier:
        """What every store holds at the end of each period by carrier, MWh; vehicles once those that leave have left.

        ``levels["heat"]`` has dims ``(scenario, time, component)``; ``levels(scenario)`` is a table with columns
        ``(carrier, node, component)``. A row of local time 10:00 in hourly periods is the level at 11:00.

        >>> import mes_stoch as ms
        >>> run = ms.solve(ms.read("instances/tiny_site"))
        >>> run.levels
        <levels at the end of periods, MWh (scenario: 4, time: 4, component: 0): no carrier>
        """
        return levels_by_carrier(self.solution, self.flow_data)

    @property
    def plot(self) -> RunPlots:
        """Plots: ``run.plot.dispatch()``, ``commitments``, ``levels``, ``fan``, ``profit``."""
        return RunPlots(self)

    def write(self, folder: str | Path | None = None, *, force: bool = False) -> Path:
        """Write the run folder (without figures) and return its path.

        Parameters
        ----------
        folder : path, optional
            Default: ``runs/<instance>-<time>``.
        force : bool
            Overwrite an earlier run in ``folder``; anything no run wrote is never touched.

        Raises
        ------
        UsageError
            If the folder is taken or cannot be written.
        """
        if folder is None:
            target = RunFolder.create_default(str(self.summary["instance"]), datetime.now())
        else:
            target = RunFolder.create(Path(folder), force)
        try:
            self.write_to(target)
        finally:
            target.discard()
        return target.path

    def write_to(self, target: RunFolder) -> None:
        """Fill a folder that was claimed before: the smallest and most valuable first, the manifest closes it.

        Raises
        ------
        WriteError
            If something could not be written; all that could be is there, and the message says what is and what is not.
        """
        target.clear()
        manifest = self._manifest()
        steps: dict[str, Callable[[], object]] = {
            layout.SUMMARY: lambda: target.put_json(layout.SUMMARY, self.summary),
            layout.COMMITMENTS: lambda: target.put_frame(layout.COMMITMENTS, commitments_as_text(self.commitments)),
            **self._decided(target),
            layout.TRACE: lambda: target.put_frame(layout.TRACE, self.trace),
            layout.UNFINISHED: lambda: target.put_json(layout.UNFINISHED, manifest),
        }
        for name, content in self.settings.inputs.items():
            place = f"{layout.INSTANCE}/{name}"
            steps[place] = partial(target.put_bytes, place, content)
        steps |= {
            layout.TREE: lambda: target.put_tree(layout.TREE, self.tree),
            layout.SOLUTION: lambda: target.put_dataset(layout.SOLUTION, self.solution),
            layout.FLOWS: lambda: target.put_dataset(layout.FLOWS, self.flow_data),
        }
        failed: dict[str, str] = {}
        fault: Exception | None = None
        for name, write in steps.items():
            try:
                write()
            except WriteError as error:
                failed[name] = error.reason
            except Exception as error:
                # a fault in one file must not cost the others; it is told once they are there
                fault = fault or error
        if fault is not None:
            raise fault
        if not failed:
            try:
                target.finish(manifest)
            except WriteError as error:
                failed[layout.MANIFEST] = error.reason
        if failed:
            raise _unfinished(target, [name for name in steps if name not in failed], failed)
        logger.info("run written to %s", target.path)

    def _decided(self, target: RunFolder) -> dict[str, Callable[[], object]]:
        """What writes the decisions of the site, where there are any."""
        name = layout.SITE_DECISIONS
        return {} if self.site_decisions.empty else {name: lambda: target.put_frame(name, self.site_decisions)}

    def _manifest(self) -> dict[str, Any]:
        ended = datetime.now(UTC)
        manifest = build_manifest(
            command=self.settings.command,
            options={"method": self.settings.method, **self.settings.options},
            inputs=self.settings.inputs,
            seed=self.summary["seed"],
            started=self.settings.started,
            ended=ended,
            wall_time_s=(ended - self.settings.started).total_seconds(),
            ranks=int(self.summary["ranks"]),
        )
        from_python = self.settings.is_tree_given
        return manifest | {
            "changed_in_python": self.settings.changed_in_python,
            "plugins": self.settings.plugins,
            "tree": "handed in from Python" if from_python else "as the instance says",
        }


def commitments_as_text(commitments: pd.DataFrame) -> pd.DataFrame:
    """The table with its times in ISO 8601."""
    table = commitments.copy()
    for column in ("block_start", "block_end"):
        table[column] = [time.isoformat() for time in table[column]]
    return table


def _unfinished(target: RunFolder, written: list[str], failed: dict[str, str]) -> WriteError:
    """Says what is there and what is not."""
    reasons = ", ".join(dict.fromkeys(failed.values()))
    there = ", ".join(written) if written else "nothing"
    missing = ", ".join(dict.fromkeys([*failed, layout.MANIFEST]))
    text = (
        f"{reasons}. The run is solved, but its folder is not complete. Written: {there}. Not written: {missing}. "
        "Make room and solve again with --force"
    )
    return WriteError(target.path, text)


def read_run(folder: str | Path, *, allow_changed: bool = False) -> Run:
    """Read a finished run back from its folder.

    Parameters
    ----------
    folder : path
    allow_changed : bool
        Read files whose content is not what the manifest's hashes say; :attr:`Run.changed` then names them.

    Raises
    ------
    UsageError
        If the folder is not that of a finished run.
    RunFolderError
        If the folder is damaged: everything that is missing, of a wrong form, or changed since it was written.
    """
    files = read_run_files(Path(folder))
    if files.changed and not allow_changed:
        raise RunFolderError(folder, files.changed)
    manifest = files.manifest
    options = dict(manifest["options"])
    settings = RunSettings(
        inputs=files.inputs,
        method=str(options.pop("method", files.summary["method"])),
        options=options,
        command=manifest["command"],
        started=datetime.fromisoformat(manifest["start_utc"]),
        changed_in_python=dict(manifest.get("changed_in_python", {})),
        plugins=dict(manifest.get("plugins", {})),
        is_tree_given=manifest.get("tree") == "handed in from Python",
    )
    return Run(
        summary=files.summary,
        commitments=files.commitments,
        solution=files.solution,
        flow_data=files.flows,
        trace=files.trace,
        tree=files.tree,
        settings=settings,
        changed=tuple(str(issue) for issue in files.changed),
        site_decisions=no_decisions() if files.site_decisions is None else files.site_decisions,
    )


def volume_between(table: pd.DataFrame, edges: pd.DatetimeIndex) -> NDArray[np.float64]:
    """Committed volume of one product in each stretch between consecutive edges; ``nan`` where it has no block.

    Of what is offered at prices it is the sum over the prices of a block.
    """
    volume = np.full(len(edges) - 1, np.nan)
    rows = zip(table["block_start"], table["block_end"], table["volume_mw"], strict=True)
    for start, end, committed in rows:
        first, last = edges.searchsorted(start), edges.searchsorted(end)
        stretch = slice(int(first), int(last))
        volume[stretch] = np.where(np.isnan(volume[stretch]), committed, volume[stretch] + committed)
    return volume
