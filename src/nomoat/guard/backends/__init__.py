"""Backends that guard asks instead of the policy of nomoat.yaml: one module each."""
