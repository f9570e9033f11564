"""The journal leaves the house: what facts become on the way out, and who takes them."""
