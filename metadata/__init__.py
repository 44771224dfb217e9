"""Paper records: parse, verify, pin and cite the exact versions that this repository reproduces.

    from metadata import load_pins, pin
    pin("dni").arxiv                 # '1608.05343v2'

On the command line: `python -m metadata --help`. Four wings: `parse` (bytes to words), `kinds` (documents), `check`
(verify, identify), `pins` (what is pinned, and why). The package knows nothing of `repro`, and importing it costs
milliseconds: what needs cryptography, XML or the network is imported where it is used.
"""

from metadata.errors import MetadataError
from metadata.pins import Evidence, Pin, Proceedings, load_pins, pin

__all__ = ["Evidence", "MetadataError", "Pin", "Proceedings", "load_pins", "pin"]
