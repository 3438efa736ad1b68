"""Words of other tools for what a storage says, and how this format says the same."""

from __future__ import annotations

STORAGE_VALUES = {
    ("initial_mwh", word): "write cyclic for a level that is decided with the commitments and comes back"
    for word in ("free", "auto", "equals_final", "balanced")
}

STORAGE_WORDS: tuple[tuple[str, str], ...] = (
    (
        r"eta|efficiency(_per_unit)?|round_?trip.*",
        "write charge_efficiency_per_unit and discharge_efficiency_per_unit; a round trip is their product",
    ),
    (r"capacity_mwh|energy_mwh|e_nom(_mwh)?|volume_mwh", "write energy_max_mwh"),
    (r"power(_max)?_mw|capacity_mw|p_nom(_mw)?", "write charge_max_mw and discharge_max_mw"),
    (r"(initial_)?soc.*|start_level.*", "write initial_mwh, in MWh"),
    (
        r"(p_(max|min)_pu|availability|available_per_unit|outages?|maintenance|plugged.*|connected.*)(_.*)?",
        "write charge_available_per_unit and discharge_available_per_unit, the shares of its power that can be "
        "used: numbers or series",
    ),
    (
        r".*(power|charge|charging).*_(curve|profile|by_soc|by_energy|by_state_of_charge|map)|taper.*|(p|c_rate)_vs_.*",
        "write charge_max_by_level and discharge_max_by_level, lists of {level_per_unit, power_per_unit}",
    ),
    (
        r"prevent_simultaneous.*|force_async.*|async_.*|nonconvex.*|mutually_exclusive.*|exclusive.*",
        "write exclusive_charging: true",
    ),
    (
        r"(terminal|final|end|residual|water)_(level_|energy_|state_)?(value|price|revenue|reward)(_.*)?|shadow_price.*",
        "write terminal_value_eur_per_mwh",
    ),
    (
        r"(ua|u_value|ua_value|heat_transfer.*|loss(es)?_per_(k|kelvin|degc)|loss_mw_per_k)(_.*)?",
        "write loss_mw_per_kelvin, with store_temperature_degc and ambient_temperature_degc",
    ),
    (
        r"fixed_losses?(_.*)?|heat_loss(es)?(_.*)?|loss_mw|constant_loss.*",
        "write fixed_loss_mw, a number or series",
    ),
    (
        r"(degradation|wear|aging|ageing|cycle|cycling)_(cost|price).*",
        "write throughput_cost_eur_per_mwh, or degradation_cost_by_depth where deep cycles cost more",
    ),
    (r"(max_)?cycles.*|full_cycles.*|cycle_limit.*", "write cycles_max_per_day, full cycles of energy_max_mwh"),
    (
        r"(e|soc|level|storage)_(min|max)_pu|(min|max)_(storage_)?level.*|safety_stock.*|reserve_level.*",
        "write level_min_mwh and level_max_mwh, in MWh: numbers or series",
    ),
)
