"""Scheduling, caching and resuming pieces."""
