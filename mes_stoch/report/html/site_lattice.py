"""Section: the site as an energy lattice, drawn and as a table."""

from __future__ import annotations

import re

from mes_stoch.report.figures import PlotsMissingError
from mes_stoch.report.html.numbers import volume
from mes_stoch.report.html.parts import Note, Part, Picture, Section, Table
from mes_stoch.report.html.source import ReportSource
from mes_stoch.report.paper.figure_files import figure_bytes
from mes_stoch.schema.errors import UsageError
from mes_stoch.views.lattice import Lattice

_WIDTH = re.compile(rb'<svg[^>]*?\bwidth="([0-9.]+)pt"')


def site_lattice(source: ReportSource) -> Section:
    """The lattice with the energy of the scenario shown, where there is one."""
    title = "The site as a lattice"
    if source.instance is None:
        return Section("site", title, [Note(source.missing.get("instance", "The instance cannot be read."), "warning")])
    lattice, called = Lattice.of(source.instance), ""
    if source.scenario is not None:
        try:
            lattice = lattice.with_flows(source.run.flows(source.scenario))
            called = f"scenario {source.scenario}"
        except UsageError:
            # flows of a run that was changed since: the site is drawn without them
            called = ""
    return Section("site", title, [_picture(lattice, called), _table(lattice, called)])


def _picture(lattice: Lattice, called: str) -> Part:
    from mes_stoch.report.lattice_figure import draw_lattice

    try:
        drawn = draw_lattice(lattice, called)
    except PlotsMissingError as error:
        return Note(str(error))
    svg = figure_bytes(drawn, "svg")
    width = _WIDTH.search(svg)
    whose = f" Arrows are as wide as the energy of {called}." if called else ""
    return Picture(
        "Layers, nodes and components",
        "A band for each carrier; bars are nodes, boxes components, arrows flows. External networks stand at the left, "
        f"demands at the right.{whose} The drawing can be moved sideways where it is wider than the page.",
        svg,
        f"Energy lattice of {lattice.name}: {lattice!r}",
        round(float(width.group(1)) * 4 / 3) if width else 900,
    )


def _table(lattice: Lattice, called: str) -> Table:
    columns = ["component", "kind", "node", "carrier", "direction", "ratio", "limit, MW"]
    rows = []
    kinds = {component.name: component.kind for component in lattice.components}
    for arc in lattice.all_arcs:
        row = [arc.component, kinds[arc.component], arc.node, arc.carrier, arc.direction, arc.ratio, arc.power_max]
        rows.append([*row, volume(arc.energy_mwh)] if lattice.has_flows else row)
    if lattice.has_flows:
        columns.append(f"MWh, {called}")
    note = "ratio: MW per MW at the reference port of the component."
    return Table("Arcs", columns, rows, frozenset({7}), note, True)
