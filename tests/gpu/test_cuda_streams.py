"""On a GPU: `take` captured in a CUDA graph gives what a CPU says of every step."""

from __future__ import annotations

import pytest
import torch
from streamhelp import parts, same

from repro.data.streams import Episodes, Epochs, Sentences, Windows

LENGTHS = torch.tensor([3, 1, 7, 2, 5, 1, 4, 2, 9, 3, 6])
MAKERS = {
    "epochs": lambda device: Epochs(230, 32, (0, 5), device),
    "windows": lambda device: Windows(torch.arange(1000), 8, 5, (0, 5), device),
    "copy": lambda device: Episodes("copy", 8, 3, (0, 5), (3, 4), 2, device),
    "repeat_copy": lambda device: Episodes("repeat_copy", 8, 3, (0, 5), (3, 4), 2, device),
    "sentences": lambda device: Sentences(
        LENGTHS, {"forms": torch.arange(43)}, 3, (0, 5), device, fixed=True
    ),
}


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("name", MAKERS)
def test_take_is_captured_by_a_cuda_graph(name):
    stream, plain = MAKERS[name]("cuda"), MAKERS[name]("cpu")
    stream.host(0)
    stream.take()  # as a warm-up would
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        results = stream.take()
    due = 0
    for t in range(150):
        if t >= due:
            due = stream.host(t)
        graph.replay()
        assert same([x.cpu() for x in parts(results)], plain.at(t)), t
