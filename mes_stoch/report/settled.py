"""The settlement of a run, from the run alone: what ``settle`` and reports lay beside the optimiser's account."""

from __future__ import annotations

from mes_stoch.io.as_solved import read_again
from mes_stoch.io.instance import LoadedInstance
from mes_stoch.report.run import Run
from mes_stoch.settlement.data import SettlementData
from mes_stoch.settlement.settlement import Settlement, settle_data
from mes_stoch.settlement.stated import Stated


def settle_run(run: Run, loaded: LoadedInstance | None = None) -> Settlement:
    """Every cash flow of a run, recomputed from its data, decisions and meters.

    Parameters
    ----------
    run : Run
    loaded : LoadedInstance, optional
        The run's own copy of its instance, where it has been read already.

    Raises
    ------
    UsageError
        The run has no dispatch.
    InstanceError, RunFolderError
        Its files cannot be understood.
    """
    own = read_again(run.settings.inputs) if loaded is None else loaded
    gap = run.settings.options.get("gap_rel")
    account = Stated(
        summary=run.summary,
        commitments=run.commitments,
        site_decisions=run.site_decisions,
        trace=run.trace,
        loaded=own,
        gap_asked=float(gap) if isinstance(gap, int | float) else None,
        is_tree_given=run.settings.is_tree_given,
        changed=run.changed,
    )
    return settle_data(SettlementData(own.instance, run.tree, run.solution, run.flow_data), account)
