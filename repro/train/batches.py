"""Mini-batches and random streams, under the names that training knows; they live in `repro.data.streams`."""

from repro.data.streams import Epochs as Batches
from repro.data.streams import stream

__all__ = ["Batches", "stream"]
