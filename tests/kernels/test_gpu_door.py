"""Which tensors go to the kernels for a GPU; what happens where there is no Triton, or an unusable one."""

from __future__ import annotations

import sys
from types import ModuleType

import pretend
import pytest
import torch

from repro.kernels import adam_triton, gpu, norm
from repro.kernels import norm_plain as plain

there = pytest.mark.skipif(torch.cuda.is_available(), reason="a real device is there")


@there
def test_neither_the_cpu_nor_what_only_says_that_it_is_on_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "works", lambda device: True)
    assert not gpu.suits(torch.zeros(2), torch.float32)
    with pretend.device():
        x = torch.zeros(2, 3, 4, device="cuda")
        assert x.is_cuda and not gpu.suits(x, torch.float32) and not norm.triton(x)


def test_dtypes_and_batches_that_the_kernel_does_not_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "suits", lambda x, *dtypes: x.dtype in dtypes)
    assert norm.triton(torch.zeros(2, 3, 4)) and norm.triton(torch.zeros(2, 3, 4, dtype=torch.bfloat16))
    assert not norm.triton(torch.zeros(2, 3, 4, dtype=torch.float64))
    assert not norm.triton(torch.zeros(1, norm.LARGEST + 1, 1))


def test_without_triton_nothing_works_and_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "triton", None)
    assert not gpu.works.__wrapped__(torch.device("cuda"))


def test_a_triton_that_cannot_compile_is_named_and_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(device: torch.device) -> None:
        raise RuntimeError("no C compiler")

    monkeypatch.setitem(sys.modules, "triton", ModuleType("triton"))
    monkeypatch.setattr(adam_triton, "probe", fails)
    with pytest.warns(UserWarning, match="no C compiler"):
        assert not gpu.works.__wrapped__(torch.device("cuda"))


@pytest.mark.parametrize("size", [(2, 64, 160), (2, 6, 8)])  # PyTorch's kernel, and the formula
def test_running_averages_move_a_tenth_towards_the_batch(size: tuple[int, int, int]) -> None:
    a = torch.randn(size, generator=torch.Generator().manual_seed(0)) * 3 + 1
    mean, var = torch.zeros(2, 1, size[2]), torch.ones(2, 1, size[2])
    ones = torch.ones(2, size[2])
    norm.bn_relu(a.clone(), ones, ones, running=(mean, var), momentum=0.1)
    exact = plain.bn_relu(a.double(), ones.double(), ones.double())
    assert torch.allclose(mean.double(), 0.1 * exact.mean, rtol=1e-5, atol=1e-7)
    assert torch.allclose(var.double(), 0.9 + 0.1 * exact.var, rtol=1e-5)
