"""What `checkpoint` of `ms.solve` removes, and what it leaves alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import mes_stoch as ms
from mes_stoch.api.checkpointing import Keeping
from mes_stoch.io.artifacts.checkpoint_files import CheckpointFolder, CheckpointMeta
from mes_stoch.solvers.interruption.stop import Stop


def left_behind(place: Path) -> CheckpointFolder:
    """A checkpoint of some other run."""
    folder = CheckpointFolder(place)
    generation = folder.next_generation()
    name = folder.write_arrays(generation, "part-00000", "a", {"x": np.zeros(1)})
    folder.commit(CheckpointMeta(generation, "a", (name,), ((0, 1),), {"seed": "1"}, {}))
    return folder


def test_what_hedging_alone_has_kept_is_a_checkpoint(tmp_path: Path) -> None:
    """A cold start has no decomposition before it, and so nothing beside what the hub keeps."""
    keeping = Keeping(tmp_path)
    assert not keeping.has_checkpoint
    left_behind(keeping.checkpoints / "hedging")
    assert keeping.has_checkpoint
    keeping.forget()
    assert not keeping.checkpoints.exists()


def test_forgetting_removes_no_file_of_somebody_elses(tmp_path: Path) -> None:
    keeping = Keeping(tmp_path)
    left_behind(keeping.checkpoints)
    weights = keeping.checkpoints / "weights.npz"
    weights.write_bytes(b"of another tool")
    keeping.forget()
    assert list(keeping.checkpoints.iterdir()) == [weights]


def test_a_run_that_begins_leaves_nothing_of_another_to_its_own_resumption(instances: Path, tmp_path: Path) -> None:
    """A hub of another site has kept something there; a run that goes on would be refused because of it."""
    keeping = Keeping(tmp_path)
    left_behind(keeping.checkpoints / "hedging")
    site = ms.read(instances / "tiny_site")
    stop = Stop()
    run = ms.solve(
        site,
        method="decomposition",
        gap_rel=1e-12,
        checkpoint=tmp_path,
        stop=stop,
        # as soon as something is proven
        progress=lambda point: stop.request.make("SIGUSR1"),
    )
    assert run is not None
    assert run.status == "interrupted"
    assert keeping.has_checkpoint
    assert not (keeping.checkpoints / "hedging").exists()
    again = ms.solve(site, method="decomposition", gap_rel=0.5, checkpoint=tmp_path, resume=True)
    assert again is not None
    assert again.is_done
    assert not keeping.has_checkpoint
