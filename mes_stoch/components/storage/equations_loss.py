"""What a storage loses whatever its level."""

from __future__ import annotations

from mes_stoch.components.shared.context import Expression, ModelContext, OfPeriod
from mes_stoch.components.storage.format import Storage
from mes_stoch.io.validation.penalties import amount


def build_fixed_loss(context: ModelContext, name: str, spec: Storage) -> OfPeriod | None:
    """Power that leaves the store in every period, MW; ``None`` where there is none.

    Equations
    ---------
    In ``level`` the loss ``l`` less what is not covered stands beside what is discharged::

        L[t] = kappa L[t-1] + h (eta_c c[t] - d[t] / eta_d - l[t] + short[t])                     (level)
        short[t] <= l[t]                                                                     (loss_short)
        profit -= h level_penalty sum_t short[t]                                      (slack.loss_<storage>)

    ``l`` is ``fixed_loss + U |T_store - T_ambient|``, data, with ``U`` the loss per kelvin: a heat store in colder
    surroundings, and a cold store in warmer ones. An empty store that nothing can be put into would leave no operation
    at all without ``short``; its penalty is as that of demand unserved, so that a store is heated rather. A full call
    changes nothing of the loss.

    Symbols
    -------
    ``loss_short_mw`` : MW inside the store, (periods,), realtime; none where the penalty forbids it.
    """
    if not spec.has_fixed_loss:
        return None
    lost = context.quantity(spec.lost_mw)
    penalty = amount(spec.level_penalty_eur_per_mwh)
    if penalty is None:
        return lost
    short = context.variable(name, "loss_short_mw", "MW", "realtime", role="slack")
    context.constraint(
        name,
        "loss_short",
        f"no more than its loss goes uncovered in {name}",
        lambda t: short[t] <= lost(t),
    )
    context.earn(f"slack.loss_{name}", sum(-context.lengths_h[t] * penalty * short[t] for t in context.periods))

    def net(t: int) -> Expression:
        return lost(t) - short[t]

    return net
