"""The library's front door: read an instance, draw its scenarios, solve, look at the run.

>>> import mes_stoch as ms
>>> site = ms.read("instances/tiny_site")
>>> run = ms.solve(site, site.tree())
>>> round(run.objective, 2)
-687.5
>>> run.commitments[["product", "volume_mw"]].to_dict("records")
[{'product': 'fr_afrr_up', 'volume_mw': 3.0}]
"""

from mes_stoch.api.accounts import product_table, sensitivity, settle, sustain_fields
from mes_stoch.api.backtesting import DEFAULT_SERIES, backtest
from mes_stoch.api.evaluating import evaluate
from mes_stoch.api.sampling import sequential_sampling, stability
from mes_stoch.api.site import Site, read, site_of
from mes_stoch.api.solving import METHODS, SolveRequest, solve, solve_request
from mes_stoch.backtesting.result import Backtest
from mes_stoch.evaluation.evaluation import Evaluation
from mes_stoch.io.market_data.real_days import RealDays
from mes_stoch.report.run import Run, read_run
from mes_stoch.settlement.settlement import Settlement

__all__ = [
    "DEFAULT_SERIES",
    "METHODS",
    "Backtest",
    "Evaluation",
    "RealDays",
    "Run",
    "Settlement",
    "Site",
    "SolveRequest",
    "backtest",
    "evaluate",
    "product_table",
    "read",
    "read_run",
    "sensitivity",
    "sequential_sampling",
    "settle",
    "site_of",
    "solve",
    "solve_request",
    "stability",
    "sustain_fields",
]
