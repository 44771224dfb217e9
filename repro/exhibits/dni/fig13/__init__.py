"""Errors of the synthetic gradients of every-layer DNI over training."""
