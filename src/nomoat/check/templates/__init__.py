"""Templates of pages: where a value is put in as it is, and which view gives that value."""
