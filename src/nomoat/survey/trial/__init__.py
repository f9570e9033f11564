"""Code on trial: what source does with a caller who has no credential, found without running any of it."""
