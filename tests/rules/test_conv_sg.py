"""Synthetic gradients of images: the models against plain torch, and DNI on a convolutional net."""

from __future__ import annotations

import pytest
import torch
from oracles import filled, leaves
from torch import Tensor
from torch.nn import functional as F

from repro.analysis.fidelity import Noted
from repro.nets.conv import Conv, Size, cnn
from repro.rules.backward import classify
from repro.rules.conv_sg import ImageDNI, ImageModel
from repro.rules.dni import DNI

RUNS, BATCH, SIZE, CLASSES = 2, 6, Size(3, 4), 10
KINDS = [((), 0), ((), CLASSES), ((5,), CLASSES), ((5, 4), 0)]


def batch(size: Size = SIZE) -> tuple[Tensor, Tensor]:
    rng = torch.Generator().manual_seed(5)
    h = torch.randn(RUNS, BATCH, size.numbers, dtype=torch.float64, generator=rng)
    return h, torch.randint(CLASSES, (RUNS, BATCH), generator=rng)


def model(hidden: tuple[int, ...], labels: int) -> ImageModel:
    """With a last layer that is not zero, as after some training."""
    made = ImageModel(SIZE, hidden, labels, 3, RUNS, dtype=torch.float64)
    rng, last = torch.Generator().manual_seed(6), filled(made.net).params.p[f"W{len(hidden) + 1}"]
    last.copy_(torch.randn(last.shape, dtype=torch.float64, generator=rng) * 0.3)
    return made


def oracle(p: dict[str, Tensor], r: int, h: Tensor, y: Tensor, layers: int, labels: int) -> Tensor:
    """δ̂ [B, side²·C] of one run, by torch's functions on images [B, C, H, W]."""
    x = h.view(-1, SIZE.side, SIZE.side, SIZE.channels).permute(0, 3, 1, 2)
    if labels:
        x = torch.cat(
            [x, F.one_hot(y, labels).to(x)[:, :, None, None].expand(-1, -1, SIZE.side, SIZE.side)], 1
        )
    for i in range(1, layers + 2):
        x = F.conv2d(x, p[f"W{i}"][r].permute(0, 3, 1, 2), p[f"b{i}"][r] if i > layers else None, padding=1)
        if i <= layers:
            x = F.batch_norm(x, None, None, p[f"gamma{i}"][r], p[f"beta{i}"][r], training=True).relu()
    return x.permute(0, 2, 3, 1).flatten(1)


@pytest.mark.parametrize(("hidden", "labels"), KINDS)
def test_estimate_and_regression_equal_plain_torch(hidden: tuple[int, ...], labels: int) -> None:
    sg, (h, y) = model(hidden, labels), batch()
    p, target = leaves(sg.params.p), torch.randn_like(h)
    expected = torch.stack([oracle(p, r, h[r], y[r], len(hidden), labels) for r in range(RUNS)])
    (expected - target).square().sum(2).mean(1).sum().backward()  # type: ignore[no-untyped-call]
    found = sg.predict(h, y)
    assert torch.allclose(found, expected, rtol=1e-9, atol=1e-12)
    loss = sg.regress(found - target)
    assert torch.allclose(loss, (expected - target).square().sum(2).mean(1), rtol=1e-9)
    for name, leaf in p.items():
        assert leaf.grad is not None and leaf.grad.abs().max() > 1e-3
        assert torch.allclose(sg.params.g[name], leaf.grad, rtol=1e-8, atol=1e-12), name


def test_it_starts_at_zero_and_sees_the_label_only_if_asked() -> None:
    h, y = batch()
    made = ImageModel(SIZE, (5,), CLASSES, 3, RUNS, dtype=torch.float64)
    made.net.init([torch.Generator().manual_seed(r) for r in range(RUNS)])
    assert made.predict(h, y).abs().max() == 0
    seeing, blind = model((5,), CLASSES), model((5,), 0)
    assert not torch.allclose(seeing.predict(h, y), seeing.predict(h, (y + 1) % CLASSES), atol=1e-3)
    assert torch.equal(blind.predict(h, y), blind.predict(h, (y + 1) % CLASSES))


class Oracle(ImageModel):
    """A model whose answer is given."""

    def __init__(self, true: Tensor, size: Size):
        super().__init__(size, (), 0, 3, RUNS, dtype=torch.float64)
        self.true = true

    def predict(self, h: Tensor, y: Tensor) -> Tensor:
        super().predict(h, y)
        return self.true


def test_true_gradients_after_every_stage_are_backpropagation() -> None:
    nets = [filled(cnn(Size(1, 8), 3, 4, 3, 2, RUNS, dtype=torch.float64)) for _ in range(2)]
    (x, y), noted = batch(Size(1, 8)), Noted()
    classify(nets[0], noted, x, y)
    stages = [s for s in nets[1].segments if isinstance(s, Conv)]
    assert len(stages) == 3
    rule = ImageDNI({i: Oracle(noted.seen[i], s.out) for i, s in enumerate(stages, 1)})
    _, losses = classify(nets[1], rule, x, y)
    assert torch.allclose(nets[1].params.flat_grad, nets[0].params.flat_grad, rtol=1e-9, atol=1e-14)
    assert losses.shape == (RUNS, 3) and losses.max() < 1e-20


def test_losses_are_those_of_dni_stage_by_stage() -> None:
    net, (x, y) = filled(cnn(Size(1, 8), 3, 3, 3, 2, RUNS, dtype=torch.float64)), batch(Size(1, 8))
    stages = [s for s in net.segments if isinstance(s, Conv)]
    models = {i: ImageModel(s.out, (4,), 0, 3, RUNS, dtype=torch.float64) for i, s in enumerate(stages, 1)}
    for m in models.values():
        filled(m.net)
    _, one_by_one = classify(net, DNI(models), x, y)
    _, together = classify(net, ImageDNI(models), x, y)
    assert torch.allclose(together, torch.stack([one_by_one[1], one_by_one[2]], 1)) and together.min() > 1e-3
