"""The fused batch norm is the formula written out, forward and backward, together and run by run."""

from __future__ import annotations

import pytest
import torch

from repro.kernels import norm
from repro.kernels import norm_plain as plain


def inputs(runs: int, batch: int, hidden: int) -> list[torch.Tensor]:
    rng = torch.Generator().manual_seed(0)
    a, d = (torch.randn(runs, batch, hidden, generator=rng) * 3 + 1 for _ in range(2))
    gamma, beta = (torch.rand(runs, hidden, generator=rng) + 0.5 for _ in range(2))
    return [a, d, gamma, beta]


@pytest.mark.parametrize("runs", [1, 3])
def test_fused_equals_the_formula(runs: int) -> None:
    a, d, gamma, beta = inputs(runs, 64, 160)
    assert norm.fused(a), "large enough for the kernel"
    fast, slow = norm.bn_relu(a.clone(), gamma, beta), plain.bn_relu(a.clone(), gamma, beta)
    for name in ("out", "mean", "var", "rstd"):
        assert torch.allclose(getattr(fast, name), getattr(slow, name), rtol=1e-4, atol=1e-5), name
        assert getattr(fast, name).shape == getattr(slow, name).shape
    grads = [torch.empty(runs, 160) for _ in range(4)]
    one = norm.bn_relu_backward(d, fast, gamma, grads[0], grads[1])
    two = plain.bn_relu_backward(d, slow, gamma, grads[2], grads[3])
    assert torch.allclose(one, two, rtol=1e-3, atol=1e-4)
    assert torch.allclose(grads[0], grads[2], rtol=1e-3, atol=1e-3)
    assert torch.allclose(grads[1], grads[3], rtol=1e-3, atol=1e-3)
    assert abs((one - two).mean()) < 1e-6
    assert one.abs().max() > 0.1


def test_fused_in_bfloat16_keeps_float32_statistics() -> None:
    a, d, gamma, beta = inputs(2, 64, 160)
    rough = norm.bn_relu(a.bfloat16(), gamma, beta)
    exact = plain.bn_relu(a.clone(), gamma, beta)
    assert rough.out.dtype == torch.bfloat16 and rough.mean.dtype == rough.rstd.dtype == torch.float32
    assert (rough.out - exact.out).norm() < 0.01 * exact.out.norm()
    assert torch.allclose(rough.mean, exact.mean, rtol=1e-2, atol=1e-3)
    grads = [torch.empty(2, 160) for _ in range(4)]
    one = norm.bn_relu_backward(d.bfloat16(), rough, gamma, grads[0], grads[1])
    two = plain.bn_relu_backward(d, exact, gamma, grads[2], grads[3])
    assert (one - two).norm() < 0.02 * two.norm()
    assert (grads[0] - grads[2]).norm() < 0.02 * grads[2].norm()


def test_the_formula_in_bfloat16_keeps_float32_statistics() -> None:
    """A mean of 20 with a spread of 1: sums in bfloat16 would be off by tenths. As on a GPU, where no kernel is."""
    rng = torch.Generator().manual_seed(0)
    a = (torch.randn(2, 512, 8, generator=rng) + 20).bfloat16()
    d = torch.randn(2, 512, 8, generator=rng).bfloat16()
    gamma, beta = (torch.rand(2, 8, generator=rng) + 0.5 for _ in range(2))
    assert not norm.fused(a)
    exact = plain.bn_relu(a.double(), gamma.double(), beta.double())
    rough = norm.bn_relu(a.clone(), gamma, beta)
    assert rough.out.dtype == torch.bfloat16 and rough.mean.dtype == rough.rstd.dtype == torch.float32
    assert torch.allclose(rough.mean.double(), exact.mean, rtol=1e-6)
    assert torch.allclose(rough.rstd.double(), exact.rstd, rtol=1e-3)
    assert (rough.out - exact.out).norm() < 4e-3 * exact.out.norm()
    grads = [torch.empty(2, 8, dtype=t) for t in (torch.float32, torch.float64) for _ in range(2)]
    one = norm.bn_relu_backward(d, rough, gamma, grads[0], grads[1])
    two = plain.bn_relu_backward(d.double(), exact, gamma.double(), grads[2], grads[3])
    assert one.dtype == torch.bfloat16
    assert (one - two).norm() < 4e-3 * two.norm()
    for mine, true in ((grads[0], grads[2]), (grads[1], grads[3])):
        assert (mine - true).norm() < 4e-3 * true.norm()


@pytest.mark.parametrize("size", [(64, 160), (6, 8)])  # the kernel, and the formula
def test_a_second_backward_pass_is_refused(size: tuple[int, int]) -> None:
    a, d, gamma, beta = inputs(1, *size)
    grads = torch.empty(2, 1, size[1])
    cache = norm.bn_relu(a, gamma, beta)
    norm.bn_relu_backward(d, cache, gamma, *grads)
    with pytest.raises(RuntimeError, match="call forward again"):
        norm.bn_relu_backward(d, cache, gamma, *grads)


def test_small_or_double_activations_take_the_formula() -> None:
    assert not norm.fused(torch.zeros(2, 6, 8))
    assert not norm.fused(torch.zeros(1, 256, 1024, dtype=torch.float64))


@pytest.mark.parametrize("size", [(64, 160), (6, 8)])  # the kernel, and the formula
@pytest.mark.parametrize("runs", [1, 3])
def test_the_result_goes_where_it_is_told(runs: int, size: tuple[int, int]) -> None:
    a, _, gamma, beta = inputs(runs, *size)
    room = torch.full((runs, 2, *size), torch.nan)
    cache = norm.bn_relu(a.clone(), gamma, beta, room[:, 1])
    assert cache.out.data_ptr() == room[:, 1].data_ptr()
    assert torch.equal(room[:, 1], norm.bn_relu(a.clone(), gamma, beta).out)
    assert room[:, 0].isnan().all(), "and nowhere else"
