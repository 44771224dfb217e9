"""All exhibits and the skeleton that new ones are copied from, with made-up records of each profile."""

from functools import cache

import pytest
from record_fakes import DATA, fake_record, rows_of

from repro.exhibits import all_exhibits, read

EXHIBITS = [*all_exhibits(), read("repro.exhibits.skeleton")]
BOTH = [(e, p.name) for e in EXHIBITS for p in e.profiles]


def of_profiles(test):
    return pytest.mark.parametrize(("exhibit", "profile"), BOTH, ids=lambda x: getattr(x, "id", x))(test)


@cache
def invented(exhibit_id, profile):
    (exhibit,) = [e for e in EXHIBITS if e.id == exhibit_id]
    return fake_record(exhibit, profile, rows_of(exhibit, profile), DATA)
