"""What a measurement's own processes do; each module is one kind of measurement."""
