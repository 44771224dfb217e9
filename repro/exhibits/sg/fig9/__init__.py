"""The loss that synthetic gradients without the label, or with nothing else, imply."""
