"""What a training step costs, by what it is spent on, and under which rule: `repro bench`."""
