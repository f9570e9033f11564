"""The command line: puts the capabilities together, finds their commands by folder."""
