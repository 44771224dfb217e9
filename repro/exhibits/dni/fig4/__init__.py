"""Progress on Repeat Copy, and bits per character over data time."""
