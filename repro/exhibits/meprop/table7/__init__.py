"""Time of the backward products against k."""
