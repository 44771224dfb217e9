"""Exhibits of Understanding Synthetic Gradients and Decoupled Neural Interfaces, arXiv:1703.00522v1."""
