"""Books and who lends them."""
