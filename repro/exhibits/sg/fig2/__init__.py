"""The loss that linear synthetic gradients imply, beside the true one."""
