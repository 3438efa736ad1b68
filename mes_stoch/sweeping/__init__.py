"""Sweeps: an instance solved at many points of a grid of overrides."""
