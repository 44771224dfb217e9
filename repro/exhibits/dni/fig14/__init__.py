"""Linear models of the gradient after every layer of nets on MNIST: test error over training."""
