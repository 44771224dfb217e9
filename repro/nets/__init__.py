"""Nets as sequences of segments, whose parameters carry a leading run axis."""
