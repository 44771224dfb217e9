"""Who learns from what, and who waits for whom: drawn from the log of a real step."""
