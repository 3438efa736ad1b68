"""What a run keeps while it is solved, so that it can be gone on with."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mes_stoch.io.artifacts.checkpoint_files import CHECKPOINT, CheckpointFolder
from mes_stoch.io.artifacts.tree import tree_bytes
from mes_stoch.io.readers.locate import INSTANCE_FILE

if TYPE_CHECKING:
    from mes_stoch.api.sites import Site
    from mes_stoch.report.run import RunSettings
    from mes_stoch.schema.tree import ScenarioTree
    from mes_stoch.solvers.checkpoint.checkpoints import Checkpoints

#: Packages on whose versions it depends which numbers are drawn and proven.
_PACKAGES = ("mes_stoch", "numpy", "scipy", "highspy")
_NOT_DATA = (INSTANCE_FILE, "README.md", "expected.json")


@dataclass(frozen=True)
class Keeping:
    """Where a run keeps what it has proven, and what it goes on with.

    Parameters
    ----------
    folder : Path
        Checkpoints are written into ``checkpoint`` in it.
    every_s : float
        Time between two of them; infinite: none is written. One is written at a signal or a limit too, before the run
        ends.
    resumes : bool
        Whether to go on with the checkpoint that is there, if there is one.
    """

    folder: Path
    every_s: float = 300.0
    resumes: bool = False

    @property
    def checkpoints(self) -> Path:
        return self.folder / CHECKPOINT

    @property
    def has_checkpoint(self) -> bool:
        """Whether there is one to go on with."""
        return any(folder.generations() for folder in self._folders())

    def forget(self) -> None:
        """Remove what is kept, and no other file: the run has all it was asked for, or begins anew."""
        with contextlib.suppress(OSError):
            for folder in self._folders():
                folder.remove()

    def _folders(self) -> list[CheckpointFolder]:
        """All that a run may have written, the one that holds the others last."""
        from mes_stoch.solvers.checkpoint.checkpoints import LATER_SERIES

        return [CheckpointFolder(self.checkpoints / name) for name in (*LATER_SERIES, "")]


def checkpoints_of(
    keeping: Keeping,
    site: Site,
    tree: ScenarioTree,
    settings: RunSettings,
    remark: Callable[[str], None] | None,
) -> Checkpoints:
    """The checkpoints of a run, with what it is a run of."""
    from mes_stoch.solvers.checkpoint.checkpoints import Checkpoints

    return Checkpoints(
        CheckpointFolder(keeping.checkpoints),
        _identity(site, tree, settings),
        keeping.every_s,
        keeping.resumes,
        remark,
    )


def _identity(site: Site, tree: ScenarioTree, settings: RunSettings) -> dict[str, str]:
    """Everything that results depend on, but for how well, how long and on how many ranks they are looked for."""
    instance = site.instance.model_dump(mode="json", exclude={"solve"})
    data = {name: content for name, content in settings.inputs.items() if name not in _NOT_DATA}
    given = {name: value for name, value in settings.options.items() if name.startswith("given_")}
    return {
        "instance": _digest(_text(instance).encode()),
        "data": _digest(b"".join(name.encode() + hashlib.sha256(own).digest() for name, own in sorted(data.items()))),
        "scenarios": _scenarios(tree, is_given=settings.is_tree_given),
        "given commitments": _digest(_text(given).encode()) if given else "none",
        **{f"version of {name}": version(name) for name in _PACKAGES},
        **{f"version of {name}": own for name, own in settings.plugins.items()},
    }


def _scenarios(tree: ScenarioTree, *, is_given: bool) -> str:
    if is_given:
        return _digest(tree_bytes(tree))
    seed = tree.frame.attrs.get("seed")
    count = len(tree.scenario_names)
    return f"{count} of the instance" if seed is None else f"{count} drawn with seed {seed}"


def _text(content: Mapping[str, Any]) -> str:
    return json.dumps(content, sort_keys=True, default=str)


def _digest(content: bytes | memoryview) -> str:
    return hashlib.sha256(content).hexdigest()
