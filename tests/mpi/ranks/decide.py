"""What a site decides beside given volumes, on ranks that share the work: what each of them gets, or is told.

``nothing``: no rank gets a result. ``interrupted``: a signal comes to rank 1 alone. ``decided``: neither.
"""

from __future__ import annotations

import json
import sys

import numpy as np

import mes_stoch as ms
from mes_stoch.evaluation import site_decisions
from mes_stoch.io.commitment_file import GivenCommitments
from mes_stoch.schema.errors import MesStochError
from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.interruption.stop import Stop
from mes_stoch.solvers.parallel import mpi
from mes_stoch.solvers.parallel.scenario_communicator import ScenarioCommunicator

kind, folder = sys.argv[1:]
site = ms.read(folder)
tree = site.tree()
communicator = mpi.world()
stop = Stop()
if kind == "nothing":
    site_decisions.solve_by = lambda *_, **__: None
if kind == "interrupted" and communicator.Get_rank() == 1:
    stop.request.make("SIGINT")
given = GivenCommitments({name: np.ones(1) for name in ("fr_afrr_up", "fr_afrr_down")})
try:
    made = site_decisions.with_decisions_made(
        given, site.instance, tree, SolveOptions(gap_rel=1e-6), stop, ScenarioCommunicator(communicator)
    )
    outcome = made.site_decisions["battery", "initial_mwh"]
except MesStochError as error:
    outcome = type(error).__name__
everyone = communicator.gather(outcome)
if everyone is not None:
    sys.stdout.write(json.dumps(everyone))
