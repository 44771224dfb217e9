"""An engineer's own modules on the pretend device: nothing of theirs or ours stays on the host."""

from __future__ import annotations

from collections.abc import Iterator

import pretend
import pytest
import torch
from decoupled import RULES, apart, trained
from pretend import Ledger

pytestmark = pytest.mark.skipif(torch.cuda.is_available(), reason="a real device is there")


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with pretend.device() as made:
        yield made


@pytest.mark.parametrize("name", RULES)
def test_it_trains_there_as_on_the_cpu(ledger: Ledger, name: str) -> None:
    assert apart(trained(name, "cuda", torch.float64), trained(name, "cpu", torch.float64)) <= 1e-9
