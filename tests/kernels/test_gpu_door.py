"""Which tensors go to the kernels for a GPU; what happens where there is no Triton, or an unusable one."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import pretend
import pytest
import torch

from repro import blas, device
from repro.kernels import adam_triton, gpu, lstm, norm, products, products_triton
from repro.kernels import norm_plain as plain

there = pytest.mark.skipif(torch.cuda.is_available(), reason="a real device is there")


@there
def test_neither_the_cpu_nor_what_only_says_that_it_is_on_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "works", lambda device: True)
    assert not gpu.suits(torch.zeros(2), torch.float32)
    with pretend.device():
        x = torch.zeros(2, 3, 4, device="cuda")
        assert x.is_cuda and not gpu.suits(x, torch.float32) and not norm.triton(x) and not lstm.triton(x)


def test_dtypes_and_batches_that_the_kernel_does_not_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "suits", lambda x, *dtypes: x.dtype in dtypes)
    assert norm.triton(torch.zeros(2, 3, 4)) and norm.triton(torch.zeros(2, 3, 4, dtype=torch.bfloat16))
    assert not norm.triton(torch.zeros(2, 3, 4, dtype=torch.float64))
    assert not norm.triton(torch.zeros(1, norm.LARGEST + 1, 1))
    assert lstm.triton(torch.zeros(2)) and lstm.triton(torch.zeros(2).double())
    assert not lstm.triton(torch.zeros(2).bfloat16())


def test_without_triton_nothing_works_and_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "triton", None)
    assert not gpu.works.__wrapped__(torch.device("cuda"))


def test_a_triton_that_cannot_compile_is_an_error_and_can_be_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(device: torch.device) -> None:
        raise RuntimeError("no C compiler")

    monkeypatch.setitem(sys.modules, "triton", ModuleType("triton"))
    monkeypatch.setattr(adam_triton, "probe", fails)
    monkeypatch.delenv("REPRO_TRITON", raising=False)
    with pytest.raises(RuntimeError, match=r"no C compiler.*REPRO_TRITON=0"):
        gpu.works.__wrapped__(torch.device("cuda"))
    monkeypatch.setenv("REPRO_TRITON", "0")
    assert not gpu.works.__wrapped__(torch.device("cuda")) and device._triton() is None


@pytest.mark.parametrize("size", [(2, 64, 160), (2, 6, 8)])  # PyTorch's kernel, and the formula
def test_running_averages_move_a_tenth_towards_the_batch(size: tuple[int, int, int]) -> None:
    a = torch.randn(size, generator=torch.Generator().manual_seed(0)) * 3 + 1
    mean, var = torch.zeros(2, 1, size[2]), torch.ones(2, 1, size[2])
    ones = torch.ones(2, size[2])
    norm.bn_relu(a.clone(), ones, ones, running=(mean, var), momentum=0.1)
    exact = plain.bn_relu(a.double(), ones.double(), ones.double())
    assert torch.allclose(mean.double(), 0.1 * exact.mean, rtol=1e-5, atol=1e-7)
    assert torch.allclose(var.double(), 0.9 + 0.1 * exact.var, rtol=1e-5)


@there
def test_products_go_to_the_kernel_only_from_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "works", lambda device: True)
    monkeypatch.setattr(blas, "on_gpu", lambda: blas.TF32X3)
    assert not products.triton(torch.zeros(2, 3, 4))
    with pretend.device():
        assert not products.triton(torch.zeros(2, 3, 4, device="cuda"))


class Driver(ModuleType):
    """What `triton.runtime` tells of a GPU."""

    def __init__(self, backend: str, arch: int):
        super().__init__("triton.runtime")
        target = SimpleNamespace(backend=backend, arch=arch)
        self.driver = SimpleNamespace(active=SimpleNamespace(get_current_target=lambda: target))


@pytest.mark.parametrize(
    ("backend", "arch", "asked", "name"),
    [
        ("cuda", 90, "", "tf32x3"),
        ("cuda", 75, "", "blas"),
        ("hip", 942, "", "blas"),
        ("cuda", 90, "blas", "blas"),
    ],
)
def test_the_name_under_which_products_on_a_gpu_are_kept(
    backend: str, arch: int, asked: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPRO_PRODUCTS", asked)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "NVIDIA H100")
    monkeypatch.setitem(sys.modules, "triton", ModuleType("triton"))
    monkeypatch.setitem(sys.modules, "triton.runtime", Driver(backend, arch))
    found = blas.on_gpu.__wrapped__()
    assert found == name
    monkeypatch.setattr(blas, "on_gpu", lambda: found)
    assert device.arithmetic("cuda", 1).get("products", "blas") == name
    assert "products" in device.arithmetic("cuda", 1) or name == "blas"


def test_without_a_gpu_or_triton_products_are_the_blas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REPRO_PRODUCTS", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert blas.on_gpu.__wrapped__() == "blas"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setitem(sys.modules, "triton.runtime", None)
    assert blas.on_gpu.__wrapped__() == "blas"


def test_the_order_of_a_sum_does_not_depend_on_the_number_of_runs() -> None:
    """Nor do tiles use the instruction of warp groups anywhere, whose sums might differ."""
    for m, n, k in (
        (256, 256, 784),
        (784, 256, 256),
        (10, 500, 784),
        (256, 10, 256),
        (500, 500, 10),
        (2, 2, 99),
    ):
        tiles = [products_triton.tile(r, m, n, k) for r in (1, 2, 5, 20, 100)]
        assert len({t.depth for t in tiles}) == 1
        assert all(t.rows % 64 or t.warps % 4 for t in tiles)
        blocks = [-(-m // t.rows) * -(-n // t.columns) for t in tiles]
        assert blocks == sorted(blocks, reverse=True), "the more runs, the larger tiles"


def test_inside_tensor_cores_products_are_left_to_cublas(monkeypatch: pytest.MonkeyPatch) -> None:
    class Cuda:
        is_cuda, dtype, device = True, torch.float32, torch.device("cuda")

    monkeypatch.setattr(products, "Tensor", Cuda)
    monkeypatch.setattr(blas, "on_gpu", lambda: blas.TF32X3)
    monkeypatch.setattr(gpu, "works", lambda device: True)
    x = Cuda()
    assert products.triton(x)
    with products.tensor_cores(True, x):
        assert not products.triton(x)
    with products.tensor_cores(False, x):
        assert products.triton(x)
    monkeypatch.setattr(gpu, "works", lambda device: False)
    with pytest.raises(RuntimeError, match="REPRO_PRODUCTS=blas"):
        products.triton(x)
    monkeypatch.setattr(blas, "on_gpu", lambda: blas.BLAS)
    assert not products.triton(x)
