"""Errors of the synthetic gradient of one DNI over training."""
