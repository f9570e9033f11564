"""Loaded by every Python process that a test starts."""

import loopback_only

loopback_only.install()
