"""On a GPU: the kernel for products has float32's accuracy, writes nothing else, repeats itself bit by bit."""

from __future__ import annotations

import multiplied
import pytest
import torch
from fused import off

from repro import blas, device
from repro.kernels import products
from repro.kernels import products_triton as ours

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.filterwarnings("ignore:.*TF32:UserWarning"),  # torch prefers newer names of the settings
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]
LARGE = [(1, 256, 256, 784), (3, 256, 256, 256), (20, 256, 256, 256), (3, 784, 256, 256), (6, 256, 1024, 1024),
         (5, 10, 500, 784), (5, 500, 500, 10), (3, 256, 10, 256)]  # fmt: skip


@pytest.mark.parametrize("size", multiplied.SIZES)
def test_products_of_all_layouts_are_those_of_float64(size: tuple[int, int, int, int]) -> None:
    found = dict(multiplied.layouts(size, "cuda"))
    assert max(found.values()) < 6e-7, found
    assert multiplied.biased(size, "cuda") < 6e-7


@pytest.mark.parametrize("spread", [0, 1, 3])
@pytest.mark.parametrize("size", LARGE)
def test_it_is_as_accurate_as_float32(size: tuple[int, int, int, int], spread: float) -> None:
    mine, plain, low = multiplied.errors(size, "cuda", spread)
    assert mine <= max(2 * plain, multiplied.LEFT_OUT) and mine < low / 100, (mine, plain, low)


def test_what_is_not_finite_stays_so() -> None:
    assert all(multiplied.nonfinite("cuda"))


@pytest.mark.parametrize("size", LARGE)
def test_a_run_alone_has_the_same_numbers_bit_by_bit(size: tuple[int, int, int, int]) -> None:
    a, b = multiplied.operands((20, *size[1:]), "cuda")
    together = ours.multiply(a, b)
    for r in (0, 7, 19):
        assert torch.equal(ours.multiply(a[r : r + 1], b[r : r + 1])[0], together[r])
    assert torch.equal(ours.multiply(a[:3], b[:3]), together[:3])


def test_in_a_graph_it_is_the_eager_one_bit_by_bit() -> None:
    (a, b), out = multiplied.operands((3, 256, 256, 784), "cuda"), torch.zeros(3, 256, 256, device="cuda")
    eager = products.product(a, b).clone()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        products.product(a, b, out)
    for _ in range(3):
        graph.replay()
    assert torch.equal(out, eager)


def test_the_door_sends_float32_there_and_the_key_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REPRO_PRODUCTS", raising=False)
    blas.on_gpu.cache_clear()
    a, b = multiplied.operands((3, 64, 10, 96), "cuda")
    assert blas.on_gpu() == "tf32x3" == device.arithmetic("cuda", 1)["products"]
    assert products.triton(a) and not products.triton(a.double()) and not products.triton(a.cpu())
    with products.tensor_cores(True, a):
        assert not products.triton(a)
    exact = a.double() @ b.double()
    row = torch.randn(3, 10, device="cuda")
    g = torch.zeros(3, 64 * 10 + 7, device="cuda")
    products.weight_gradient(a.mT, b, g[:, :640].unflatten(1, (64, 10)))
    for made in (
        products.product(a, b),
        products.affine(a, b, row) - row.unsqueeze(1),
        g[:, :640].unflatten(1, (64, 10)),
    ):
        assert off(made, exact) < 1e-6
    assert (g[:, 640:] == 0).all()
    monkeypatch.setenv("REPRO_PRODUCTS", "blas")
    blas.on_gpu.cache_clear()
    assert not products.triton(a) and "products" not in device.arithmetic("cuda", 1)
    blas.on_gpu.cache_clear()
