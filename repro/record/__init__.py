"""Records: runs, rows, views of them, verdicts, and the store of what is committed."""
