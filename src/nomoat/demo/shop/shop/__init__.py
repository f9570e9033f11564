"""A small shop: catalogue, orders, administration. It has flaws on purpose; do not deploy it."""
