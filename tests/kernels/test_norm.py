"""The fused batch norm is the formula written out, forward and backward, together and run by run."""

from __future__ import annotations

import pytest
import torch

from repro.kernels import norm
from repro.kernels import norm_plain as plain


@pytest.fixture(params=["in_c", "not_in_c"], autouse=True)
def way(request: pytest.FixtureRequest) -> str:
    """By our kernel for CPUs, and without it: PyTorch's, or the formula."""
    request.getfixturevalue(request.param)
    return str(request.param)


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


def test_which_kernel_takes_what(way: str) -> None:
    gamma = torch.ones(2, 8)
    for dtype in (torch.float32, torch.bfloat16):
        assert norm.native(torch.zeros(2, 6, 8, dtype=dtype), gamma) == (way == "in_c")
    assert not norm.native(torch.zeros(2, 6, 8), gamma.bfloat16())
    assert not norm.native(torch.zeros(2, 6, 8, dtype=torch.float64), gamma)
    assert not norm.fused(torch.zeros(2, 6, 8))
    assert not norm.fused(torch.zeros(1, 256, 1024, dtype=torch.float64))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("size", [(3, 1), (100, 63), (33, 64), (256, 130)])
def test_in_c_it_is_the_formula_at_any_size_and_stride(
    size: tuple[int, int], dtype: torch.dtype, way: str
) -> None:
    """Against the formula in float64, of the numbers as they are after rounding; views with gaps on all sides."""
    if way != "in_c":
        return
    batch, width = size
    runs, rng = 2, torch.Generator().manual_seed(1)
    room = [torch.randn(runs, 2, batch, width + 3, generator=rng).to(dtype) for _ in range(3)]
    a, d, out = (r[:, 1, :, :width] for r in room)
    params = torch.rand(runs, 5 * width, generator=rng) + 0.5
    gamma, beta, g_gamma, g_beta = (params[:, i * width : (i + 1) * width] for i in range(4))
    before, rest = [r.clone() for r in room], params[:, 4 * width :].clone()
    running = [torch.rand(runs, 1, width, generator=rng) for _ in range(2)]
    moved = [r.double() for r in running]
    exact = plain.bn_relu(a.double(), gamma.double(), beta.double())
    cache = norm.bn_relu(a, gamma, beta, out, running=(running[0], running[1]))
    assert cache.out.data_ptr() == out.data_ptr() and cache.mean.shape == (runs, 1, width)
    half = (
        2e-3 if batch * width > 10 else 4e-3
    )  # of an ulp of bfloat16, on the average: cut off it would be one
    small = 1e-5 if dtype == torch.float32 else half

    def near(mine: torch.Tensor, true: torch.Tensor, bar: float) -> bool:
        return bool((mine.double() - true).norm() <= bar * (true.norm() + 1e-3))

    assert near(cache.out, exact.out, small)
    assert all(near(getattr(cache, n), getattr(exact, n), 1e-5) for n in ("mean", "var", "rstd"))
    assert near(running[0], moved[0].lerp(exact.mean, 0.1), 1e-6)
    assert near(running[1], moved[1].lerp(exact.var, 0.1), 1e-6)
    exact.out = out.double()  # the same units are off on both sides
    to = [torch.empty(runs, width, dtype=torch.float64) for _ in range(2)]
    back = plain.bn_relu_backward(d.double(), exact, gamma.double(), *to)
    made = norm.bn_relu_backward(d, cache, gamma, g_gamma, g_beta)
    assert near(made, back, 3 * small) and near(g_gamma, to[0], 1e-4) and near(g_beta, to[1], 1e-5)
    for now, then in zip(room, before, strict=True):  # nothing beside is touched
        assert torch.equal(now[:, 0], then[:, 0]) and torch.equal(now[..., width:], then[..., width:])
    assert torch.equal(params[:, 4 * width :], rest)


def test_in_c_bfloat16_is_rounded_as_by_pytorch(way: str) -> None:
    """With γ = 0 the result is β: ties, what lies beside them, the largest numbers, NaN of any kind."""
    if way != "in_c":
        return
    upper = torch.randint(0, 0x7F80, (1, 4096), generator=torch.Generator().manual_seed(0)) << 16
    low = torch.tensor([0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF]).repeat(4096)[:4096]
    bits = torch.cat([upper + low, torch.tensor([[0x7F800000, 0x7FFFFFFF, 0x7FC00000, 0x7F7FFFFF]])], 1)
    beta = bits.to(torch.int32).view(torch.float32)
    a = torch.randn(1, 3, beta.shape[1], generator=torch.Generator().manual_seed(1)).bfloat16()
    out = norm.bn_relu(a, torch.zeros_like(beta), beta).out[0, 1]
    exact = beta[0].bfloat16()
    assert torch.equal(out.isnan(), exact.isnan()) and torch.equal(out.nan_to_num(), exact.nan_to_num())


def test_the_way_back_is_that_of_the_way_there(way: str) -> None:
    """Whatever is asked for in between, and however the gradient lies: what is kept belongs to one of them."""
    if way != "in_c":
        return
    a, _, gamma, beta = inputs(2, 6, 8)
    d = torch.randn(2, 8, 6, generator=torch.Generator().manual_seed(3)).mT
    exact, to = plain.bn_relu(a.double(), gamma.double(), beta.double()), torch.empty(4, 2, 8)
    cache = norm.bn_relu(a, gamma, beta)
    torch.set_num_threads(2)
    made = norm.bn_relu_backward(d, cache, gamma, to[0], to[1])
    back = plain.bn_relu_backward(d.double(), exact, gamma.double(), to[2], to[3])
    assert (made - back).norm() < 1e-5 * back.norm() and torch.allclose(to[:2], to[2:], rtol=1e-4, atol=1e-5)


def test_what_is_no_number_is_not_hidden() -> None:
    """A run that diverges has to be seen."""
    a, d, gamma, beta = inputs(1, 64, 160)
    a[0, 5, 7] = torch.nan
    cache = norm.bn_relu(a, gamma, beta)
    assert cache.out[0, :, 7].isnan().all() and not cache.out[0, :, 6].isnan().any()
    grads = torch.empty(2, 1, 160)
    d_a = norm.bn_relu_backward(d, cache, gamma, *grads)
    assert d_a[0, :, 7].isnan().all() and grads[0, 0, 7].isnan() and not d_a[0, :, 6].isnan().any()


@pytest.mark.parametrize("size", [(64, 160), (6, 8)])  # the kernel, and the formula
@pytest.mark.parametrize("runs", [1, 3])
def test_the_result_goes_where_it_is_told(runs: int, size: tuple[int, int]) -> None:
    a, _, gamma, beta = inputs(runs, *size)
    room = torch.full((runs, 2, *size), torch.nan)
    cache = norm.bn_relu(a.clone(), gamma, beta, room[:, 1])
    assert cache.out.data_ptr() == room[:, 1].data_ptr()
    assert torch.equal(room[:, 1], norm.bn_relu(a.clone(), gamma, beta).out)
    assert room[:, 0].isnan().all(), "and nowhere else"


def test_statistics_hold_no_epsilon() -> None:
    """Of activations so even that 1e-5 shows: the variance is the batch's own, by the kernel and by the formula."""
    a, _, gamma, beta = inputs(2, 64, 160)
    a *= 1e-3
    exact = a.double().var(1, unbiased=False, keepdim=True)
    assert norm.fused(a) and exact.max() < 2e-5
    for made in (norm.bn_relu(a.clone(), gamma, beta), plain.bn_relu(a.clone(), gamma, beta)):
        assert (made.var - exact).norm() < 0.02 * exact.norm()


def test_test_mode_is_torchs_with_given_statistics() -> None:
    a, _, gamma, beta = (v.double() for v in inputs(2, 6, 8))
    mean, var = a.mean(1, keepdim=True), a.var(1, keepdim=True) * 1e-4
    for r in range(2):
        exact = torch.nn.functional.batch_norm(a[r], mean[r, 0], var[r, 0], gamma[r], beta[r])
        assert torch.allclose(plain.bn_eval(a, gamma, beta, mean, var)[r], exact, rtol=1e-9)
