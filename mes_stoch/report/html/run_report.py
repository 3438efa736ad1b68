"""The report of one run: its sections in order, and the file."""

from __future__ import annotations

from pathlib import Path

from mes_stoch.io.artifacts.run_folder import REPORT, RunFolder
from mes_stoch.io.files import write_whole
from mes_stoch.report.html.calls import base_and_called
from mes_stoch.report.html.commitments import commitments
from mes_stoch.report.html.convergence import convergence
from mes_stoch.report.html.dispatch import dispatch
from mes_stoch.report.html.evaluation import evaluation
from mes_stoch.report.html.fans import fans
from mes_stoch.report.html.ledger import ledger
from mes_stoch.report.html.manifest import manifest
from mes_stoch.report.html.overview import overview
from mes_stoch.report.html.page import Page
from mes_stoch.report.html.profits import profits
from mes_stoch.report.html.site_lattice import site_lattice
from mes_stoch.report.html.source import ReportSource
from mes_stoch.report.html.streams import streams
from mes_stoch.report.run import Run

#: In the order in which a reader asks.
SECTIONS = (
    overview,
    commitments,
    streams,
    profits,
    dispatch,
    base_and_called,
    fans,
    evaluation,
    convergence,
    site_lattice,
    ledger,
    manifest,
)


def report_page(run: Run, folder: Path, scenario: str | None = None) -> Page:
    """The page of a run.

    Parameters
    ----------
    run : Run
    folder : path
        The run folder, whose evaluation and manifest are shown as well.
    scenario : str, optional
        Whose operation is drawn; default the one of median profit.

    Raises
    ------
    UsageError
        The run has no such scenario.
    """
    source = ReportSource.of(run, folder, scenario)
    sections = [section(source) for section in SECTIONS]
    summary = run.summary
    return Page(
        title=f"{summary['instance']}: commitments of flexibility under uncertainty",
        subtitle=f"Run folder {folder.resolve().name}. All amounts in {run.currency}, all times local "
        f"({summary['timezone']}).",
        sections=sections,
        footer="Made by mes_stoch from the files of the run folder alone. The page holds all it needs and asks the "
        "network for nothing.",
    )


def write_report(run: Run, folder: str | Path, scenario: str | None = None, *, out: Path | None = None) -> Path:
    """Write the report of a run as one HTML file, by default ``report.html`` in its folder.

    Raises
    ------
    ReportMissingError
        jinja2 or plotly is not installed.
    UsageError
        The run has no such scenario.
    WriteError
        The file cannot be written.
    """
    place = Path(folder)
    content = report_page(run, place, scenario).html().encode("utf-8")
    if out is None:
        return RunFolder(place).put(REPORT, lambda stream: stream.write(content))
    write_whole(out, lambda stream: stream.write(content))
    return out
