"""One product, two kernels: they agree, whichever the machine has."""

from __future__ import annotations

import pytest
import torch

from repro import blas, device
from repro.errors import BadValueError
from repro.kernels import products


def pair(runs: int, inputs: int, outputs: int) -> tuple[torch.Tensor, torch.Tensor]:
    rng = torch.Generator().manual_seed(0)
    return torch.randn(runs, 32, inputs, generator=rng), torch.randn(runs, inputs, outputs, generator=rng)


@pytest.fixture(params=["blas", "onednn"])
def chosen(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each routine in turn, whichever this machine would choose."""
    if request.param == "onednn" and blas._operator is None:
        pytest.skip("this build of torch has no oneDNN kernel for x86")
    monkeypatch.setattr(blas, "name", lambda: request.param)
    monkeypatch.setattr(products, "FROM", 1 << 18)
    return str(request.param)


def near(made: torch.Tensor, a: torch.Tensor, b: torch.Tensor) -> None:
    exact = a.double().bmm(b.double())
    assert made.shape == exact.shape and exact.abs().mean() > 3
    assert (made - exact).abs().max() < 1e-3 and (made - exact).abs().mean() < 2e-5


@pytest.mark.parametrize("given", [False, True])
@pytest.mark.parametrize("runs", [1, 3])
def test_products_are_those_of_bmm(runs: int, given: bool, chosen: str) -> None:
    x, w = pair(runs, 512, 300)
    d = torch.randn(runs, 32, 300, generator=torch.Generator().manual_seed(1))
    rows = torch.full((runs, 2 * 512 * 300), torch.nan)  # parameters: matrices that do not lie side by side
    for a, b in ((x, w), (d, w.mT), (x.mT, d), (x[:, ::2], w)):
        assert products.suits(a, b) == (chosen == "onednn")
        size = a.shape[1] * b.shape[2]
        out = rows[:, :size].view(runs, a.shape[1], b.shape[2]) if given else None
        made = products.product(a, b, out)
        assert not given or made is out
        near(made, a, b)


@pytest.mark.parametrize("runs", [1, 3])
def test_sums_of_few_are_written_where_they_belong(
    runs: int, chosen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """∂L/∂W of ten examples: oneDNN's operator would write it twice."""
    calls, own = [0], blas.onednn
    monkeypatch.setattr(blas, "onednn", lambda a, b: (calls.__setitem__(0, calls[0] + 1), own(a, b))[1])
    rng, width = torch.Generator().manual_seed(2), 700
    rows = torch.full((runs, 2 * width * 500), torch.nan)
    for few in (products.SUMMANDS, products.SUMMANDS + 1):
        x, d = (1.2 * torch.randn(runs, few, n, generator=rng) for n in (width, 500))
        out = rows[:, : width * 500].view(runs, width, 500)
        before = calls[0]
        products.weight_gradient(x, d, out)
        near(out, x.mT, d)
        assert calls[0] - before == (runs if chosen == "onednn" and few > products.SUMMANDS else 0)
        near(products.product(x.mT, d), x.mT, d)
    assert calls[0] == (3 * runs if chosen == "onednn" else 0), "into fresh memory oneDNN is the faster one"


@pytest.mark.parametrize("size", [(1, 1), (16, 16), (15, 33), (32, 48), (100, 17)])
def test_in_c_a_transposed_view_is_copied_exactly(size: tuple[int, int], in_c: None) -> None:
    wide = torch.randn(size[0], size[1] + 5, generator=torch.Generator().manual_seed(0))
    for a in (wide, wide[:, 2:-1], wide[:, :1]):
        made = products._close(a.T)
        assert made.is_contiguous() and torch.equal(made, a.T)
    assert products._close(wide) is wide and products._close(wide.T[::2]).equal(wide.T[::2])


def test_onednn_gets_no_matrix_that_it_multiplies_by_its_slow_loop(
    chosen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parts of [B, R·H], as a batch norm over runs leaves them: the loop took 100 ms where a product takes 0.1."""
    if chosen == "blas":
        pytest.skip("takes any strides")
    given, own = [], blas._operator
    assert own is not None

    def noted(a: torch.Tensor, b: torch.Tensor, *more: object) -> torch.Tensor:
        given.append(b)
        return own(a, b, *more)

    monkeypatch.setattr(blas, "_operator", noted)
    x, w = pair(3, 512, 300)
    beside = torch.randn(32, 3 * 300, generator=torch.Generator().manual_seed(1))
    d = beside.view(32, 3, 300).transpose(0, 1)  # [R, B, H], rows 900 apart
    for a, b in ((x.mT, d), (d, w.mT), (x[:, :, ::2], w[:, ::2])):
        near(products.product(a, b), a, b)
    assert len(given) == 9 and all(b.is_contiguous() or b.T.is_contiguous() for b in given)


@pytest.mark.parametrize("given", [False, True])
def test_bfloat16_products_are_those_of_bmm(given: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run by run from some size on, of views that do not lie side by side."""
    monkeypatch.setattr(products, "FROM", 1 << 18)
    x, w = (v.bfloat16() for v in pair(3, 512, 300))
    d = torch.randn(3, 32, 300, generator=torch.Generator().manual_seed(1)).bfloat16()
    rows = torch.full((3, 2 * 512 * 300), torch.nan, dtype=torch.bfloat16)
    weights = rows[:, 7 : 7 + 512 * 300].view(3, 512, 300).copy_(w)
    for a, b in ((x, weights), (d, weights.mT), (x.mT, d), (x[:, ::2], weights)):
        assert products.each(a, b) and not products.each(a.float(), b.float())
        size = a.shape[1] * b.shape[2]
        out = torch.full((3, 2 * size), torch.nan, dtype=a.dtype)[:, :size] if given else None
        made = products.product(a, b, out if out is None else out.view(3, a.shape[1], b.shape[2]))
        exact = a.double().bmm(b.double())
        assert (made - exact).norm() <= 4e-3 * exact.norm()


@pytest.mark.parametrize("runs", [1, 3])
def test_maps_and_their_gradients_are_those_of_bmm(runs: int, chosen: str) -> None:
    x, w = pair(runs, 512, 300)
    b, d = torch.randn(runs, 300), torch.randn(runs, 32, 300)
    near(products.affine(x, w, b) - b.unsqueeze(1), x, w)
    g = torch.full_like(w, torch.nan)
    products.weight_gradient(x, d, g)
    near(g, x.mT, d)


def test_only_what_gains_goes_to_the_other_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blas, "name", lambda: blas.ONEDNN)
    x, w = pair(2, 512, 300)
    assert products.suits(x, w)
    assert not products.suits(x.double(), w.double()) and not products.suits(x.bfloat16(), w.bfloat16())
    assert not products.suits(*pair(2, 64, 64)), "too small"


def test_the_other_library_is_taken_only_where_it_wins_clearly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REPRO_PRODUCTS", raising=False)
    monkeypatch.setattr(blas, "_operator", lambda *a: None)
    found = []
    for gain in (0.8, 1.2, 1.4):
        monkeypatch.setattr(blas, "_gain", lambda gain=gain: gain)
        found.append(blas.name.__wrapped__())
    assert found == ["blas", "blas", "onednn"]
    monkeypatch.setattr(blas, "_operator", None)
    assert blas.name.__wrapped__() == "blas"


def test_the_choice_can_be_made_by_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blas, "_operator", lambda *a: None)
    for asked in ("blas", "onednn"):
        monkeypatch.setenv("REPRO_PRODUCTS", asked)
        assert blas.name.__wrapped__() == asked
    monkeypatch.setenv("REPRO_PRODUCTS", "cublas")
    with pytest.raises(BadValueError, match="cublas"):
        blas.name.__wrapped__()
    monkeypatch.setattr(blas, "_operator", None)
    monkeypatch.setenv("REPRO_PRODUCTS", "onednn")
    with pytest.raises(BadValueError, match="lacks"):
        blas.name.__wrapped__()


def test_the_choice_is_part_of_what_a_run_is_kept_under(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for name in ("blas", "onednn"):
        monkeypatch.setattr(blas, "name", lambda name=name: name)
        found.append(device.arithmetic("cpu", 1))
        assert device.facts("cpu")["products"] == name
    assert found[0] != found[1]
