"""The kernels for a GPU under Triton's interpreter, in a process of its own: it wants to be chosen before any import.

Triton is no dependency of this repository; where it is missing all of this is skipped. On a GPU: `tests/gpu`.
"""

from __future__ import annotations

import fused
import multiplied
import pytest
import torch
from cases import CASES, SEEDS
from deepnets import KINDS, make
from interpreted import all_inside_pass, inside, outside
from torch import Tensor

from repro.kernels import adam_triton, norm, norm_triton, products, products_triton
from repro.nets.params import Params
from repro.train import optim


@pytest.mark.slow
@outside
def test_all_the_others_under_the_interpreter() -> None:
    all_inside_pass(__file__)


@inside
@pytest.mark.parametrize("strided", [False, True])
@pytest.mark.parametrize("size", fused.SIZES)
def test_batch_norm_is_the_formula(size: tuple[int, int, int], strided: bool) -> None:
    found = fused.norms(size, "cpu", strided=strided)
    assert max(found.values()) < 2e-6, found


@inside
@pytest.mark.parametrize("strided", [False, True])
@pytest.mark.parametrize("act", ["relu", "sigmoid"])
@pytest.mark.parametrize("size", fused.SIZES)
def test_batch_norm_behind_the_activation_is_the_formula(
    size: tuple[int, int, int], act: str, strided: bool
) -> None:
    found = fused.last_norms(size, "cpu", act, strided)
    assert max(found.values()) < 3e-6, found


@inside
@pytest.mark.parametrize("kind", ["bprop", "sigmoid", "sg", "sg*"])
def test_a_deep_net_takes_the_step_that_it_takes_by_torchs_kernels(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, fast = make(KINDS[kind], dtype=torch.float64), make(KINDS[kind])
    slow.step(0)
    with monkeypatch.context() as patch:
        for door in (norm, products):
            patch.setattr(door, "triton", lambda a: a.dtype == torch.float32)
        fast.step(0)
    for mine, exact in zip(fast.params(), slow.params(), strict=True):
        assert fused.off(mine.flat_grad, exact.flat_grad) < 1e-5
    for name, statistics in slow.net.kept().items():
        assert fused.off(fast.net.kept()[name], statistics) < (1e-2 if name == "weights" else 1e-5), name


@inside
def test_batch_norm_in_bfloat16_keeps_float32_statistics() -> None:
    found = fused.norms((2, 64, 100), "cpu", low=True)
    assert max(found.pop(k) for k in ("mean", "var", "rstd", "running mean", "running var")) < 2e-6
    assert max(found.values()) < 4e-3, found  # half a unit in the last of 8 bits


@inside
def test_the_variance_does_not_cancel() -> None:
    assert fused.cancelling("cpu") < 1e-3


@inside
def test_a_second_backward_pass_and_other_layouts_are_refused() -> None:
    a, d, gamma, beta = fused.inputs((2, 8, 6), "cpu")
    cache = norm_triton.bn_relu(a, gamma, beta, None, 1e-5, None, 0.1)
    with pytest.raises(ValueError, match="side by side"):
        norm_triton.bn_relu(a, gamma, beta, torch.empty(2, 6, 8).mT, 1e-5, None, 0.1)
    with pytest.raises(ValueError, match="contiguous"):
        norm_triton.bn_relu(a, gamma, beta, None, 1e-5, (cache.mean.double(), cache.var), 0.1)
    norm_triton.bn_relu_backward(d, cache, gamma, *torch.empty(2, 2, 6))
    with pytest.raises(RuntimeError, match="call forward again"):
        norm_triton.bn_relu_backward(d, cache, gamma, *torch.empty(2, 2, 6))
    x = torch.zeros(2, 4)
    with pytest.raises(ValueError, match="float32"):
        adam_triton.step(x, x.double(), x, x, torch.zeros(2, 1), torch.ones(()), 1e-8)


@inside
@pytest.mark.parametrize("size", fused.LOGITS)
def test_softmax_is_that_of_float64(size: tuple[int, int, int]) -> None:
    of_loss, of_delta = fused.softmax(size, "cpu")
    assert of_loss < 5e-7 and of_delta < 5e-7


@inside
@pytest.mark.parametrize(("steps", "scale"), [(1, 1.0), (2, 1 / 256), (100, 1.0)])
def test_adam_is_that_of_float64_with_a_rate_for_each_run(steps: int, scale: float) -> None:
    weights, way = fused.adams(steps, 2, 1100, "cpu", scale)
    assert weights < 2e-6 and way < 5e-6


@inside
def test_the_powers_of_beta_are_exact() -> None:
    """A first update is −rate · g/|g|; with 1 − 0.999 of float32's powers it would be off by 6e-6."""
    for t in (1, 2, 5, 20, 499, 500, 501, 2000, 5000, 100_000):
        w, m, v = torch.zeros(3, 1, 1)
        rate, count = torch.ones(1, 1), torch.tensor(float(t))
        adam_triton.step(w, torch.ones(1, 1), m, v, rate, count, 1e-30)
        exact = -(0.1 / (1 - 0.9**t)) / (0.001 / (1 - 0.999**t)) ** 0.5
        assert abs(w.item() / exact - 1) < 4e-7, t


@inside
def test_the_optimiser_sends_runs_of_several_rates_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def moved(kernel: bool) -> tuple[optim.Optimizer, list[Tensor]]:
        monkeypatch.setattr(optim, "by_kernel", lambda _: kernel)
        params = [Params({"W": (5, 7)}, 2), Params({"A": (3,)}, 2, models=2)]
        optimizer = optim.adam(params, [1e-2, 1e-3])
        optimizer.rate = optimizer.rate.to(torch.float32 if kernel else torch.float64)
        for t in range(9):
            for p in params:
                p.flat_grad.fill_(t - 4.5)
            optimizer.step()
        return optimizer, [p.flat for p in params]

    (fast, found), (slow, exact) = moved(True), moved(False)
    assert isinstance(fast, optim.Adam) and isinstance(slow, optim.MaskedAdam)
    assert max(map(fused.off, found, exact)) < 1e-6
    assert {k: tuple(x.shape) for k, x in fast.kept().items()} == {
        "m0": (2, 35), "m1": (2, 6), "v0": (2, 35), "v1": (2, 6), "count0": (), "count1": ()
    }  # fmt: skip
    assert fast.counts[0] == fast.counts[1] == 9


@inside
@pytest.mark.parametrize("size", multiplied.SIZES)
def test_products_of_all_layouts_are_those_of_float64(size: tuple[int, int, int, int]) -> None:
    found = dict(multiplied.layouts(size, "cpu", every=1 if size == multiplied.SIZES[0] else 5))
    assert max(found.values()) < 3e-7, found
    assert multiplied.biased(size, "cpu") < 3e-7


@inside
@pytest.mark.parametrize("spread", [0, 1, 3])
def test_the_three_products_are_as_accurate_as_float32(spread: float) -> None:
    """The interpreter adds in float32 and does not round what a tensor core would: the full truth is in tests/gpu.
    That operands are split, and into what, it does as a GPU does."""
    mine, plain, _ = multiplied.errors((2, 64, 64, 784), "cpu", spread)
    assert mine <= max(2 * plain, multiplied.LEFT_OUT), (mine, plain)


@inside
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # numpy's, of inf − inf
def test_what_is_not_finite_stays_so() -> None:
    assert all(multiplied.nonfinite("cpu"))


@inside
def test_products_that_do_not_fit_are_refused() -> None:
    a, b = multiplied.operands((2, 4, 5, 6), "cpu")
    for bad in ({"b": b.mT}, {"out": torch.zeros(2, 5, 4)}, {"bias": torch.zeros(5)}, {"b": b.double()}):
        with pytest.raises(ValueError, match=r"do not fit|float32"):
            products_triton.multiply(**{"a": a, "b": b, **bad})
    with pytest.raises(ValueError, match="ieee"):
        products_triton.multiply(a, b, precision="ieee")
    with pytest.raises(ValueError, match="2\\*\\*31"):
        far = torch.empty_strided((2, 4, 6), (0, 1 << 30, 1), device="meta")
        products_triton.multiply(far, b.to("meta"))
    assert products_triton.multiply(a[..., :0], b[:, :0]).abs().max() == 0, "an empty sum"


@inside
def test_the_door_takes_the_kernel_for_all_its_products(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "triton", lambda a: True)
    monkeypatch.setattr(torch, "bmm", None)
    x, w = multiplied.operands((2, 32, 10, 40), "cpu")
    bias, d, g = torch.ones(2, 10), torch.ones(2, 32, 10), torch.zeros(2, 2, 40, 10)
    assert fused.off(products.product(x, w), x.double() @ w.double()) < 3e-7
    assert fused.off(products.affine(x, w, bias), x.double() @ w.double() + 1) < 3e-7
    products.weight_gradient(x, d, g[:, 0])
    products.product_into(x.mT, d, g[:, 1])
    for i in range(2):
        assert fused.off(g[:, i], x.double().mT @ d.double()) < 3e-7


@inside
@pytest.mark.parametrize("case", [name for name in CASES if "large" not in name and "dni" in name])
def test_a_family_takes_the_steps_that_it_takes_by_the_formula(
    case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All layouts that nets and rules really pass, from equal states."""
    usual, fast = (CASES[case](SEEDS, torch.float32) for _ in range(2))
    for t in range(3):
        fast.take(usual)
        with monkeypatch.context() as patch:
            patch.setattr(norm, "triton", lambda a: True)
            patch.setattr(products, "triton", lambda a: True)
            found = fast.step(t)["grads"]
        exact = usual.step(t)["grads"]
        assert max(fused.off(found[k], exact[k]) for k in exact) < 1e-4
        assert fast.statistics
        for name, mine in fast.statistics.items():
            assert fused.off(mine, usual.statistics[name]) < 1e-5, name
