"""What must hold for the CO2 of a site."""

from __future__ import annotations

from collections.abc import Iterator

from mes_stoch.io.readers.locate import Locator
from mes_stoch.io.validation.partial_instance import PartialInstance
from mes_stoch.schema.errors import Issue


def co2_issues(partial: PartialInstance, locator: Locator) -> Iterator[Issue]:
    """A cap without its penalty or the other way round, and rules for a site that emits nothing."""
    rules = partial.co2
    if rules is None:
        return
    if rules.cap_t is not None and rules.cap_penalty_eur_per_t is None:
        yield locator.issue(
            ("co2", "cap_t"),
            f"{rules.cap_t:g}, without cap_penalty_eur_per_t",
            "what a tonne above the cap costs, in EUR/t",
            "write cap_penalty_eur_per_t, far above the price; a cap that nothing can pass may have no plan",
        )
    if rules.cap_t is None and rules.cap_penalty_eur_per_t is not None:
        yield locator.issue(
            ("co2", "cap_penalty_eur_per_t"),
            f"{rules.cap_penalty_eur_per_t:g}, without cap_t",
            "a cap above which it is paid, in t",
            "write cap_t, or leave this out; every tonne costs price_eur_per_t",
        )
    emits = any(spec.emissions() for spec in partial.components.values())
    if not emits and not partial.broken_components:
        yield locator.issue(
            ("co2",),
            "a section for a site that emits nothing",
            "an emission factor at a component",
            "write import_emission_kg_per_mwh at the connections whose energy has one, or leave this section out",
        )
