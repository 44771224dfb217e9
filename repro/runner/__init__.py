"""Scheduling, caching, adopting and resuming runs."""
