"""What linear probes read from each layer of 20-layer nets: the class, and the image."""
