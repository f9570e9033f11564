"""What may happen: roles, permissions and conditions, compiled once; decides, explains, compares."""
