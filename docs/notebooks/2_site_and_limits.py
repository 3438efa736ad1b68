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
# What a site is made of, what its commitment could not do without, and what a larger battery would be worth.

# %%
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

import mes_stoch as ms

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
# `with_values` gives the same site with other numbers, checked as a file would be; the scenarios stay the same.

# %%
rows = []
for size_mwh in (2.0, 3.0, 4.0):
    other = site.with_values({"components.battery.energy_max_mwh": size_mwh})
    found = ms.solve(other, other.tree(scenarios=4), gap_rel=0.001)
    rows.append((size_mwh, found.objective, found.summary["bound_upper"]))
table = pd.DataFrame(rows, columns=["battery_mwh", "profit_eur", "at_most_eur"]).set_index("battery_mwh")
table.round(2)

# %%
ax = table["profit_eur"].plot(marker="o", figsize=(7, 3.5), color="#0072B2")
ax.set_xlabel("battery, MWh")
ax.set_ylabel("expected profit, EUR over the horizon")
ax.figure.tight_layout()
plt.show()

# %% [markdown]
# ## Can all that is held be delivered?
#
# The stress test calls everything in full whenever the products allow, without the optimiser.

# %%
ms.evaluate(run, stress=True).stress
