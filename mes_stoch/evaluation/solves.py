"""Several solves in one evaluation: the time each of them may take, and what of it is known between two bounds."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from mes_stoch.evaluation.bracket import Bracket
from mes_stoch.model.program import FloatArray, StochasticProgram
from mes_stoch.model.site_program import SiteProgram
from mes_stoch.schema.errors import InterruptedRunError, SolveError, TimeLimitError
from mes_stoch.solvers.auto import solve_by, solve_near
from mes_stoch.solvers.certificate.result import EngineResult, SolveOptions
from mes_stoch.solvers.interruption.stop import Stop
from mes_stoch.solvers.risk_averse import site_with_risk

_DONE = ("optimal", "gap_reached")
UNKNOWN = Bracket(-math.inf, math.inf)


@dataclass
class Solves:
    """Solves that share a time limit; each has the limit of the options as well.

    Parameters
    ----------
    options : SolveOptions
    stop : Stop
        What ends all of them.
    is_complete : bool
        Whether every solve so far has reached its gap.
    """

    options: SolveOptions
    stop: Stop = field(default_factory=Stop)
    is_complete: bool = True

    def result(self, program: StochasticProgram, method: str = "auto") -> EngineResult | None:
        """What a solve has proven; ``None`` where there was no time for anything.

        Raises
        ------
        InfeasibleError, UnboundedError, SolveError
        """
        return self._ended(program, lambda limit: solve_by(method, program, self.options, stop=limit))

    def result_near(self, program: StochasticProgram, near: FloatArray | None) -> EngineResult | None:
        """The same from a root point that may be near the best; ``None``: from nowhere.

        Raises
        ------
        InfeasibleError, UnboundedError, SolveError
        """
        return self._ended(program, lambda limit: solve_near(program, self.options, near, stop=limit))

    def _ended(self, program: StochasticProgram, solve: Callable[[Stop], EngineResult | None]) -> EngineResult | None:
        if self.stop():
            self.is_complete = False
            return None
        limit = self.stop.earlier(time.perf_counter() + self.options.time_limit_s)
        try:
            result = solve(limit)
        except InterruptedRunError:
            self.is_complete = False
            return None
        if result is None:
            raise SolveError(f"{program.name}: values are worked out in one process")
        self.is_complete = self.is_complete and result.status in _DONE
        return result

    def of_site(self, leaves: SiteProgram) -> Bracket:
        """The best profit of a site, or the best utility where its instance weighs risk."""
        try:
            program = site_with_risk(leaves, self.stop)
        except (InterruptedRunError, TimeLimitError):
            self.is_complete = False
            return UNKNOWN
        return self.bracket(program)

    def bracket(self, program: StochasticProgram, method: str = "auto") -> Bracket:
        """The best profit of a program, between what is proven of it."""
        return profit_of(self.result(program, method))


def profit_of(result: EngineResult | None) -> Bracket:
    """From cost to profit; without a dispatch nothing is known to be earned."""
    if result is None:
        return UNKNOWN
    return Bracket(-result.upper if result.scenarios else -math.inf, -result.lower)


def reached_its_gap(result: EngineResult | None) -> bool:
    """Whether the first stage of a result is optimal within the gap that was asked for."""
    return result is not None and bool(result.scenarios) and result.status in _DONE
