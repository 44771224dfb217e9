"""On a GPU: an engineer's own modules under `decouple` train as on the CPU."""

from __future__ import annotations

import pytest
import torch
from decoupled import RULES, apart, trained

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]


@pytest.mark.parametrize("name", RULES)
def test_float64_goes_the_way_of_the_cpu(name: str) -> None:
    assert apart(trained(name, "cuda", torch.float64), trained(name, "cpu", torch.float64)) <= 1e-9


@pytest.mark.parametrize("name", RULES)
def test_a_float32_step_is_that_of_the_cpu(name: str) -> None:
    assert apart(trained(name, "cuda", torch.float32, 1), trained(name, "cpu", torch.float32, 1)) <= 1e-3
