"""How squared norms of weights spread over the layers of nets of 20 and 50 layers."""
