"""Accuracy against k: overfitting, top-k against random-k, k against hidden size."""
