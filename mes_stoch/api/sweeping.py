"""One site solved at many points."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from mes_stoch.api.sites import Site
from mes_stoch.api.solving import SolveRequest, solve_request
from mes_stoch.io.artifacts.claim import Claim, is_claim
from mes_stoch.io.artifacts.run_folder import MANIFEST, RunFolder
from mes_stoch.io.as_solved import inputs_as_solved
from mes_stoch.io.files import made_folder
from mes_stoch.report.amounts import amount
from mes_stoch.report.progress_bar import told_by_bar
from mes_stoch.report.run import read_run
from mes_stoch.schema.errors import (
    InfeasibleError,
    InstanceError,
    InterruptedRunError,
    MesStochError,
    RunFolderError,
    UnboundedError,
    UsageError,
    WriteError,
)
from mes_stoch.sweeping.points import Point, points_of, words
from mes_stoch.sweeping.table import failed_row, row_of, sweep_table

if TYPE_CHECKING:
    import pandas as pd

#: In the folder of a sweep.
TABLE, RUNS = "sweep.csv", "runs"
_NO_RESULT = {InfeasibleError: "infeasible", UnboundedError: "unbounded"}


class PointError(MesStochError):
    """What went wrong at a point; it finds its way from one process to another."""

    def __init__(self, text: str, exit_code: int) -> None:
        super().__init__(text)
        self.exit_code = exit_code

    def __reduce__(self) -> tuple[type[PointError], tuple[str, int]]:
        return PointError, (str(self), self.exit_code)


def sweep(
    site: Site,
    grid: Mapping[str, Sequence[Any]] | Sequence[Mapping[str, Any]] | pd.DataFrame,
    *,
    scenarios: int | None = None,
    seed: int | None = None,
    leaves_per_day_ahead_node: int | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    workers: int = 1,
    method: str | None = None,
    gap_rel: float | None = None,
    time_limit_s: float | None = None,
    told: Callable[[str], object] | None = None,
    progress: bool = False,
) -> pd.DataFrame:
    """Solve a site at every point of a grid of overrides.

    Every point is an instance of its own, read and checked before anything is solved; its scenarios are drawn from the
    same seed, so that what a process does not depend on is the same at all points.

    Parameters
    ----------
    site : Site
    grid : mapping, sequence of mappings, or DataFrame
        Values by path, of which every combination is a point: ``{"components.battery.energy_max_mwh": [4, 8],
        "series.price_eur_per_mwh": ["*0.9", "*1.1"]}``; or the points, one mapping or one row each. Paths and values
        are those of :func:`read`.
    scenarios, seed, leaves_per_day_ahead_node : int, optional
        Of the tree of each point, as for :meth:`Site.tree`.
    out : path, optional
        Folder for the table ``sweep.csv`` and a run folder a point, each settled and evaluated like any other. Default
        nothing is kept but the table.
    resume : bool
        Take points that ``out`` has already, of this sweep or of one with other points.
    workers : int
        Processes; each solves a point at a time. With more than 1 a script has to guard its main part by
        ``if __name__ == "__main__"``.
    method, gap_rel, time_limit_s : optional
        Of each solve; default as the instance says.
    told : callable, optional
        Told of each point.
    progress : bool
        Show a bar, in a terminal on standard error, in a notebook below the cell; default: nothing is shown.

    Returns
    -------
    DataFrame
        A row a point in the order of the grid: what is overridden; ``status``, ``objective`` and its proven interval,
        ``gap_rel``; ``mean_mw.<product>``, the volume committed, mean over the horizon; ``decided.<component>.<name>``;
        ``stream.<name>``, expected; ``wall_time_s`` and ``run``, the folder below ``out``. Money is in the instance's
        currency over the horizon. A point without a feasible dispatch has the status ``infeasible``.

    Raises
    ------
    UsageError
        No points, or a folder that is something else's.
    InstanceError
        Points that are no valid instance; nothing is solved then.
    PointError
        A solver failed at a point; those that were finished before it are kept.

    >>> import mes_stoch as ms
    >>> table = ms.sweep(ms.read("instances/tiny_site"), {"products.fr_afrr_up.volume_max_mw": [1, 4]})
    >>> table[["products.fr_afrr_up.volume_max_mw", "mean_mw.fr_afrr_up"]].values.tolist()
    [[1.0, 1.0], [4.0, 3.0]]
    """
    from mes_stoch.solvers.interruption.signals import SignalWatch

    if workers < 1:
        raise UsageError(f"a sweep takes 1 process or more, not {workers}")
    request = SolveRequest(method or site.instance.solve.method, gap_rel=gap_rel, time_limit_s=time_limit_s)
    request.options(site.instance)
    points = points_of(grid)
    _require_valid(site, points)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="mes-stoch-sweep-")) if out is None else out)
        if out is not None:
            stack.callback(_claimed(folder, resume=resume).release)
        work = SweepWork(site, folder, request, scenarios, seed, leaves_per_day_ahead_node)
        watch = stack.enter_context(SignalWatch())
        stack.enter_context(watch.raising())
        telling = stack.enter_context(told_by_bar(f"sweep of {site.name}", told, progress=progress))
        rows = _rows(work, points, workers, telling or (lambda _: None))
        paths = list(dict.fromkeys(path for point in points for path in point.overrides))
        table = sweep_table((rows[point.number] for point in points), paths)
        if out is None:
            return table.drop(columns="run")
        RunFolder(folder).put_frame(TABLE, table)
    return table


@dataclass(frozen=True)
class SweepWork:
    """What all points have in common."""

    site: Site
    folder: Path
    request: SolveRequest
    scenarios: int | None
    seed: int | None
    leaves: int | None

    @property
    def common(self) -> str:
        """Everything beside the point that its numbers depend on."""
        inputs, _ = inputs_as_solved(self.site.loaded)
        needed = {name: content for name, content in inputs.items() if name not in ("README.md", "expected.json")}
        digests = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(needed.items())}
        drawn = {"scenarios": self.scenarios, "seed": self.seed, "leaves": self.leaves}
        asked = {name: value for name, value in vars(self.request).items() if value is not None}
        return json.dumps([version("mes_stoch"), digests, drawn, asked], sort_keys=True)

    def place(self, point: Point, common: str) -> Path:
        """The run folder of a point."""
        return self.folder / RUNS / point.name(common)

    def known(self, point: Point, place: Path) -> dict[str, Any] | None:
        """The row of a point that was finished before; ``None`` where it was not."""
        if (place / _NO_RESULT_FILE).is_file():
            status = (place / _NO_RESULT_FILE).read_text(encoding="utf-8").strip()
            return failed_row(point, status) if status in _NO_RESULT.values() else None
        if not (place / MANIFEST).is_file():
            return None
        try:
            run = read_run(place)
        except (UsageError, RunFolderError):
            return None
        return None if run.status == "interrupted" else row_of(point, run, f"{RUNS}/{place.name}")

    def __call__(self, task: tuple[Point, Path]) -> dict[str, Any]:
        """Solve a point and write its run.

        Raises
        ------
        PointError
        """
        point, place = task
        try:
            return self._solved(point, place)
        except InterruptedRunError:
            raise
        except MesStochError as error:
            raise PointError(f"{words(point.overrides)}: {error}", error.exit_code) from error

    def _solved(self, point: Point, place: Path) -> dict[str, Any]:
        made_folder(place.parent)
        target = RunFolder.create(place, force=True)
        try:
            site = self.site.replace(point.overrides) if point.overrides else self.site
            tree = site.tree(self.scenarios, self.seed, leaves_per_day_ahead_node=self.leaves)
            run = solve_request(site, tree, self.request)
            if run is None:
                raise UsageError("a sweep runs without mpiexec; --workers solves points side by side")
            if run.status == "interrupted":
                raise InterruptedRunError("interrupted")
            run.write_to(target)
        except tuple(_NO_RESULT) as error:
            status = _NO_RESULT[type(error)]
            target.discard()
            place.mkdir(exist_ok=True)
            (place / _NO_RESULT_FILE).write_text(f"{status}\n", encoding="utf-8")
            return failed_row(point, status)
        finally:
            target.discard()
        return row_of(point, run, f"{RUNS}/{place.name}")


#: Left in the place of a run that has no result.
_NO_RESULT_FILE = "status.txt"


def _require_valid(site: Site, points: Sequence[Point]) -> None:
    """All points are valid instances.

    Raises
    ------
    InstanceError
        With the problems of every point that is not.
    """
    problems = []
    for point in points:
        try:
            site.replace(point.overrides)
        except InstanceError as error:
            problems += [replace(issue, found=f"{issue.found} ({words(point.overrides)})") for issue in error.issues]
    if problems:
        raise InstanceError(site.name, problems)


def _claimed(folder: Path, *, resume: bool) -> Claim:
    """The folder of a sweep, this process's own until it is released."""
    try:
        made_folder(folder)
        entries = {entry.name for entry in folder.iterdir() if not is_claim(entry.name)}
    except OSError as error:
        raise WriteError(folder, error.strerror or str(error)) from None
    if entries and not resume:
        raise UsageError(f"{folder} is not empty; choose another --out, or go on with --resume")
    if entries - {TABLE, RUNS}:
        raise UsageError(f"{folder} is no folder of a sweep: it has {', '.join(sorted(entries - {TABLE, RUNS})[:3])}")
    return Claim.take(folder, force=resume)


def _rows(
    work: SweepWork, points: Sequence[Point], workers: int, tell: Callable[[str], object]
) -> dict[int, dict[str, Any]]:
    common = work.common
    places = {point.number: work.place(point, common) for point in points}
    rows = {}
    for point in points:
        row = work.known(point, places[point.number])
        if row is not None:
            rows[point.number] = row
    if rows:
        tell(f"{len(rows)} of {len(points)} points are there already")
    left = [(point, places[point.number]) for point in points if point.number not in rows]
    for point, row in _solved(work, left, workers):
        rows[point.number] = row
        said = row["status"] if row.get("objective") is None else f"{amount(row['objective'])} ({row['status']})"
        tell(f"{len(rows)} of {len(points)}: {words(point.overrides)}: {said}")
    return rows


def _solved(
    work: SweepWork, tasks: Sequence[tuple[Point, Path]], workers: int
) -> Iterator[tuple[Point, dict[str, Any]]]:
    if workers == 1 or len(tasks) < 2:
        for task in tasks:
            yield task[0], work(task)
        return
    from mes_stoch.solvers.parallel.worker_processes import WorkerProcesses

    with WorkerProcesses[tuple[Point, Path], dict[str, Any]](min(workers, len(tasks)), work, "the sweep") as processes:
        for task in tasks:
            processes.submit(task)
        for (point, _), row in processes.finished(math.inf):
            yield point, row
