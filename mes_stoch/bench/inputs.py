"""What all measurements read: the same instance folders and the same scenario trees."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import yaml

from mes_stoch.api import Site, read
from mes_stoch.io.artifacts.manifest import read_inputs
from mes_stoch.io.artifacts.tree import write_tree
from mes_stoch.schema.instance import SyntheticScenarios

_BIDS = {False: "without_bid_rules", True: "with_bid_rules"}


@dataclass(frozen=True)
class Inputs:
    """Instance folders with and without bid rules, and trees by size, below one folder.

    The seed and the bid rules stand in the copied ``instance.yaml``, because mpi-sppy's driver can be told of a folder
    only; that way it draws the very scenarios which the others read from the tree file.
    """

    folder: Path
    seed: int | None = None

    def instance(self, *, bids: bool) -> Path:
        """Copy of the instance with its bid rules on or off."""
        return self.folder / _BIDS[bids]

    def tree(self, scenarios: int) -> Path:
        return self.folder / f"tree_{scenarios}.nc"

    def prepare(self, instance: Path) -> Site:
        """Write both copies anew.

        Raises
        ------
        InstanceError, UsageError
            The instance is not valid, or a seed does not fit it.
        """
        site = read(instance)
        if self.seed is not None:
            # explicit scenarios have no seed, and this says so before anything is measured
            site.tree(seed=self.seed)
        for bids in (False, True):
            self._copy(site, bids=bids)
        return read(self.instance(bids=False))

    def draw(self, site: Site, scenarios: int) -> tuple[Path, float]:
        """The tree of so many scenarios, drawn once, and the seconds that took."""
        path = self.tree(scenarios)
        clock = path.with_suffix(".seconds")
        if not (path.is_file() and clock.is_file()):
            started = time.perf_counter()
            tree = site.tree(scenarios)
            clock.write_text(str(time.perf_counter() - started), encoding="utf-8")
            temporary = path.with_suffix(".part")
            write_tree(tree, temporary)
            temporary.replace(path)
        return path, float(clock.read_text(encoding="utf-8"))

    def _copy(self, site: Site, *, bids: bool) -> None:
        target = self.instance(bids=bids)
        shutil.rmtree(target, ignore_errors=True)
        for name, content in read_inputs(site.folder, site.instance).items():
            path = target / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        description = target / "instance.yaml"
        content = yaml.safe_load(description.read_text(encoding="utf-8"))
        # "on" is what the instance says itself, not more
        own = site.instance.bids
        content["bids"] = {"minimum": own.minimum and bids, "steps": own.steps and bids}
        if self.seed is not None and isinstance(site.instance.uncertainty, SyntheticScenarios):
            content["uncertainty"]["seed"] = self.seed
        description.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")
