"""First wing: how bytes become JSON, words, names and ids. Knows nothing of papers."""
