"""Number of hidden layers: accuracy of meProp and of the dense net, with dropout."""
