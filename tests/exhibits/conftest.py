import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # record_fakes, which this takes

from every_exhibit import EXHIBITS


@pytest.fixture(params=EXHIBITS, ids=lambda e: e.id)
def exhibit(request):
    return request.param
