"""The map: what the application is. Drawn by `survey`, read by everybody."""
