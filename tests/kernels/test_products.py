"""One product, two kernels: they agree, whichever the machine has."""

from __future__ import annotations

import pytest
import torch

from repro.kernels import products


def pair(runs: int, inputs: int, outputs: int) -> tuple[torch.Tensor, torch.Tensor]:
    rng = torch.Generator().manual_seed(0)
    return torch.randn(runs, 32, inputs, generator=rng), torch.randn(runs, inputs, outputs, generator=rng)


@pytest.mark.parametrize("given", [False, True])
@pytest.mark.parametrize("runs", [1, 3])
def test_large_products_are_those_of_bmm(runs: int, given: bool) -> None:
    x, w = pair(runs, 512, 300)
    d = torch.randn(runs, 32, 300, generator=torch.Generator().manual_seed(1))
    for a, b in ((x, w), (d, w.mT)):  # forward, and with the transposed view of the way back
        exact = a.double().bmm(b.double())
        out = torch.full(exact.shape, torch.nan) if given else None
        made = products.product(a, b, out)
        assert made.shape == exact.shape and (not given or made is out)
        assert (made - exact).abs().max() < 1e-3 and (made - exact).abs().mean() < 2e-5
        assert exact.abs().mean() > 10


@pytest.mark.skipif(products._onednn is None, reason="this build of torch has no oneDNN kernel for x86")
def test_only_what_gains_goes_to_the_other_kernel() -> None:
    x, w = pair(2, 512, 300)
    assert products.suits(x, w)
    assert not products.suits(x.double(), w.double()) and not products.suits(x.bfloat16(), w.bfloat16())
    assert not products.suits(x[:, :8], w), "too few examples"
    assert not products.suits(*pair(2, 64, 64)), "too small"


def test_without_the_private_operator_it_is_bmm_bitwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "_onednn", None)
    x, w = pair(2, 512, 300)
    assert torch.equal(products.product(x, w), torch.bmm(x, w))
