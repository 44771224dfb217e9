"""Six learning rules as one framework, and what they do to a small net."""
