"""The order in which training sees data: shuffled epochs, continuous windows, generated episodes, sentences.

A stream serves R runs at once, each from its own seed: a run sees the same data whoever trains beside it. What step
t brings depends on the seeds and on t alone (episodes: and on the levels that were set), so a resumed run needs no
state of a random generator. All have the same two parts, because a CUDA graph can hold the second:

* `host(t) -> int` prepares step t (0-based) on the host and returns the first later step that needs it again;
* `take()` gives this step's tensors and moves one step on: device work only, of buffers that stay where they are.

`take` may be called step after step until the step that `host` returned; calling `host` before every step is always
right and cheap where nothing changes. `at(t)` looks at any step without moving the stream.
"""

from repro.data.streams.draws import fingerprint, stream
from repro.data.streams.episodes import Episodes, EpisodeWindow
from repro.data.streams.epochs import Epochs
from repro.data.streams.sentences import Padded, Sentences
from repro.data.streams.windows import Windows

__all__ = [
    "EpisodeWindow",
    "Episodes",
    "Epochs",
    "Padded",
    "Sentences",
    "Windows",
    "fingerprint",
    "stream",
]
