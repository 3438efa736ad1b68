"""Every rank solves what an instance states, as a script of a user does; rank 1 meets a fault while it draws."""

from __future__ import annotations

import sys

import mes_stoch as ms
from mes_stoch.solvers.parallel import mpi
from mes_stoch.uncertainty import tree_draws


def faulty(*details):
    raise RuntimeError("a fault in a process")


if mpi.rank() == 1:
    tree_draws.draw_leaf = faulty
ms.solve(ms.read(sys.argv[1]), method="decomposition", gap_rel=0.05)
