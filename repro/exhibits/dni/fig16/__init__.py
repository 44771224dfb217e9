"""Bits per character over data time, plain DNI too."""
