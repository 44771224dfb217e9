"""Stacks of layers by the library's kernels: the module's own numbers, and only where nobody would notice."""

from copy import deepcopy

import pytest
import torch
from torch import nn

from repro.nets.layered import LayeredSegment, layers
from repro.nets.net import Net
from repro.nets.segments import ModuleSegment
from repro.nets.sparse import SparseSegment
from repro.rules.meprop import TopK


class Own(nn.Linear):
    """A linear map that may compute anything."""


def block(bias=True, norm=True, tail=True):
    inner = [nn.Linear(12, 40, bias=bias), *([nn.BatchNorm1d(40)] if norm else []), nn.ReLU()]
    return nn.Sequential(nn.Sequential(*inner), *([nn.Linear(40, 9), nn.Tanh()] if tail else []))


SHARED = nn.Linear(12, 12)
RELU = nn.ReLU()


@pytest.mark.parametrize(
    ("module", "acts"),
    [
        (nn.Linear(12, 9), ["none"]),
        (nn.Sequential(nn.Linear(12, 9), nn.Linear(9, 3)), ["none", "none"]),
        (nn.Sequential(nn.Linear(12, 12), RELU, nn.Linear(12, 12), RELU), ["relu", "relu"]),
        (block(), ["relu", "tanh"]),
        (nn.Sequential(nn.Linear(12, 9), nn.BatchNorm1d(9), nn.ReLU(inplace=True)), ["relu"]),
        (nn.Sequential(nn.Flatten(), nn.Linear(12, 9), RELU), ["relu"]),
        (nn.Sequential(nn.Linear(12, 9), nn.Flatten()), []),
        (nn.Sequential(nn.Flatten(0), nn.Linear(12, 9)), []),
        (nn.Sequential(nn.Flatten()), []),
        (nn.Sequential(), []),
        (nn.Sequential(RELU), []),
        (nn.Sequential(nn.Linear(12, 9), nn.GELU()), []),
        (nn.Sequential(nn.Linear(12, 9), nn.Dropout()), []),
        (nn.Sequential(nn.Linear(12, 9), nn.BatchNorm1d(9)), []),
        (nn.Sequential(nn.Linear(12, 9), nn.BatchNorm1d(9), nn.Tanh()), []),
        (nn.Sequential(nn.Linear(12, 9), RELU, nn.BatchNorm1d(9)), []),
        (nn.Sequential(nn.Linear(12, 9), RELU, nn.Tanh()), []),
        (nn.Sequential(nn.Linear(12, 9), nn.BatchNorm1d(9, momentum=0.01), RELU), []),
        (nn.Sequential(nn.Linear(12, 9), nn.BatchNorm1d(9, eps=1e-3), RELU), []),
        (nn.Sequential(nn.Linear(12, 9), nn.BatchNorm1d(9, affine=False), RELU), []),
        (nn.Sequential(SHARED, RELU, SHARED), []),
        (nn.Sequential(Own(12, 9), RELU), []),
        (nn.utils.parametrizations.weight_norm(nn.Linear(12, 9)), []),
        (nn.Sequential(nn.Linear(12, 9).requires_grad_(False), nn.Linear(9, 3)), []),
    ],
)
def test_it_knows_a_stack_when_it_sees_one(module, acts):
    assert [x.act for x in layers(module)] == acts


def step(segment, x, d, need_input=True):
    """Output, ∂L/∂x, and the module's gradients and buffers after a pass forward and back."""
    Net([segment], 1, "cpu", x.dtype)
    y = segment.forward(x[None]).clone()
    below = segment.pull(d[None].clone(), need_input)
    module = segment.module
    grads = {k: v.grad for k, v in module.named_parameters()}
    return {"y": y, **({"x": below} if need_input else {}), **grads, **dict(module.named_buffers())}


@pytest.mark.parametrize("keep", [None, TopK(3)])
@pytest.mark.parametrize(("dtype", "close"), [(torch.float64, 1e-12), (torch.float32, 2e-5)])
@pytest.mark.parametrize("kind", [{}, {"bias": False}, {"norm": False}, {"norm": False, "bias": False}])
@pytest.mark.parametrize("need_input", [True, False])
def test_it_is_the_module_up_to_rounding(kind, dtype, close, keep, need_input):
    torch.manual_seed(3)
    module = block(**kind).to(dtype)
    x, d = torch.randn(30, 12, dtype=dtype), torch.randn(30, 9, dtype=dtype)
    plain = ModuleSegment(deepcopy(module)) if keep is None else SparseSegment(deepcopy(module), keep)
    wanted = step(plain, x, d, need_input)
    segment = LayeredSegment(module, keep)
    found = step(segment, x, d, need_input)
    assert segment._by_kernels and found.keys() == wanted.keys()
    for name, value in wanted.items():
        assert torch.allclose(found[name], value, rtol=close, atol=close * 10), name
    if "0.1.running_var" in found:
        assert found["0.1.num_batches_tracked"] == 1 and not torch.allclose(
            found["0.1.running_var"], torch.ones(40, dtype=dtype)
        )


def test_a_second_step_uses_what_the_first_has_left():
    """Kept rows of the step before are gone from ∂L/∂W; running statistics go on."""
    torch.manual_seed(4)
    module = block()
    both = SparseSegment(deepcopy(module), TopK(2)), LayeredSegment(module, TopK(2))
    for segment in both:
        Net([segment], 1)
        for seed in range(3):
            rng = torch.Generator().manual_seed(seed)
            segment.forward(torch.randn(1, 20, 12, generator=rng))
            segment.pull(torch.randn(1, 20, 9, generator=rng))
    for (name, a), b in zip(both[0].module.named_parameters(), both[1].module.parameters(), strict=True):
        assert torch.allclose(a.grad, b.grad, atol=1e-5), name
    for (name, a), b in zip(both[0].module.named_buffers(), both[1].module.buffers(), strict=True):
        assert torch.allclose(a, b, atol=1e-6), name


@pytest.mark.parametrize("keep", [None, TopK(3)])
def test_images_are_flattened_and_their_gradient_is_an_image(keep):
    torch.manual_seed(5)
    module = nn.Sequential(nn.Flatten(), *block(norm=False)).double()
    x, d = torch.randn(6, 3, 2, 2, dtype=torch.float64), torch.randn(6, 9, dtype=torch.float64)
    plain = ModuleSegment(deepcopy(module)) if keep is None else SparseSegment(deepcopy(module), keep)
    wanted, segment = step(plain, x, d), LayeredSegment(module, keep)
    found = step(segment, x, d)
    assert segment._by_kernels and found["x"].shape == (1, *x.shape)
    assert all(torch.allclose(found[k], v, atol=1e-12) for k, v in wanted.items())


def bound(module):
    segment = LayeredSegment(module)
    Net([segment], 1)
    return segment


def watched(module):
    seen = []
    module[0][0].register_forward_hook(lambda *given: seen.append(1))
    return seen


def test_a_hook_is_called():
    segment = bound(block())
    segment.forward(torch.randn(1, 8, 12))
    assert segment._by_kernels
    seen = watched(segment.module)
    segment.forward(torch.randn(1, 8, 12))
    assert seen == [1] and not segment._by_kernels


@pytest.mark.parametrize(
    "watch",
    [
        lambda m, f: m[0].register_forward_pre_hook(lambda *given: f()),
        lambda m, f: m[1].register_full_backward_hook(lambda *given: f()),
        lambda m, f: m[1].weight.register_hook(lambda g: f()),
        lambda m, f: setattr(m[1], "forward", lambda x: (f(), nn.Linear.forward(m[1], x))[1]),
    ],
)
def test_whatever_watches_a_part_sees_it(watch):
    segment, seen = bound(block()), []
    watch(segment.module, lambda: seen.append(1))
    segment.forward(torch.randn(1, 8, 12))
    segment.pull(torch.randn(1, 8, 9))
    assert seen


def test_a_frozen_batch_norm_stays_frozen():
    segment = bound(block())
    norm = segment.module[0][1]
    norm.eval()
    segment.forward(torch.randn(1, 8, 12))
    assert norm.running_mean.abs().sum() == 0 and norm.num_batches_tracked == 0


def test_other_inputs_are_the_modules_to_take_or_refuse():
    plain = bound(block(norm=False))
    assert plain.forward(torch.randn(1, 4, 5, 12)).shape == (1, 4, 5, 9) and not plain._by_kernels
    with torch.autocast("cpu", torch.bfloat16):
        assert plain.forward(torch.randn(1, 4, 12)).dtype == torch.bfloat16
    with pytest.raises(RuntimeError, match="shapes"):
        plain.forward(torch.randn(1, 4, 11))
    with pytest.raises(ValueError, match="more than 1 value"):
        bound(block()).forward(torch.randn(1, 1, 12))


def test_one_pull_a_forward_pass():
    segment = bound(block())
    segment.forward(torch.randn(1, 8, 12))
    segment.pull(torch.randn(1, 8, 9))
    with pytest.raises(RuntimeError, match="forward again"):
        segment.pull(torch.randn(1, 8, 9))
