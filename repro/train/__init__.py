"""Carrying out a piece: batches, the one training loop, checkpoints."""
