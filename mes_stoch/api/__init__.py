"""The library's front door: read an instance, draw its scenarios, solve, look at the run.

>>> import mes_stoch as ms
>>> site = ms.read("instances/tiny_site")
>>> run = ms.solve(site, site.tree())
>>> round(run.objective, 2)
-687.5
>>> run.commitments[["product", "volume_mw"]].to_dict("records")
[{'product': 'fr_afrr_up', 'volume_mw': 3.0}]
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mes_stoch.api.accounts import product_table, sensitivity, settle, sustain_fields
from mes_stoch.api.evaluating import evaluate
from mes_stoch.api.sites import Site, read, site, site_of
from mes_stoch.api.solving import METHODS, SolveRequest, solve, solve_request
from mes_stoch.api.views import hub, lattice
from mes_stoch.evaluation.evaluation import Evaluation
from mes_stoch.io.market_data.real_days import RealDays
from mes_stoch.report.progress import Progress
from mes_stoch.report.run import Run, read_run
from mes_stoch.settlement.settlement import Settlement

if TYPE_CHECKING:
    from mes_stoch.api.backtesting import DEFAULT_SERIES, backtest
    from mes_stoch.api.fitting import fit
    from mes_stoch.api.reducing import reduce
    from mes_stoch.api.sampling import sequential_sampling, stability
    from mes_stoch.api.sweeping import sweep
    from mes_stoch.api.tree_report import tree_quality
    from mes_stoch.backtesting.result import Backtest
    from mes_stoch.io.market_files.front import read_market_file
    from mes_stoch.io.market_files.market_table import MarketTable

__all__ = [
    "DEFAULT_SERIES",
    "METHODS",
    "Backtest",
    "Evaluation",
    "MarketTable",
    "Progress",
    "RealDays",
    "Run",
    "Settlement",
    "Site",
    "SolveRequest",
    "backtest",
    "evaluate",
    "fit",
    "hub",
    "lattice",
    "product_table",
    "read",
    "read_market_file",
    "read_run",
    "reduce",
    "sensitivity",
    "sequential_sampling",
    "settle",
    "site",
    "site_of",
    "solve",
    "solve_request",
    "stability",
    "sustain_fields",
    "sweep",
    "tree_quality",
]

#: Names by the module that has them: those that need the model and the solvers, which settling must do without, and
#: what few need.
_LATE = {
    "Backtest": "mes_stoch.backtesting.result",
    "DEFAULT_SERIES": "mes_stoch.api.backtesting",
    "MarketTable": "mes_stoch.io.market_files.market_table",
    "backtest": "mes_stoch.api.backtesting",
    "read_market_file": "mes_stoch.io.market_files.front",
    "fit": "mes_stoch.api.fitting",
    "reduce": "mes_stoch.api.reducing",
    "tree_quality": "mes_stoch.api.tree_report",
    "sequential_sampling": "mes_stoch.api.sampling",
    "stability": "mes_stoch.api.sampling",
    "sweep": "mes_stoch.api.sweeping",
}


def __getattr__(name: str) -> Any:
    if name in _LATE:
        return getattr(import_module(_LATE[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
