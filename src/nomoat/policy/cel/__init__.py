"""The language of conditions, from tokens to a Python function: a stated subset of CEL (docs/reference/policy.md)."""
