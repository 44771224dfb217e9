"""Stacks of layers by kernels: what is shared, missing or changed between steps has the module called."""

import pytest
import torch
from torch import nn

from repro.nets.layered import LayeredSegment, layers
from repro.nets.net import Net
from repro.nets.segments import ModuleSegment
from repro.nets.sparse import SparseSegment
from repro.rules.meprop import TopK


def tied(weight=False):
    module = nn.Sequential(nn.Linear(12, 12), nn.ReLU(), nn.Linear(12, 12))
    if weight:
        module[2].weight = module[0].weight
    else:
        module[2].bias = module[0].bias
    return module


def normed(**given):
    module = nn.Sequential(nn.Linear(12, 9), nn.BatchNorm1d(9), nn.ReLU())
    for name, value in given.items():
        setattr(module[1], name, value)
    return module


@pytest.mark.parametrize(
    "module",
    [tied(), tied(True), normed(bias=None), normed(weight=None), normed(running_mean=None, running_var=None)],
)
def test_what_is_shared_or_missing_is_called(module):
    assert layers(module) == [] and LayeredSegment(module).layers == []


def test_half_precision_is_called():
    assert layers(normed().bfloat16()) == []


def trained(kind, steps, keep=None):
    """The module after steps, each of a batch and of what is done before it; and its last gradients."""
    torch.manual_seed(8)
    module = nn.Sequential(nn.Linear(12, 100), nn.BatchNorm1d(100), nn.ReLU())
    segment = kind(module, *([keep] if keep else []))
    Net([segment], 1)
    for n, (batch, before) in enumerate(steps):
        before(module)
        rng = torch.Generator().manual_seed(n)
        segment.forward(torch.randn(1, batch, 12, generator=rng))
        segment.pull(torch.randn(1, batch, 100, generator=rng))
    return {**{k: p.grad for k, p in module.named_parameters()}, **dict(module.named_buffers())}


def by_the_user(module):
    module(torch.randn(9, 12, generator=torch.Generator().manual_seed(77))).sum().backward()


def nothing(module):
    pass


@pytest.mark.parametrize(
    "steps",
    [
        [(8, nothing), (8, lambda m: m[1].eval()), (8, lambda m: m[1].train())],
        [(8, nothing), (8, by_the_user), (3, nothing)],
        [(8, nothing), (8, lambda m: setattr(m[1], "momentum", 0.5)), (8, nothing)],
        [(8, nothing), (8, lambda m: setattr(m[1], "running_mean", torch.ones(100))), (8, nothing)],
        [(8, nothing), (8, lambda m: m.__setitem__(2, nn.Sigmoid())), (8, nothing)],
        [(8, nothing), (8, lambda m: m.append(nn.Tanh())), (8, nothing)],
    ],
)
@pytest.mark.parametrize("keep", [None, TopK(1)])
def test_what_happens_between_steps_is_seen(steps, keep):
    wanted = trained(SparseSegment if keep else ModuleSegment, steps, keep)
    found = trained(LayeredSegment, steps, keep)
    for name, value in wanted.items():
        assert torch.allclose(found[name], value, rtol=1e-4, atol=1e-5), name
