"""How nets represent examples: dissimilarity matrices by layer, and how far a layer is from the last.

Source: arXiv:1703.00522v1, section 5 and Figures 3 and 7. Shapes: R runs, N examples, H units, C classes.
"""

from __future__ import annotations

import torch
from torch import Tensor


def first_of_each(y: Tensor, n: int, classes: int = 10) -> Tensor:
    """Indices of the first n examples of each class, sorted by class; y [N] on any device, the result on the CPU."""
    labels = y.cpu()
    return torch.cat([(labels == c).nonzero()[:n, 0] for c in range(classes)])


def dissimilarity(h: Tensor) -> Tensor:
    """RDM [R, N, N] of h [R, N, H]: 1 − Pearson's correlation of the activations of two examples, in float64.

    An example whose units all have one value has no correlation; it counts as 0, dissimilarity 1.
    """
    z = h.double() - h.double().mean(-1, keepdim=True)
    z = z / torch.linalg.vector_norm(z, dim=-1, keepdim=True).clamp_min(1e-12)
    made: Tensor = 1 - z @ z.mT
    return made


def block_distance(rdm: Tensor, last: Tensor, y: Tensor) -> Tensor:
    """Mean squared difference [R] of two RDMs over their diagonal blocks: pairs of examples of one class; y [N].

    The paper's "L2 distance between the diagonal elements": an RDM's diagonal itself is 0. Its root is the other
    normalisation.
    """
    same = (y.unsqueeze(0) == y.unsqueeze(1)).to(rdm.dtype)
    return ((rdm - last).square() * same).sum((1, 2)) / same.sum()


def class_means(rdm: Tensor, y: Tensor, classes: int = 10) -> Tensor:
    """Mean dissimilarity [R, C, C] of an example of one class to one of another; y [N] with every class in it."""
    one = torch.nn.functional.one_hot(y, classes).to(rdm.dtype)
    one = one / one.sum(0)
    return one.mT @ rdm @ one
