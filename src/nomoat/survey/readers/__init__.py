"""Readers of what stands beside the code of a tree: one module for each kind of document."""
