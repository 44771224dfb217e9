"""Training error of the convolutional nets on CIFAR-10."""
