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
# # 4. Evaluation: other days, policies, risk, and operating without foresight
#
# An optimum over some scenarios is a promise. This notebook asks what a commitment earns on days that it was not made
# for, what simpler rules lose, what less risk costs, and what is earned without knowing the day.

# %%
from pathlib import Path

import matplotlib.pyplot as plt

import mes_stoch as ms

ROOT = next(folder for folder in (Path.cwd(), *Path.cwd().parents) if (folder / "instances").is_dir())
site = ms.read(ROOT / "instances" / "enedis_local")
run = ms.solve(site, site.tree(scenarios=6), gap_rel=0.001)
run

# %% [markdown]
# ## Days that it was not made for
#
# A tree of another seed: the mean has a standard error, and an interval where a method is named.

# %%
fresh = site.tree(scenarios=12, seed=7)
elsewhere = ms.evaluate(run, tree=fresh, interval="t", gap_rel=0.001, progress=True)
elsewhere

# %%
ms.plot.profit({"scenarios it was made for": run, "other days": elsewhere})
plt.show()

# %% [markdown]
# ## Policies
#
# What simpler ways to commit lose against the stochastic program, between proven bounds.

# %%
compared = ms.evaluate(run, tree=fresh, policies=["energy_only", "expected_value", "wait_and_see"], gap_rel=0.001)
compared

# %%
ms.plot.profit(compared)
plt.show()

# %% [markdown]
# ## Risk
#
# The frontier: expected profit against the mean of the worst third of the probability (CVaR), for several weights. The
# scenarios are single days of a contract of 82 days, so it has to be said that bad days are meant.

# %%
careful = site.with_risk("cvar", alpha=0.667, beta=0.5, of_single_days=True)
frontier = ms.evaluate(careful, tree=run.tree, frontier=True, risk_weights=[0, 0.5, 1], gap_rel=0.001).frontier
[(point.weight, round(point.plan.expected, 2), round(point.plan.measured, 2)) for point in frontier.points]

# %% [markdown]
# ## Without foresight
#
# The two-stage model sees the whole day when it dispatches. `rolling=True` operates period by period with what is known
# by then; the difference is the foresight bias.

# %%
rolling = ms.evaluate(run, tree=site.tree(scenarios=2, seed=7), rolling=True, gap_rel=0.001, progress=True).rolling
rolling.table().round(2)
