"""Is it the gradient? Controls of one synthetic gradient in deep nets."""
