"""Rerun, check and cite every figure and table of three papers on synthetic gradients and meProp."""

__version__ = "0.1.0"
