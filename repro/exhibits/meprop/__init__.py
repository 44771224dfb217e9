"""Exhibits of meProp: Sparsified Back Propagation, arXiv:1706.06197v5."""
