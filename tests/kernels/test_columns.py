"""Products with a few outputs, samples as columns: in C what PyTorch makes of them."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from repro.kernels import columns

CASES = [(1, 1, 1, 70_000), (3, 2, 7, 4_001), (2, 3, 100, 1_000), (5, 4, 5, 2_999), (9, 2, 100, 100)]
"""Runs, outputs, inputs, samples: remainders of every block that the kernel takes."""


@pytest.fixture
def called(in_c: None, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the kernels that were asked for."""
    names: list[str] = []
    plain = columns.native.function

    def function(name: str, kinds: str):  # type: ignore[no-untyped-def]
        names.append(name)
        return plain(name, kinds)

    monkeypatch.setattr(columns.native, "function", function)
    return names


def drawn(case: tuple[int, ...], dtype: torch.dtype) -> tuple[Tensor, ...]:
    """w, b, and their gradients' places as views of rows [R, P]; x and d as views of something wider."""
    (runs, outputs, inputs, samples), rng = case, torch.Generator().manual_seed(0)
    flat = torch.randn(runs, outputs * (inputs + 1) + 3, generator=rng).to(dtype)
    w, b = flat[:, 1 : 1 + outputs * inputs].view(runs, outputs, inputs), flat[:, -outputs - 1 : -1]
    x = torch.randn(runs, inputs + 2, samples + 5, generator=rng).to(dtype)[:, 1:-1, 2:-3]
    d = torch.randn(runs, outputs, samples + 1, generator=rng).to(dtype)[:, :, 1:]
    g = torch.full_like(flat, torch.nan)[:, 2 : 2 + outputs * inputs].view(runs, outputs, inputs)
    return w, b, x, d, g


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("case", CASES)
def test_they_are_the_products_in_double_precision(
    case: tuple[int, ...], dtype: torch.dtype, called: list[str]
) -> None:
    w, b, x, d, g = drawn(case, dtype)
    assert x.numel() >= columns.MUCH, "else it is PyTorch's"
    eps = torch.finfo(dtype).eps
    wide, own, bias, down = (t.double() for t in (w, x, b, d))
    y = columns.affine(w, x, b)
    size = wide.abs() @ own.abs() + bias.abs().unsqueeze(-1)
    assert ((y - (wide @ own + bias.unsqueeze(-1))).abs() <= 8 * eps * size).all()
    out = d.clone(memory_format=torch.contiguous_format)
    before = out.double().clone()
    assert columns.add(out, w, x) is out
    assert ((out - (before + wide @ own)).abs() <= 8 * eps * (size + before.abs())).all()
    around = g.untyped_storage()
    columns.weight_gradient(d, x, g)
    size = down.abs() @ own.abs().mT
    assert ((g - down @ own.mT).abs() <= 64 * eps * size).all()
    kept = torch.tensor([], dtype=dtype).set_(around)
    assert kept.isnan().sum() == kept.numel() - g.numel(), "what lies beside the gradient stays"
    assert [name[: name.rindex("_")] for name in called] == ["columns_ahead"] * 2 + ["columns_back"]


def test_what_is_no_number_goes_through(called: list[str]) -> None:
    w, b, x, d, g = drawn((2, 2, 5, 8_000), torch.float32)
    x[1, 3, 17] = torch.inf
    y = columns.affine(w, x, b)
    columns.weight_gradient(d, x, g)
    assert called and y[1, :, 17].isinf().all() and y.isfinite().sum() == y.numel() - 2
    assert g[1, :, 3].isinf().all() and g.isfinite().sum() == g.numel() - 2


@pytest.mark.parametrize(
    "why", ["small", "many outputs", "samples not side by side", "half", "gradient apart"]
)
def test_where_it_does_not_suit_it_is_pytorchs(why: str, called: list[str]) -> None:
    case = {"small": (2, 2, 3, 10), "many outputs": (2, 5, 100, 500)}.get(why, (2, 2, 100, 500))
    w, b, x, d, g = drawn(case, torch.float16 if why == "half" else torch.float32)
    if why == "samples not side by side":
        x = x.mT.contiguous().mT
    if why == "gradient apart":
        g = torch.empty(*g.shape[:2], 2 * g.shape[2])[..., ::2]
        columns.weight_gradient(d, x, g)
    else:
        y = columns.affine(w, x, b)
        assert torch.allclose(y, w @ x + b.unsqueeze(-1), rtol=1e-2, atol=1e-2 if why == "half" else 1e-4)
        columns.weight_gradient(d, x, g)
    assert torch.allclose(g, d @ x.mT, rtol=1e-2, atol=1.0 if why == "half" else 1e-3)
    assert not called


def test_what_does_not_fit_is_refused_or_broadcast_as_by_pytorch(called: list[str]) -> None:
    """A matrix of other inputs, other runs, another precision: never memory beside a tensor."""
    w, b, x, d, g = drawn((2, 2, 100, 500), torch.float32)
    wrong = (
        lambda: columns.affine(w[..., 1:], x, b),
        lambda: columns.affine(w[:1], x, b),
        lambda: columns.affine(w, x, b.double()),
        lambda: columns.add(d[..., 1:], w, x),
        lambda: columns.weight_gradient(d[..., 1:], x, g),
        lambda: columns.weight_gradient(d[:1], x, g),
        lambda: columns.weight_gradient(d, x, g[..., 1:]),
    )
    for call in wrong:
        with pytest.raises(RuntimeError):
            call()
    wide = torch.zeros(2, 2, 501)
    columns.add(wide[:, :, 1:], w, x)
    assert torch.allclose(wide[:, :, 1:], w @ x, atol=1e-4) and not wide[:, :, 0].any()
    assert torch.allclose(columns.affine(w, x, b[:, :1]), w @ x + b[:, :1].unsqueeze(-1), atol=1e-4)
    one = columns.affine(w, x, b[:1])
    assert torch.allclose(one, w @ x + b[:1].unsqueeze(-1), atol=1e-4)
    twice = torch.zeros(2, 2, 100, dtype=torch.float64)
    columns.weight_gradient(d, x, twice)
    assert torch.allclose(twice.float(), d @ x.mT, atol=1e-3)
    leaf = w.clone().requires_grad_()
    with torch.enable_grad():
        columns.affine(leaf, x, b).sum().backward()
    assert leaf.grad is not None
    assert not called
