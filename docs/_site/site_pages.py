"""Parts of pages that are made while the site is built, from registries, catalogue and records of equations."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml
from site_links import DOCS, ROOT, leading_to_pages

import mes_stoch as ms
from mes_stoch.io.catalogue.products import ABOUT_A_PRODUCT, product_catalogue
from mes_stoch.registry import (
    COMPONENTS,
    MARKET_FILES,
    POLICIES,
    PROCESS_PARTS,
    PROCESSES,
    PRODUCT_FAMILIES,
    RISK_MEASURES,
    kinds,
)
from mes_stoch.schema.kinds import component_classes, product_classes, risk_classes

#: Classes that the public functions return or take, and that a reader of their signatures wants to look up.
_OTHER_CLASSES = (
    "mes_stoch.schema.tree.ScenarioTree",
    "mes_stoch.uncertainty.tree_quality.report.TreeQuality",
    "mes_stoch.api.fitting.Fit",
    "mes_stoch.report.by_carrier.ByCarrier",
    "mes_stoch.report.run_plots.RunPlots",
    "mes_stoch.settlement.ledger.Ledger",
    "mes_stoch.settlement.ledger.CashFlow",
    "mes_stoch.views.lattice.Lattice",
    "mes_stoch.views.lattice_parts.LatticeNode",
    "mes_stoch.views.lattice_parts.LatticeArc",
    "mes_stoch.io.market_files.market_series.MarketSeries",
    "mes_stoch.io.market_files.finding.Finding",
    "mes_stoch.io.market_files.column_map.ColumnMap",
)


# -- files elsewhere in the repository --------------------------------------------------------------------------------


def included(page: Path, name: str) -> str:
    """A file of the repository, whole."""
    file = ROOT / name
    return leading_to_pages(file.read_text(encoding="utf-8"), file, page)


def instances(page: Path, _: str) -> str:
    """The README of every instance, below the name of its folder."""
    files = sorted(ROOT.glob("instances/*/README.md"))
    return "\n\n".join(_one_level_lower(included(page, file.relative_to(ROOT).as_posix())) for file in files)


def _one_level_lower(text: str) -> str:
    fenced = False
    lines = []
    for line in text.splitlines():
        fenced ^= line.startswith("```")
        lines.append(f"#{line}" if line.startswith("#") and not fenced else line)
    return "\n".join(lines)


# -- registries -------------------------------------------------------------------------------------------------------


def components(page: Path, _: str) -> str:
    classes = component_classes()
    rows = ([_keys("type", tag), _first_line(classes[tag])] for tag in _built_in(COMPONENTS))
    return _table(("type", "what it is"), rows)


def families(page: Path, _: str) -> str:
    classes, catalogue = product_classes(), product_catalogue()
    rows = (
        [
            _keys("family", tag),
            _first_line(classes[tag]),
            _listed(n for n, e in catalogue.items() if e["family"] == tag),
        ]
        for tag in _built_in(PRODUCT_FAMILIES)
    )
    return _table(("family", "what it is", "products of the catalogue"), rows)


def risk_measures(page: Path, _: str) -> str:
    classes = risk_classes()
    rows = ([_keys("measure", tag), _first_line(classes[tag])] for tag in _built_in(RISK_MEASURES))
    return _table(("measure", "what it is"), rows)


def processes(page: Path, _: str) -> str:
    found = {tag: kind.process() for tag, kind in kinds(PROCESSES).items() if kind.is_built_in}
    rows = (
        [_keys("process", tag), _first_line(process), str(len(process.Parameters.model_fields))]
        for tag, process in found.items()
    )
    return _table(("process", "what it draws", "parameters"), rows)


def process_parts(page: Path, _: str) -> str:
    rows = (
        [_keys("kind", tag), _first_line(kind.process_part())]
        for tag, kind in kinds(PROCESS_PARTS).items()
        if kind.is_built_in
    )
    return _table(("kind", "what it is fitted to"), rows)


def policies(page: Path, _: str) -> str:
    rows = ([f"`{tag}`", _first_line(kind.policy())] for tag, kind in kinds(POLICIES).items() if kind.is_built_in)
    return _table(("policy", "how it commits"), rows)


def market_files(page: Path, _: str) -> str:
    rows = (
        [f"`{tag}`", _first_line(inspect.getmodule(kind.market_file()))]
        for tag, kind in kinds(MARKET_FILES).items()
        if kind.is_built_in
    )
    return _table(("layout", "files"), rows)


def _built_in(group: Any) -> list[str]:
    return [tag for tag, kind in kinds(group).items() if kind.is_built_in]


def _keys(key: str, tag: str) -> str:
    """The tag, linked to its keys in the reference of the format where there are any."""
    heading = f"### `{key}: {tag}`"
    anchor = f"{key}-{tag}"
    has_keys = heading in (DOCS / "format.md").read_text(encoding="utf-8").splitlines()
    return f"[`{tag}`](../format.md#{anchor})" if has_keys else f"`{tag}`"


# -- catalogue --------------------------------------------------------------------------------------------------------


def products(page: Path, _: str) -> str:
    """Every product of the catalogue: where its rules come from, and each of them."""
    return "\n\n".join("\n".join(_product(name, rules)) for name, rules in product_catalogue().items())


def _product(name: str, rules: dict[str, Any]) -> Iterator[str]:
    yield f"### `{name}`\n"
    yield f"Family [`{rules['family']}`](../format.md#family-{rules['family']}). {_plain(rules.get('source', ''))}\n"
    if rules.get("placeholders"):
        yield f"**Without a source** [user]: {_listed(rules['placeholders'])}.\n"
    shown = ([f"`{key}`", f"`{_written(value)}`"] for key, value in rules.items() if key not in ABOUT_A_PRODUCT)
    yield _table(("rule", "value"), shown)


def _written(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else json.dumps(value)


# -- mathematics ------------------------------------------------------------------------------------------------------


def equations(page: Path, _: str) -> str:
    """Every tag that a row can have, with its equation (tests/golden/equations.yaml)."""
    text = (ROOT / "tests" / "golden" / "equations.yaml").read_text(encoding="utf-8")
    return "\n\n".join("\n".join(_equation(tag, entry)) for tag, entry in yaml.safe_load(text).items())


def _equation(tag: str, entry: dict[str, Any]) -> Iterator[str]:
    yield f"### `{tag}`\n"
    yield f"```text\n{entry['equation'].rstrip()}\n```\n"
    places = []
    if section := entry.get("section"):
        places.append(f"[{section}](../model.md#{_anchor(section)})")
    if docstring := entry.get("docstring"):
        places.append(f"docstring of `{docstring}`")
    yield f"{'; '.join(places)}."


def _anchor(title: str) -> str:
    """The name that Markdown gives a heading."""
    return re.sub(r"[^a-z0-9_ -]", "", title.lower()).replace(" ", "-")


# -- Python -----------------------------------------------------------------------------------------------------------


def python_names(page: Path, which: str) -> str:
    """Docstrings of the public functions or classes of the package, its plots, or what these take and return."""
    if which == "others":
        directives = [f".. autoclass:: {name}" for name in _OTHER_CLASSES]
    elif which == "plots":
        directives = [f".. autofunction:: mes_stoch.plot.{name}" for name in ms.plot.__all__]
    else:
        public = [name for name in ms.__all__ if not name.startswith("_") and name != "plot"]
        chosen = [name for name in public if inspect.isclass(getattr(ms, name)) == (which == "classes")]
        directive = "autoclass" if which == "classes" else "autofunction"
        directives = [f".. {directive}:: mes_stoch.{name}" for name in chosen]
    return "```{eval-rst}\n" + "\n\n".join(directives) + "\n```"


# -- words ------------------------------------------------------------------------------------------------------------


def _first_line(thing: Any) -> str:
    return _plain((inspect.getdoc(thing) or "").partition("\n\n")[0])


def _plain(text: str) -> str:
    """Text of a docstring or of the catalogue within a line of Markdown."""
    text = re.sub(r":\w+:`~?([^`]*)`", r"`\1`", " ".join(text.split()))
    return text.replace("``", "`").replace("|", "\\|")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"


def _table(head: tuple[str, ...], rows: Iterable[list[str]]) -> str:
    lines = [list(head), ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


#: What ``<!-- site: NAME rest -->`` becomes: a function of the page and of the rest.
PARTS: dict[str, Callable[[Path, str], str]] = {
    "include": included,
    "instances": instances,
    "components": components,
    "families": families,
    "risk_measures": risk_measures,
    "processes": processes,
    "process_parts": process_parts,
    "policies": policies,
    "market_files": market_files,
    "products": products,
    "equations": equations,
    "python": python_names,
}
