"""The shop of the example."""
