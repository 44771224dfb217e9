"""Representations by layer of 20-layer nets, with DFA."""
