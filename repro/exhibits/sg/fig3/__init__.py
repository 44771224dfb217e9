"""Representations by layer of 20-layer nets: Bprop, SG, SG*, DFA."""
