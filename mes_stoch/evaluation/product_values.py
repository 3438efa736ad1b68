"""What each product that is committed is worth: with all others, and alone.

Equations
---------
``RP(Q)`` is the stochastic program in which only the products ``Q`` may have a volume at the root; ``A`` are all of
them, and energy is traded in any case::

    value beside the others   RP(A) - RP(A without p)        what would be lost by not offering p
    value alone               RP({p}) - RP({})               what p would earn as the only one
    value of all              RP(A) - RP({})

Where the instance weighs risk, RP is a utility (:mod:`mes_stoch.model.risk.program`) and so are its differences. Both
are zero or more. They do not add up: products share plant, and a second one earns less, or more, than the first.
Each is a bracket, from the proven intervals of two solves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mes_stoch.evaluation.bracket import Bracket, bracket_result
from mes_stoch.evaluation.profit import seed_of
from mes_stoch.evaluation.solves import Solves
from mes_stoch.model.site_program import SiteProgram
from mes_stoch.schema.errors import UsageError
from mes_stoch.schema.evaluation import ProductValueResult, ProductValuesResult
from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.interruption.stop import Stop


@dataclass(frozen=True)
class ProductValues:
    """Brackets of expected profit with fewer products.

    Parameters
    ----------
    recourse, nothing : Bracket
        With all products, and without any.
    without, alone : dict of str to Bracket
        By product: all but this one, and this one only.
    """

    recourse: Bracket
    nothing: Bracket
    without: dict[str, Bracket]
    alone: dict[str, Bracket]
    scenarios: int
    seed: int | None
    currency: str
    is_complete: bool = True

    @property
    def together(self) -> Bracket:
        """Value of all products."""
        return self.recourse - self.nothing

    def beside(self, product: str) -> Bracket:
        """What would be lost without the product."""
        return self.recourse - self.without[product]

    def by_itself(self, product: str) -> Bracket:
        """What the product would earn as the only one."""
        return self.alone[product] - self.nothing

    def result(self) -> ProductValuesResult:
        """The part of ``evaluation.json``."""
        return ProductValuesResult(
            scenarios=self.scenarios,
            seed=self.seed,
            currency=self.currency,
            recourse=bracket_result(self.recourse),
            without_any=bracket_result(self.nothing),
            together=bracket_result(self.together),
            products={
                name: ProductValueResult(
                    beside_others=bracket_result(self.beside(name)), alone=bracket_result(self.by_itself(name))
                )
                for name in self.without
            },
        )


def product_values(
    leaves: SiteProgram,
    options: SolveOptions,
    *,
    recourse: Bracket | None = None,
    stop: Stop | None = None,
    told: Callable[[str], object] | None = None,
) -> ProductValues:
    """Solve the program of a site again with fewer products.

    Parameters
    ----------
    leaves : SiteProgram
        One scenario a leaf.
    recourse : Bracket, optional
        RP with all products, where it is known.

    Raises
    ------
    UsageError
        Nothing is committed at the root.
    InfeasibleError, UnboundedError, SolveError
    """
    if not leaves.service_shapes:
        raise UsageError(f"{leaves.name} has no product whose volume is decided at the root")
    solves = Solves(options, stop or Stop())
    sizes = leaves.service_shapes
    count, done = (2 * len(sizes) if len(sizes) > 1 else 0) + 1 + (recourse is None), 0

    def solved(offered: set[str], what: str) -> Bracket:
        nonlocal done
        done += 1
        if told is not None:
            told(f"{done} of {count}: {what}")
        closed = {name: np.zeros(size) for name, size in sizes.items() if name not in offered}
        program = leaves.with_commitments(closed) if closed else leaves
        return solves.of_site(program)

    everyone = set(sizes)
    known = solved(everyone, "all products") if recourse is None else recourse
    nothing = _no_more(solved(set(), "none of them"), known)
    if len(sizes) == 1:
        only = next(iter(sizes))
        without, alone = {only: nothing}, {only: known}
    else:
        without = {name: _no_more(solved(everyone - {name}, f"all but {name}"), known) for name in sizes}
        alone = {name: _no_more(solved({name}, f"{name} alone"), known) for name in sizes}
    return ProductValues(
        known,
        nothing,
        without,
        alone,
        scenarios=len(leaves.scenario_names),
        seed=seed_of(leaves.tree),
        currency=leaves.instance.currency,
        is_complete=solves.is_complete,
    )


def _no_more(fewer: Bracket, all_of_them: Bracket) -> Bracket:
    """With fewer products no more is earned than with all."""
    return Bracket(fewer.lower, min(fewer.upper, max(all_of_them.upper, fewer.lower)))
