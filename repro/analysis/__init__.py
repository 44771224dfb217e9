"""What trained nets are like: pure functions of tensors."""
