"""Two recurrent nets on two clocks, one synthetic gradient between them."""
