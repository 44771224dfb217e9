"""A critical point created by a constant synthetic gradient."""
