"""The tiny sites of ``sites/``: instances that a user could write, read through the front door and compiled.

A file holds the entries of an ``instance.yaml`` (``format``, ``name``, ``carriers`` and ``uncertainty`` are filled in)
and beside them

``series``
    Values by period of the one scenario, by name.
``shows``
    What of it the golden files show: ``rows`` (names of row families, ``*`` stands for anything) and a ``note`` with
    the numbers that a reader needs.
``absent``
    Rows that must not be there, likewise, with the reason.
``reconnect``
    Products that are moved to another connection after reading, which only Python can.
"""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import pandas as pd
import yaml

import mes_stoch as ms
from mes_stoch.model.site_program import build_program

SITES = Path(__file__).with_name("sites")

_OWN_KEYS = ("series", "shows", "absent", "reconnect")
_SCENARIO = "s0"


@dataclass(frozen=True)
class Show:
    """Names of families of rows, ``*`` standing for anything, and what a reader should know of them."""

    rows: tuple[str, ...]
    note: str


@dataclass(frozen=True)
class GoldenSite:
    """A compiled site, with the rows that the golden files show of it and those that must not be there.

    ``made`` says for every family of rows where in the source it was made: file and line.
    """

    name: str
    instance: Any
    program: Any
    shows: tuple[Show, ...]
    absent: tuple[Show, ...]
    made: dict[str, tuple[Path, int]] = field(repr=False)


def golden_sites(folder: Path) -> list[GoldenSite]:
    """All sites, in the order of their names; ``folder`` is where instance folders may be written."""
    return [read_site(path, folder / path.stem) for path in sorted(SITES.glob("*.yaml"))]


def read_site(path: Path, folder: Path) -> GoldenSite:
    """Write the instance folder of a site, read it like a user's, and compile its only scenario."""
    text = yaml.safe_load(path.read_text(encoding="utf-8"))
    _write(path.stem, text, folder)
    site = ms.read(folder)
    tree = site.tree()
    instance = _reconnected(site.instance, text.get("reconnect", {}))
    with _Watch() as watch:
        program = build_program(instance, tree)
    return GoldenSite(path.stem, instance, program, _listed(text["shows"]), _listed(text.get("absent", [])), watch.made)


def _write(name: str, text: dict[str, Any], folder: Path) -> None:
    own = {key: value for key, value in text.items() if key not in _OWN_KEYS}
    carriers = list(dict.fromkeys(node["carrier"] for node in own["nodes"].values()))
    instance = {"format": 1, "name": name, **own, "carriers": carriers, "uncertainty": {"kind": "explicit"}}
    folder.mkdir(parents=True)
    (folder / "instance.yaml").write_text(yaml.safe_dump(instance, sort_keys=False), encoding="utf-8")
    horizon, series = own["horizon"], text.get("series", {})
    starts = pd.date_range(
        horizon["start"],
        periods=horizon["periods"],
        freq=pd.Timedelta(hours=horizon["period_h"]),
        tz=horizon.get("timezone", "Europe/Paris"),
    )
    with (folder / "scenarios.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["scenario", "time", *series])
        for t, start in enumerate(starts):
            writer.writerow([_SCENARIO, start.isoformat(), *(values[t] for values in series.values())])


def _listed(entries: list[dict[str, Any]]) -> tuple[Show, ...]:
    lists = [[entry["rows"]] if isinstance(entry["rows"], str) else entry["rows"] for entry in entries]
    return tuple(Show(tuple(rows), " ".join(e["note"].split())) for rows, e in zip(lists, entries, strict=True))


def _reconnected(instance: Any, connections: dict[str, str]) -> Any:
    products = {
        name: product.model_copy(update={"connection": connections[name]}) if name in connections else product
        for name, product in instance.products.items()
    }
    return instance.model_copy(update={"products": products}) if connections else instance


class _Watch:
    """Listens to the calls by which rows are made, whichever class answers them."""

    def __init__(self) -> None:
        self.made: dict[str, tuple[Path, int]] = {}
        self._before: Any = None

    def __enter__(self) -> _Watch:
        self._before = sys.getprofile()
        sys.setprofile(self._look)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(self._before)

    def _look(self, frame: FrameType, event: str, _: object) -> None:
        if event != "call" or frame.f_code.co_name != "constraint":
            return
        given, caller = frame.f_locals, frame.f_back
        # a context that passes the call on is no place where rows are made
        while caller is not None and caller.f_code.co_name == "constraint":
            caller = caller.f_back
        if caller is not None and isinstance(given.get("owner"), str) and isinstance(given.get("name"), str):
            self.made[f"{given['owner']}.{given['name']}"] = Path(caller.f_code.co_filename), caller.f_lineno
