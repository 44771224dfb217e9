"""What meprop/table8 times: the whole backward pass of an MLP, dense as autograd has it, sparse as a mask says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pretend
import pytest
import torch

from repro.errors import BadValueError
from repro.exhibits import get
from repro.exhibits.meprop.table8.work import Net, Pass, work
from repro.kernels.topk import unified_columns
from repro.train import backward_time
from repro.train.given import Given
from repro.train.loop import Context

SIZES = {"batch": 6, "hidden": 512, "inputs": 5, "warm_up": 1, "repetitions": 2}


@pytest.mark.parametrize("k", [None, 3, 20])
def test_a_pass_is_autograds_with_the_hidden_gradients_masked(k: int | None) -> None:
    net = Net(6, [7, 20, 20, 10], "cpu")
    with torch.no_grad():
        Pass(net, k, False)()
    weights = [w.clone().requires_grad_() for w in net.w]
    biases = [torch.zeros(len(w), requires_grad=True) for w in net.w]

    def masked(g: torch.Tensor) -> torch.Tensor:
        mask = torch.zeros(20).index_fill_(0, unified_columns(g, k or 20), 1)
        return g * mask

    h = net.h[0]
    for i, (w, b) in enumerate(zip(weights, biases, strict=True)):
        y = h @ w.T
        if i < 2:
            y.register_hook(masked)
        y = y + b
        h = torch.relu(y) if i < 2 else y
    h.backward(net.delta)
    for i in range(3):
        assert torch.allclose(net.g_w[i], weights[i].grad, rtol=1e-4, atol=1e-5)
        assert torch.allclose(net.g_b[i], biases[i].grad, rtol=1e-4, atol=1e-5)


def test_on_a_cpu_every_arm_is_timed_in_every_repetition(small: Callable[..., Given]) -> None:
    arms = get("meprop/table8").profile("cpu").arms
    rows = work(small("meprop/table8", arms, (0,), **SIZES), Context()).rows
    assert Counter(r[0] for r in rows) == dict.fromkeys(range(8), 2) and {r[1] for r in rows} == {
        "overall_ms"
    }
    with pytest.raises(BadValueError, match="precision tf32 is of a GPU"):
        work(small("meprop/table8", "tf32-k-8", (0,), **SIZES), Context())


@pytest.mark.skipif(torch.cuda.is_available(), reason="a real device is there")
def test_on_a_gpu_every_arm_is_captured_too(small: Callable[..., Given]) -> None:
    arms = tuple(a.id for a in get("meprop/table8").arms)
    with pretend.device(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(backward_time, "FLUSHED", 64)
        rows = work(small("meprop/table8", arms, (0,), **SIZES), Context("cuda")).rows
    assert Counter(r[1] for r in rows) == dict.fromkeys(("overall_ms", "captured_ms"), 2 * len(arms))
