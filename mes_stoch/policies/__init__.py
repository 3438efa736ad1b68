"""Rules by which an operator commits, one a file; what the stochastic program is compared with."""
