"""The parsed program: files found, parsed, lowered once to plain tuples, with names resolved across files."""
