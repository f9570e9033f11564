"""The map as pictures and as a page: one graph, drawn as Mermaid, as SVG, and on a page with every route."""
