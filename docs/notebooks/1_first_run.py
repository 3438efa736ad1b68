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
# # 1. A first run and its results
#
# A hypermarket with refrigeration that can wait, a cold store, a heat pump, PV and a battery commits reserves for a day
# before prices and calls are known. This notebook reads the site, solves it over three scenarios, and looks at what
# came out. It takes some seconds; more scenarios take longer and say more.

# %%
from pathlib import Path

import matplotlib.pyplot as plt

import mes_stoch as ms

ROOT = next(folder for folder in (Path.cwd(), *Path.cwd().parents) if (folder / "instances").is_dir())
site = ms.read(ROOT / "instances" / "supermarket_fr")
site

# %% [markdown]
# ## Solve
#
# `site.tree(...)` draws scenarios: prices, demand, weather, calls. `ms.solve` finds the volumes with the best expected
# profit, and proves how far from optimal they can be. `progress=True` shows a bar; a function gets a `Progress`
# instead.

# %%
tree = site.tree(scenarios=3)
run = ms.solve(site, tree, gap_rel=0.001, progress=True)
run

# %% [markdown]
# ## What was committed
#
# `run.commitments` has a row for each block of each product, in local time.

# %%
run.commitments.pivot_table(index="block_start", columns="product", values="volume_mw", sort=False)

# %%
run.plot.commitments()
plt.show()

# %% [markdown]
# ## How the site is operated
#
# `run.flows`, `run.prices` and `run.levels` are mappings from carrier to labelled arrays
# `(scenario, time, component)`. Their index `time` is UTC; `local_time` stands beside it. Called with a scenario, they
# are tables in local time.

# %%
electricity = run.flows["electricity"]
energy_mwh = (electricity * electricity["period_length_h"]).sum("time")
energy_mwh.to_pandas().round(2)

# %%
run.levels(0).tail(3).round(3)

# %%
figure, axes = plt.subplots(3, 1, figsize=(10, 10), layout="constrained")
run.plot.dispatch(carrier="electricity", ax=axes[0])
run.plot.dispatch(carrier="cooling", ax=axes[1])
run.plot.levels(ax=axes[2])
plt.show()

# %% [markdown]
# ## What it earns
#
# Expected money by stream, and profit by scenario.

# %%
money = run.solution["stream_eur"].weighted(run.solution["probability"]).mean("scenario").to_pandas()
money[money.abs() > 0.005].sort_values().round(2)

# %%
run.plot.profit()
plt.show()

# %% [markdown]
# ## Settle it again
#
# `ms.settle` recomputes every cash flow from data, decisions and meters alone, without the model. The ledger is a
# table: quantity x price x hours = amount.

# %%
settlement = ms.settle(run)
settlement

# %%
settlement.ledger.frame([tree.scenario_names[0]]).head()

# %% [markdown]
# `run.write("runs/mine")` keeps all of it in a folder, and `ms.read_run("runs/mine")` reads it back.
