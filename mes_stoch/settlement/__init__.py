"""Settlement: every cash flow of a run once more, from its exported files and the rules of the markets alone.

No model code is read here, and no solver: this package imports :mod:`mes_stoch.schema` and :mod:`mes_stoch.io`, nothing
else, so that a mistake in the optimiser's algebra cannot hide in its own account of itself.
"""
