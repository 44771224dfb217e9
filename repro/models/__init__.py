"""Networks whose parameters carry a leading run axis, with hand-written gradients."""
