"""What a finished plan is worth beside the optimiser's own account of it: tests and, later, values on other trees."""
