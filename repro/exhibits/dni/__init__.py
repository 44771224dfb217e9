"""Exhibits of Decoupled Neural Interfaces using Synthetic Gradients, arXiv:1608.05343v2."""
