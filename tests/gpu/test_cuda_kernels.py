"""On a GPU: the kernels written in Triton are their plain twins, at every call and in a captured graph bit by bit."""

from __future__ import annotations

from collections.abc import Callable

import fused
import pytest
import torch
from torch import Tensor

from repro.kernels import gpu, norm
from repro.nets.params import Params
from repro.train import optim

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]
LARGE = [(1, 256, 256), (20, 256, 256), (6, 256, 1024), (3, 1024, 100), (1, 2048, 64), (2, 10, 500)]


def test_triton_works_here() -> None:
    x = torch.zeros(2, 3, 4, device="cuda")
    assert gpu.works(x.device) and norm.triton(x) and not norm.triton(x.double())


@pytest.mark.parametrize("strided", [False, True])
@pytest.mark.parametrize("size", fused.SIZES + LARGE)
def test_batch_norm_is_the_formula(size: tuple[int, int, int], strided: bool) -> None:
    found = fused.norms(size, "cuda", strided=strided)
    assert max(found.values()) < 3e-6, found


def test_batch_norm_in_bfloat16_keeps_float32_statistics() -> None:
    found = fused.norms((2, 256, 1024), "cuda", low=True)
    assert max(found.pop(k) for k in ("mean", "var", "rstd", "running mean", "running var")) < 3e-6
    assert max(found.values()) < 4e-3, found


def test_the_variance_does_not_cancel() -> None:
    assert fused.cancelling("cuda") < 1e-3


def twice(size: tuple[int, int, int]) -> tuple[Callable[[], None], list[Tensor]]:
    """Both passes from and into tensors that stay; and what they write."""
    a, d, gamma, beta = fused.inputs(size, "cuda")
    room, at = torch.empty_like(a), torch.empty_like(a)
    rows, averages = (
        torch.zeros(2, *gamma.shape, device="cuda"),
        torch.zeros(2, len(a), 1, size[2], device="cuda"),
    )

    def run() -> None:
        cache = norm.bn_relu(at.copy_(a), gamma, beta, room, running=(averages[0], averages[1]), momentum=0.1)
        norm.bn_relu_backward(d, cache, gamma, rows[0], rows[1])

    return run, [room, at, rows, averages]


def test_batch_norm_in_a_graph_is_the_eager_one_bit_by_bit() -> None:
    (eager, found), (captured, replayed) = twice((6, 256, 1024)), twice((6, 256, 1024))
    for _ in range(4):
        eager()
    _replayed(captured, 4)
    for x, y in zip(found, replayed, strict=True):
        assert torch.equal(x, y) and x.abs().max() > 0


def _replayed(step: Callable[[], None], times: int) -> None:
    """Once as a warm-up, on a stream of its own as PyTorch wants it, then captured and replayed."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        step()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()
    for _ in range(times - 1):
        graph.replay()
    torch.cuda.synchronize()


@pytest.mark.parametrize("size", fused.LOGITS)
def test_softmax_is_that_of_float64(size: tuple[int, int, int]) -> None:
    of_loss, of_delta = fused.softmax(size, "cuda")
    assert of_loss < 5e-7 and of_delta < 5e-7


@pytest.mark.parametrize(("steps", "scale"), [(1, 1.0), (2, 1 / 256), (300, 1.0)])
def test_adam_is_that_of_float64_with_a_rate_for_each_run(steps: int, scale: float) -> None:
    weights, way = fused.adams(steps, 3, 5000, "cuda", scale)
    assert weights < 2e-6 and way < 5e-6


def two() -> list[Params]:
    params = [Params({"W": (300, 70)}, 3, "cuda"), Params({"A": (41, 5)}, 3, "cuda", models=2)]
    for p in params:
        p.flat.copy_(torch.randn(p.flat.shape, generator=torch.Generator().manual_seed(0)) * 0.05)
    return params


def test_adam_goes_the_way_of_torchs_fused_one(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = two(), two()
    fast, slow = optim.Adam(ours, [1e-3] * 3), optim.Adam(theirs, [1e-3] * 3)
    rng = torch.Generator("cuda").manual_seed(0)
    for t in range(1000):
        for p, q in zip(ours, theirs, strict=True):
            q.flat_grad.copy_(p.flat_grad.normal_(generator=rng).mul_(10.0 ** (t % 3 - 1)))
        fast.step()
        with monkeypatch.context() as patch:
            patch.setattr(optim, "by_kernel", lambda params: False)
            slow.step()
    for p, q in zip(ours, theirs, strict=True):
        assert fused.off(p.flat, q.flat) < 2e-6
    assert [int(c) for c in fast.counts] == [int(c) for c in slow.counts] == [1000, 1000]
    assert fast.kept().keys() == slow.kept().keys()


def test_adam_in_a_graph_is_the_eager_one_bit_by_bit_with_a_rate_that_changes() -> None:
    ours, theirs = two(), two()
    eager, captured = (optim.adam(p, [1e-2, 3e-3, 1e-3]) for p in (ours, theirs))
    assert isinstance(eager, optim.Adam), "several rates need no mask here"
    for p in [*ours, *theirs]:
        p.flat_grad.fill_(0.3)
    for _ in range(5):
        eager.step()
    _replayed(captured.step, 5)
    for p, q in zip(ours, theirs, strict=True):
        assert torch.equal(p.flat, q.flat)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        captured.step()
    for rates in ([1e-2, 3e-3, 1e-3], [1e-4, 1e-4, 1e-2]):
        for optimizer in (eager, captured):
            optimizer.set_rates(rates)
        eager.step()
        graph.replay()
    for p, q in zip(ours, theirs, strict=True):
        assert torch.equal(p.flat, q.flat)
