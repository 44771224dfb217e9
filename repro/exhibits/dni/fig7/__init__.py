"""Layers that are updated at random times, with synthetic gradients, and with synthetic inputs too."""
