# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 2. A site in Python, and what limits it
#
# A site described in Python; then a shipped one: what it is made of, what limits its commitment, and what a larger
# battery would be worth.

# %%
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import mes_stoch as ms

# %% [markdown]
# ## Described in Python
#
# `ms.site` takes what `instance.yaml` holds, with arrays in place of files, and finds the same mistakes. PV and a
# battery behind one connection, a day of hours, and two scenarios of the day-ahead price.

# %%
hours = np.arange(24)
price = 60 + 30 * np.cos(2 * np.pi * (hours - 19) / 24)
own = ms.site(
    {
        "format": 1,
        "name": "pv_and_battery",
        "carriers": ["electricity"],
        "horizon": {"start": "2025-06-16T00:00", "timezone": "Europe/Paris", "period_h": 1, "periods": 24},
        "nodes": {"power": {"carrier": "electricity"}},
        "components": {
            "grid": {"type": "grid_connection", "node": "power", "import_max_mw": 1, "export_max_mw": 1},
            "pv": {"type": "source", "node": "power", "available_mw": np.maximum(0, np.sin(np.pi * (hours - 6) / 12))},
            "battery": {
                "type": "storage",
                "node": "power",
                "energy_max_mwh": 2,
                "charge_max_mw": 1,
                "discharge_max_mw": 1,
                "initial_mwh": 0,
                "terminal_mwh": 0,
            },
        },
        "products": {"da": {"price_eur_per_mwh": "da_price_eur_per_mwh", "settlement_period_h": 1}},
    },
    scenarios={"flat": {"da_price_eur_per_mwh": price}, "steep": {"da_price_eur_per_mwh": 2 * price - 60}},
)
small = ms.solve(own)
small

# %%
figure, axes = plt.subplots(2, 1, figsize=(10, 6.5), layout="constrained")
small.plot.dispatch("steep", ax=axes[0])
small.plot.levels(ax=axes[1])
plt.show()

# %% [markdown]
# ## A shipped site
#
# `ms.read` takes a folder; `site.replace(...)` and `ms.read(folder, overrides)` change entries by path.

# %%
ROOT = next(folder for folder in (Path.cwd(), *Path.cwd().parents) if (folder / "instances").is_dir())
site = ms.read(ROOT / "instances" / "enedis_local")
site

# %% [markdown]
# ## Its parts
#
# Every field of the format is an attribute; its name carries its unit. `ms.lattice` shows how the parts are joined.

# %%
pd.DataFrame(
    [(name, component.type) for name, component in site.instance.components.items()], columns=["component", "type"]
)

# %%
figure = ms.plot.lattice(site)
figure

# %% [markdown]
# ## What limits it
#
# `no_volume` of the summary says of each product that was left empty what stands in the way; what a little more of each
# device is worth is a question for `ms.evaluate`: a shadow price, and a step between proven bounds.

# %%
run = ms.solve(site, site.tree(scenarios=4), gap_rel=0.001)
run

# %%
run.summary["no_volume"]

# %%
worth = ms.evaluate(run, devices=True, gap_rel=0.001).device_values
pd.DataFrame(
    [
        (path, value.limit, value.unit, value.shadow_price, value.step, value.step_value.lower, value.step_value.upper)
        for path, value in worth.devices.items()
    ],
    columns=["limit of", "limit", "unit", "eur_per_unit", "step", "step_earns_at_least", "step_earns_at_most"],
).round(2)

# %% [markdown]
# ## Other numbers
#
# `ms.sweep` solves a site at every point of a grid of overrides, over the same scenarios where a process does not
# depend on them: here what a larger battery earns.

# %%
table = ms.sweep(site, {"components.battery.energy_max_mwh": [2, 3, 4]}, scenarios=4, gap_rel=0.001, progress=True)
table = table.set_index("components.battery.energy_max_mwh")
table[["objective", "bound_upper", "mean_mw.enedis_local_reserved"]].round(2)

# %%
figure, ax = plt.subplots(figsize=(7, 3.5), layout="constrained")
table["objective"].plot(marker="o", color="#0072B2", ax=ax)
ax.set_xlabel("battery, MWh")
ax.set_ylabel("expected profit, EUR over the horizon")
plt.show()

# %% [markdown]
# ## Can all that is held be delivered?
#
# The stress test calls everything in full whenever the products allow, without the optimiser.

# %%
ms.evaluate(run, stress=True).stress
