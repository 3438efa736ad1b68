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
# # 3. Uncertainty: trees, reduction, quality
#
# Where scenarios come from, how few of them stand for many, and how many are enough.

# %%
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

import mes_stoch as ms

ROOT = next(folder for folder in (Path.cwd(), *Path.cwd().parents) if (folder / "instances").is_dir())
site = ms.read(ROOT / "instances" / "supermarket_fr")

# %% [markdown]
# ## Draw
#
# Every scenario is drawn from a seed named by its place in the tree: scenario 7 of 100 is scenario 7 of 1,000.

# %%
many = site.tree(scenarios=100)
many

# %%
figure, axes = plt.subplots(2, 1, figsize=(10, 6.5), layout="constrained")
ms.plot.fan(many, "da_price_eur_per_mwh", ax=axes[0])
demand = next(name for name in many.series_names if name.endswith("_mw") and "demand" in name)
ms.plot.fan(many, demand, ax=axes[1])
plt.show()

# %% [markdown]
# ## Reduce
#
# `ms.reduce` keeps the scenarios that stand for all, with other probabilities. Over them an expected profit has no
# standard error: the tree says how it was chosen.

# %%
few = ms.reduce(many, 8, method="k_medoids")
few

# %%
pd.Series(few.probabilities, index=few.scenario_names, name="probability").round(3)

# %%
figure, axes = plt.subplots(2, 1, figsize=(10, 6.5), layout="constrained", sharey=True)
ms.plot.fan(few, "da_price_eur_per_mwh", ax=axes[0])
ms.plot.fan(site.tree(scenarios=8), "da_price_eur_per_mwh", ax=axes[1])
axes[0].set_title("8 chosen from 100", loc="left", fontsize=10, fontweight="bold")
axes[1].set_title("8 as drawn", loc="left", fontsize=10, fontweight="bold")
plt.show()

# %% [markdown]
# ## Quality
#
# A tree beside a larger sample of its process: the Wasserstein distance of each series in its standard deviations, with
# a plain draw of the same size as the baseline, and the distance of whole days.

# %%
quality = ms.tree_quality(site, few, sample=200)
quality.distances.round(3).head(8)

# %%
quality.transport

# %% [markdown]
# ## How many are enough?
#
# `ms.stability` solves samples of several sizes and evaluates each commitment over one common sample. An office campus
# with two local contracts is quick enough to show it.

# %%
campus = ms.read(ROOT / "instances" / "enedis_local")
found = ms.stability(campus, (2, 4), replications=2, scenarios=8, wanted_error_rel=0.05, progress=True)
found.stability.table().round(2)
