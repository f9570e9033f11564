"""What the running framework serves: one module a framework, each with `table(app)`."""
