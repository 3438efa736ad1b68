"""What slack costs where nobody says it: more than any price can pay for it.

Slack (demand left unserved, surplus thrown away, a storage that ends too low, a position that is not kept) must never
be worth its penalty, or it would be a power plant. So penalties follow from what prices *can* be: the limits of
markets and products, stated tariffs, or the cap an instance declares. They never follow from scenarios that were drawn:
two samples of one instance have the same objective.

Equations
---------
``T`` is the most that a MWh traded can earn or cost: largest price of a market with its fee, tariff, and what is passed
on in hours of obligation. ``I`` is the largest imbalance price, ``C`` what a MWh called can be worth, ``R`` one that is
kept and so held ready for hours, or counts in critical hours (:mod:`mes_stoch.io.validation.contract_worth`)::

    schedule penalty   S    = 1.2 ( max(T, C) + I + F[n] R )           n: the node of the traded connection
    worth at a node    V[n] = max( v0[n],  max_k ( sum_b r_kb / r_ka V[b] + cost_k / r_ka ) )
                       v0   = S + max(T, C) + R + I at a traded connection, the largest tariff at another one, the
                              dearest demand that may be shed
    unserved, dumped   U[n] = 1.5 max(F[n] V[n], max_m v0[m]) + start[n]
    terminal level     T    = 1.2 U[n] / eta_c

The second line follows a MWh through converters ``k`` from their port ``a`` at the node to their other ports ``b``,
along paths that meet no node twice: heat that is not served lets a heat pump stop, and its electricity be sold. ``F``
is what the worst storage at the node needs for a MWh given back, ``1 / (eta_c eta_d keep)``; ``start`` the dearest
start of a unit that serves the node, itself or through converters, for a single period at its minimum. Serving a demand
so goes before keeping a schedule.
"""

from __future__ import annotations

from collections.abc import Iterator

from mes_stoch.io.validation.price_limits import Ranges, missing_cap
from mes_stoch.io.validation.worth import Worth
from mes_stoch.schema.base import AUTO
from mes_stoch.schema.component import is_derived
from mes_stoch.schema.errors import InstanceError, Issue
from mes_stoch.schema.instance import Instance


def with_penalties(instance: Instance, ranges: Ranges) -> Instance:
    """The instance with a number, or ``None``, in the place of every penalty that follows from prices.

    Raises
    ------
    InstanceError
        If nothing says how large prices can be.
    """
    if not _unsaid(instance):
        return instance
    issue = missing_cap(instance, ranges)
    if issue is not None:
        raise InstanceError(instance.name, [issue.in_currency(instance.currency)])
    found = Worth(instance, ranges)
    nodes = {}
    for name, node in instance.nodes.items():
        value = found.unserved(name)
        update = {
            key: value
            for key in ("unserved_penalty_eur_per_mwh", "dump_penalty_eur_per_mwh")
            if getattr(node, key) == AUTO
        }
        nodes[name] = node.model_copy(update=update) if update else node
    components = {}
    for name, spec in instance.components.items():
        update = {
            slack.field: found.schedule if slack.is_position else found.slack(slack)
            for slack in spec.slack_penalties()
            if is_derived(spec.penalty(slack))
        }
        components[name] = spec.model_copy(update=update) if update else spec
    return instance.model_copy(update={"nodes": nodes, "components": components})


def derived_penalties(instance: Instance) -> frozenset[tuple[str, str]]:
    """Owner and quantity of every slack whose penalty :func:`with_penalties` works out."""
    found = set()
    for name, node in instance.nodes.items():
        if node.unserved_penalty_eur_per_mwh == AUTO:
            found.add((name, "unserved_mw"))
        if node.dump_penalty_eur_per_mwh == AUTO:
            found.add((name, "dumped_mw"))
    for name, spec in instance.components.items():
        for slack in spec.slack_penalties():
            if is_derived(spec.penalty(slack)):
                found |= {(name, quantity) for quantity in slack.quantities}
    return frozenset(found)


def stated_penalties(instance: Instance) -> dict[str, float | None]:
    """Every penalty of slack by its key, in the instance's currency per MWh; ``None`` where slack is forbidden."""
    found: dict[str, float | None] = {}
    for name, node in instance.nodes.items():
        found[f"nodes.{name}.unserved_penalty_eur_per_mwh"] = amount(node.unserved_penalty_eur_per_mwh)
        found[f"nodes.{name}.dump_penalty_eur_per_mwh"] = amount(node.dump_penalty_eur_per_mwh)
    traded = instance.traded_connections()
    for name, spec in instance.components.items():
        for slack in spec.slack_penalties():
            if not slack.is_position or name in traded:
                found[f"components.{name}.{slack.field}"] = amount(spec.penalty(slack))
    return found


def amount(penalty: float | str | None) -> float | None:
    """A penalty after :func:`with_penalties`: a number, or ``None`` where slack is forbidden.

    Raises
    ------
    TypeError
        If the penalty has not been worked out yet.
    """
    if isinstance(penalty, str):
        raise TypeError("penalties are asked for before they were worked out from prices")
    return None if penalty is None else float(penalty)


def penalty_issues(instance: Instance, ranges: Ranges) -> list[Issue]:
    """Penalties that prices can pay, and the cap that is missing where none follows."""
    issue = missing_cap(instance, ranges) if _unsaid(instance) else None
    if issue is not None:
        return [issue]
    worth = Worth(instance, ranges)
    return [issue for issue in _too_small(instance, worth) if issue is not None]


def _too_small(instance: Instance, worth: Worth) -> Iterator[Issue | None]:
    for name, node in instance.nodes.items():
        own = [spec for spec in instance.components.values() if any(port.node == name for port in spec.ports())]
        key = f"nodes.{name}"
        if any(spec.has_fixed_demand for spec in own):
            hint = f"{_LEAVE_OUT}; a demand that may go unserved for a price is a sheddable_demand"
            penalty = node.unserved_penalty_eur_per_mwh
            yield _issue(f"{key}.unserved_penalty_eur_per_mwh", penalty, worth.least(name), hint)
        if any(spec.has_fixed_supply for spec in own):
            hint = (
                f"{_LEAVE_OUT}; surplus that may be thrown away for a price is a curtailable source, or a "
                "grid_connection with export_max_mw and an export price below 0"
            )
            yield _issue(f"{key}.dump_penalty_eur_per_mwh", node.dump_penalty_eur_per_mwh, worth.least(name), hint)
    traded = instance.traded_connections()
    for name, spec in instance.components.items():
        for slack in spec.slack_penalties():
            if not slack.is_possible or slack.is_physical or (slack.is_position and name not in traded):
                continue
            least = worth.least_schedule if slack.is_position else worth.least(slack.node) * slack.spared_per_mwh
            hint = f"{_LEAVE_OUT}, or {slack.hint}" if slack.hint else _LEAVE_OUT
            yield _issue(f"components.{name}.{slack.field}", spec.penalty(slack), least, hint)


_LEAVE_OUT = "leave it out (it follows from prices)"


def _issue(key: str, penalty: float | str | None, least: float, hint: str) -> Issue | None:
    if penalty is None or isinstance(penalty, str) or penalty >= least * (1.0 - 1e-9):
        return None
    expected = f"at least {least:,.6g} EUR/MWh, which prices can pay for it"
    return Issue("instance.yaml", None, key, f"{penalty:g}", expected, f"slack would earn money; {hint}")


def _unsaid(instance: Instance) -> bool:
    for node in instance.nodes.values():
        if AUTO in (node.unserved_penalty_eur_per_mwh, node.dump_penalty_eur_per_mwh):
            return True
    return any(
        is_derived(spec.penalty(slack)) for spec in instance.components.values() for slack in spec.slack_penalties()
    )
