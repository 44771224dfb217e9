"""Learning curves on MNIST of nets of 3 to 50 layers, with and without a synthetic gradient."""
