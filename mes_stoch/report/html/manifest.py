"""Section: what it takes to repeat the run, and to know that its files are those that were written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mes_stoch.report.html.parts import Facts, Part, Section, Table
from mes_stoch.report.html.source import ReportSource


def manifest(source: ReportSource) -> Section:
    """Command, seeds, versions, machine, options and hashes."""
    found = source.manifest
    machine = found.get("machine", {})
    rows = [
        ("command", str(found.get("command") or "called from Python")),
        ("seed", str(found.get("seed"))),
        ("started, UTC", str(found.get("start_utc", ""))),
        ("ended, UTC", str(found.get("end_utc", ""))),
        ("wall time, s", f"{found.get('wall_time_s', float('nan')):.3g}"),
        (
            "machine",
            f"{machine.get('platform', '')}, {machine.get('cpu_count', '?')} CPUs, {machine.get('ranks', 1)} ranks",
        ),
        ("scenarios", str(found.get("tree", ""))),
    ]
    changed = found.get("changed_in_python") or {}
    if changed:
        rows.append(("changed in Python", "; ".join(f"{key} = {value}" for key, value in changed.items())))
    plugins = found.get("plugins") or {}
    if plugins:
        rows.append(("plug-ins", "; ".join(f"{key}: {value}" for key, value in plugins.items())))
    parts: list[Part] = [
        Facts(rows),
        _pairs("Versions", ("package", "version"), found.get("versions", {})),
        _pairs("Options", ("option", "value"), found.get("options", {})),
        _pairs("SHA-256 of the inputs", ("file", "hash"), found.get("inputs_sha256", {})),
        _pairs("SHA-256 of the results", ("file", "hash"), found.get("files_sha256", {})),
    ]
    return Section("manifest", "Manifest", parts)


def _pairs(title: str, columns: tuple[str, str], found: Mapping[str, Any]) -> Table:
    return Table(
        title,
        columns,
        [[str(key), "-" if value is None else str(value)] for key, value in found.items()],
        is_folded=True,
    )
