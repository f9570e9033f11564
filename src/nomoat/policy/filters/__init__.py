"""A deferred decision as a question to a database: the rows that would be allowed."""
