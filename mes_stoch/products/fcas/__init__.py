"""Frequency control ancillary services: the trapezium as arithmetic, and what it asks of the units."""

from mes_stoch.products.fcas.build import build_fcas

__all__ = ["build_fcas"]
