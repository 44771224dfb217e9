"""Hidden units as many as k: a small dense net against a large one that is taught sparsely, on three tasks."""
