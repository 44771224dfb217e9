"""On a GPU: groups trained side by side by threads of one process give the same numbers, bit by bit."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from repro.exhibits import get
from repro.runner.run import Options, run_exhibit

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]


@pytest.mark.parametrize("exhibit", ["sg/table2", "dni/rnn-control"])
def test_threads_change_no_number(exhibit: str, tmp_path: Path) -> None:
    found = []
    for workers in (1, 6):
        options = Options("cuda", runs_dir=str(tmp_path / str(workers)), workers=workers, changes={"steps": 300})
        record = run_exhibit(get(exhibit), "smoke", options)
        assert not record.facts["missing"]
        found.append(list(map(repr, record.rows)))
    assert found[0] == found[1]
