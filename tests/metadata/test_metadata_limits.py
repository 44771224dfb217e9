"""Any document of a mebibyte is answered within two seconds and 64 MB; small ones at once."""

import subprocess
import sys
import time

import pytest
from metadata_megabytes import megabytes

from metadata import kinds, load_pins
from metadata.check import identify_verified, verify
from metadata.errors import MetadataError
from metadata.pins import committed

DOCUMENTS = megabytes()
CORPUS, PINS = committed.load(), load_pins()


@pytest.mark.parametrize("what", DOCUMENTS)
def test_a_megabyte_takes_at_most_two_seconds(what):
    for answer in (verify, identify_verified):
        start = time.process_time()  # CPU time: the bar holds on a busy machine too
        try:
            answer(kinds.parse(DOCUMENTS[what]), CORPUS, PINS)
        except MetadataError as e:
            assert len(str(e)) < 2000
        assert time.process_time() - start <= 2.0


MEASURE = """
import sys
sys.path.insert(0, {here!r})
from metadata.cli import main
import io
def peak():  # of this program; ru_maxrss would begin with that of whoever started it, which hides all
    return int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]) / 1024
before, out = peak(), sys.stdout
for command in ("verify", "identify"):
    sys.stdout = sys.stderr = io.StringIO()
    main([command, {path!r}])
print(peak() - before, file=out)
"""
# Those that took most memory when all were measured; the last would, if its objects were not counted beforehand.
GREEDY = [
    "page, blank lines before",
    "text, headings",
    "JSON of keys",
    "text, letters that grow",
    "record, corrections",
    'JSON of {"":0},',
]


@pytest.mark.skipif(sys.platform != "linux", reason="/proc")
@pytest.mark.parametrize("what", GREEDY)
def test_no_answer_takes_more_than_64_megabytes(what, tmp_path):
    path = tmp_path / "document"
    path.write_bytes(DOCUMENTS[what])
    code = MEASURE.format(here=str(tmp_path), path=str(path))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(done.stdout) <= 64
