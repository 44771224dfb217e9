"""Final loss with a synthetic gradient minus backpropagation, artificial data."""
