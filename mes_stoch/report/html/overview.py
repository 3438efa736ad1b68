"""Section: what was found, how sure it is, and what a reader must know of it."""

from __future__ import annotations

from mes_stoch.report.html.parts import Facts, Note, Part, Section
from mes_stoch.report.html.source import ReportSource
from mes_stoch.report.run import Run
from mes_stoch.report.tables import head_rows, remarks

_UNFINISHED = {
    "slack": "The plan leans on slack: demand is left unserved, energy is spilled or a position is not kept. "
    "What it earns is not what the site could earn.",
    "limit": "The solve stopped at a limit before the gap was reached. The interval is proven all the same.",
    "interrupted": "The solve was interrupted before the gap was reached. The interval is proven all the same.",
}


def overview(source: ReportSource) -> Section:
    """The head of the table that the terminal shows, with all its remarks."""
    run = source.run
    parts: list[Part] = []
    if run.status in _UNFINISHED:
        parts.append(Note(_UNFINISHED[run.status], "warning"))
    if run.changed:
        parts.append(Note(f"Files have changed since the run was written: {'; '.join(run.changed)}", "warning"))
    parts.append(Facts([(label, text.plain) for label, text in head_rows(run)]))
    parts += _remarks(run)
    return Section("overview", "Result", parts)


def _remarks(run: Run) -> list[Part]:
    return [Note(line.plain, "warning" if line.plain.startswith("Warning") else "plain") for line in remarks(run)]
