"""Time of an MLP's whole backward pass against k."""
