"""What progressive hedging keeps: where the hub stands, and the bounds known by then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mes_stoch.model.program import FloatArray, StochasticProgram
from mes_stoch.solvers.certificate import bounds
from mes_stoch.solvers.certificate.interval import Interval
from mes_stoch.solvers.certificate.proven import Proven
from mes_stoch.solvers.checkpoint.checkpoints import COMMITMENT_SERIES, HEDGING_SERIES, Checkpoints
from mes_stoch.solvers.checkpoint.snapshot import ByScenario, Snapshot
from mes_stoch.solvers.decomposition.kept import of_proven, of_trace, restore_proven, restore_trace
from mes_stoch.solvers.hedging.mpisppy_driver.warm_start import WarmStart
from mes_stoch.solvers.hedging.rho import RhoControl
from mes_stoch.solvers.parallel.scenario_communicator import ScenarioCommunicator


@dataclass(frozen=True)
class HedgingStart:
    """Where an earlier run's hub stood, and what was known by then.

    Parameters
    ----------
    warm : WarmStart
        Averages, and the multipliers of all scenarios.
    rho : array
        Penalty of every consensus column.
    eased : float
        By how much the penalties have been lowered so far.
    hub : Snapshot
        What the hub's ranks have kept.
    commitment : Snapshot or None
        What the ranks have kept that look for commitments.
    """

    warm: WarmStart
    rho: FloatArray
    eased: float
    hub: Snapshot
    commitment: Snapshot | None

    @property
    def iteration(self) -> int:
        return int(self.hub.numbers["trace.iteration"])

    def restore(self, interval: Interval, *others: Proven) -> None:
        """Let the trace go on, and the bounds begin where they were."""
        restore_trace(self.hub, interval)
        restore_proven(self.hub, interval, *others)
        if self.commitment is not None:
            restore_proven(self.commitment, interval, *others)


def taken_up(
    checkpoints: Checkpoints | None, program: StochasticProgram, communicator: ScenarioCommunicator
) -> HedgingStart | None:
    """Where hedging goes on, on all ranks; ``None`` where it begins.

    Raises
    ------
    UsageError
        The checkpoint is another run's, or damaged.
    """
    if checkpoints is None:
        return None
    kept = checkpoints.series(HEDGING_SERIES).restored(program, communicator)
    if kept is None:
        return None
    commitment = checkpoints.series(COMMITMENT_SERIES).restored(program, communicator)
    own = kept.by_scenario["multipliers"]
    width = int(program.root.consensus.sum())
    rows = np.array(own.arrays.get("W", []), dtype=np.float64).reshape(len(own.indices), width)
    multipliers = np.concatenate(communicator.everyones(rows))
    warm = WarmStart(kept.common["hub.average"], bounds.project_multipliers(program.probabilities, multipliers))
    return HedgingStart(warm, kept.common["hub.rho"], float(kept.common["hub.eased"]), kept, commitment)


class HedgingCheckpoints:
    """What the ranks of a hub offer while they hedge.

    Parameters
    ----------
    checkpoints : Checkpoints or None
        ``None``: nothing is kept.
    program : StochasticProgram
    interval : Interval
        Bounds and trace.
    began : HedgingStart or None
        Where an earlier run stood.
    has_commitment : bool
        Whether the commitment of ``interval`` attains its upper bound, and has these ranks' dispatch. Over cylinders it
        does not: the bound comes from other ranks, which keep the commitment.
    """

    def __init__(
        self,
        checkpoints: Checkpoints | None,
        program: StochasticProgram,
        interval: Interval,
        began: HedgingStart | None = None,
        *,
        has_commitment: bool = True,
    ) -> None:
        self._has_commitment = has_commitment
        self._series = None if checkpoints is None else checkpoints.series(HEDGING_SERIES)
        self._program = program
        self._interval = interval
        self.began = began
        self.iterations_before = 0 if began is None else began.iteration
        self.control: RhoControl | None = None

    def offer(self, hedging: Any, communicator: ScenarioCommunicator) -> None:
        """Offer where mpi-sppy's object stands; collective over its ranks."""
        if self._series is not None:
            self._series.offer(self._program, communicator, lambda: self._snapshot(hedging))

    def keep(self, hedging: Any, communicator: ScenarioCommunicator) -> None:
        """Write it now."""
        if self._series is not None:
            self._series.keep(self._program, communicator, self._snapshot(hedging))

    def _snapshot(self, hedging: Any) -> Snapshot:
        models = sorted(hedging.local_scenarios.values(), key=lambda model: model._mes_stoch.index)
        columns = range(len(models[0].commitment))
        terms = models[0]._mpisppy_model
        common = {
            "hub.average": np.array([float(terms.xbars["ROOT", column].value) for column in columns]),
            "hub.rho": np.array([float(terms.rho["ROOT", column].value) for column in columns]),
            "hub.eased": np.array(1.0 if self.control is None else self.control.eased),
        }
        multipliers = [
            np.array([float(model._mpisppy_model.W["ROOT", column].value) for column in columns]) for model in models
        ]
        indices = np.array([model._mes_stoch.index for model in models], dtype=np.int32)
        own = Snapshot({}, common, {"multipliers": ByScenario(indices, {"W": multipliers})})
        return own.with_all_of(of_proven(self._proven()), of_trace(self._interval))

    def _proven(self) -> Proven:
        interval = self._interval
        if self._has_commitment:
            return interval
        return Proven(lower=interval.lower, kind=interval.kind, safe_lower=interval.safe_lower)


def keep_commitment(
    checkpoints: Checkpoints | None,
    program: StochasticProgram,
    proven: Proven,
    communicator: ScenarioCommunicator,
    *,
    now: bool,
) -> bool:
    """Offer the best commitment of the ranks that look for one, or write it now; collective over them.

    Returns
    -------
    bool
        Whether it was written, or tried to.
    """
    if checkpoints is None or proven.root is None:
        return False
    series = checkpoints.series(COMMITMENT_SERIES)
    if not now:
        return series.offer(program, communicator, lambda: of_proven(proven))
    series.keep(program, communicator, of_proven(proven))
    return True
