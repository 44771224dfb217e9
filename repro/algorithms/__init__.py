"""The papers' learning rules, each with its equation above the line that computes it."""
