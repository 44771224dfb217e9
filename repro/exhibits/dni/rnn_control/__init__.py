"""Is it the gradient? Controls of DNI on recurrent nets."""
