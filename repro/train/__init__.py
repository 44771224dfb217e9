"""Carrying out a group of runs: learners, the one training loop, optimisers, checkpoints."""
