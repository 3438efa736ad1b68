"""Views of a site beside the model: its lattice of layers, nodes and components, and its energy hub as matrices."""
