"""Time of the forward pass, the backward pass and the update on a CPU, with the times of Table 1."""
