"""What a linear map can read from a layer: the class, and the input image. Nothing flows back into the net.

Source: arXiv:1703.00522v1, supplement C, Figure 8. Shapes: R runs, N examples, H units, D inputs, C classes.
"""

from __future__ import annotations

import torch
from torch import Tensor

RIDGE = 1e-4
"""Of the regressor, in units of the mean square of the features: dead units leave it singular otherwise."""
RATE = 5e-3
"""Of the classifier's Adam; a tenth of it in the last third."""


def regressor_error(h: Tensor, x: Tensor) -> Tensor:
    """Least squares from h [R, N, H] (and a constant) to x [N, D], in closed form: its squared error on the same
    examples, summed over the D inputs and averaged over examples, [R].
    """
    features, images = torch.cat([h, torch.ones_like(h[..., :1])], -1).double(), x.double()
    gram, cross = features.mT @ features, features.mT @ images
    ridge = RIDGE * gram.diagonal(dim1=1, dim2=2).mean(1)
    eye = torch.eye(gram.shape[1], device=gram.device, dtype=gram.dtype)
    w = torch.linalg.solve(gram + ridge.view(-1, 1, 1) * eye, cross)
    # ‖F w − x‖² multiplied out: the predictions themselves, [R, N, D], are not needed
    made: Tensor = (images.square().sum() + (w * (gram @ w - 2 * cross)).sum((1, 2))) / len(x)
    return made


def classifier_accuracy(h: Tensor, y: Tensor, steps: int, batch: int = 500, classes: int = 10) -> Tensor:
    """A softmax classifier trained on h [R, N, H] with labels y [N], from zero, by Adam: percent right on them, [R].

    Batches are the examples in their order, again and again.
    """
    h = h.contiguous()
    w, b = h.new_zeros(len(h), h.shape[2], classes), h.new_zeros(len(h), 1, classes)
    moments = [(torch.zeros_like(p), torch.zeros_like(p)) for p in (w, b)]
    onehot = torch.nn.functional.one_hot(y, classes).to(h.dtype)
    batch = min(batch, h.shape[1])
    per_epoch = h.shape[1] // batch
    for t in range(steps):
        at = slice((t % per_epoch) * batch, (t % per_epoch + 1) * batch)
        error = (torch.softmax(torch.baddbmm(b, h[:, at], w), -1) - onehot[at]) / batch
        rate = RATE if 3 * t < 2 * steps else RATE / 10
        gradients = (h[:, at].mT @ error, error.sum(1, keepdim=True))
        for p, g, (m, v) in zip((w, b), gradients, moments, strict=True):
            m.lerp_(g, 0.1)
            v.lerp_(g * g, 0.001)
            size = rate / (1 - 0.9 ** (t + 1))
            p.sub_(size * m / (v.sqrt() / (1 - 0.999 ** (t + 1)) ** 0.5 + 1e-8))
    hit = torch.baddbmm(b, h, w).argmax(-1) == y
    return hit.double().mean(1) * 100
