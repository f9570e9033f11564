"""Who calls: bearer tokens, verified strictly, and what they say of the caller."""
