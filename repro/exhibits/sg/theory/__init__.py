"""Propositions 1 and 2, Corollary 1 and Theorem 1 as statements that can be run."""
