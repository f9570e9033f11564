"""Draws the map from source."""
