"""Accuracy of simple unified top-k: one pattern a mini-batch."""
