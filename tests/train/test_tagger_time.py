"""What meprop/table2 times of a tagger: the same numbers as without a clock, and each part where it belongs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch

from repro.errors import BadValueError, UnknownNameError
from repro.kernels.lstm_kept import KeptWindow
from repro.nets.embedding import Embedding
from repro.nets.losses import softmax_error
from repro.nets.tagger import Tagger
from repro.train import parts_time
from repro.train.batches import stream
from repro.train.tagger_time import TaggerStep

PLACES, LANES, HIDDEN, K, FEATURES = 4, 2, 40, 5, 7
P: dict[str, Any] = {
    "hidden": HIDDEN, "hidden_layers": 1, "batch": LANES, "outputs": 6, "examples": 30, "steps": 3, "symbols": 50,
    "word_vector": 5, "feature_vector": 2, "directions": 2, "words": PLACES, "activation": None,
}  # fmt: skip
WAYS = [(None, 0), ("rows", K)]


@pytest.fixture(autouse=True, params=["in_c", "not_in_c"])
def no_graphs(request: pytest.FixtureRequest) -> Iterator[None]:
    request.getfixturevalue(request.param)
    with torch.no_grad():
        yield


@pytest.mark.parametrize(("by", "k"), WAYS)
@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("directions", [1, 2])
def test_its_numbers_are_those_of_a_tagger_without_a_clock(
    by: str | None, k: int, apart: bool, directions: int
) -> None:
    it = TaggerStep(P | {"directions": directions}, by, k)
    plain = Tagger((50, 50), (5, 2), FEATURES, HIDDEN, 6, 1, LANES, PLACES, directions, k)
    plain.init([stream(0, "step-time")])
    it.net.core.apart = plain.core.apart = apart
    assert it.net.core.sparse is (by == "rows")
    logits = plain.forward(it.symbols, it.lengths)
    _, delta = softmax_error(logits, it.y)
    assert torch.equal(it.net.forward(it.symbols, it.lengths), logits)
    h, g = it.forward()
    assert torch.equal(g, delta / LANES)
    made, _ = it.backward(h, g)
    plain.pull(delta / LANES)
    for mine, wanted in zip(made, plain.params.values(), strict=True):
        assert mine.abs().max() > 0 and torch.equal(mine, wanted.flat_grad)
    for mine, wanted in zip(it.weights, plain.params.values(), strict=True):
        assert torch.equal(mine, wanted.flat)


@pytest.mark.parametrize(("by", "k"), WAYS)
def test_the_linear_maps_are_a_part_of_the_backward_pass(by: str | None, k: int) -> None:
    made = TaggerStep(P, by, k).step()
    assert 0 < made["linear_s"] < made["backward_s"] and min(made.values()) > 0
    assert set(made) == {"forward_s", "backward_s", "linear_s", "update_s"}


Place = tuple[type, str]
LINEAR: dict[Place, dict[str | None, int]] = {
    (KeptWindow, "_select"): {None: 0, "rows": PLACES},
    (KeptWindow, "_sums"): {None: 0, "rows": PLACES},
    (KeptWindow, "_linear"): {None: PLACES, "rows": PLACES},
    (KeptWindow, "_lay"): {None: 1, "rows": 1},
    (KeptWindow, "weight_gradient"): {None: 1, "rows": 1},
    (KeptWindow, "input_gradient"): {None: 1, "rows": 1},
}
"""Place → how often a step comes there, by way."""
REST: dict[Place, tuple[str, int]] = {
    (KeptWindow, "_back"): ("backward_s", PLACES),
    (Embedding, "pull"): ("backward_s", 2),
    (KeptWindow, "forward"): ("forward_s", 1),
    (TaggerStep, "update"): ("update_s", 1),
}


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Callable[[Place], None]:
    """slow(place): it takes a second, and nothing else takes any."""
    now = [0.0]
    monkeypatch.setattr(parts_time.time, "perf_counter", lambda: now[0])

    def make(place: Place) -> None:
        before = getattr(*place)

        def after(*given: Any) -> Any:
            now[0] += 1.0
            return before(*given)

        monkeypatch.setattr(*place, after)

    return make


@pytest.mark.parametrize(("by", "k"), WAYS)
@pytest.mark.parametrize("place", LINEAR, ids=lambda p: p[1])
@pytest.mark.parametrize("apart", [False, True])
def test_what_is_slow_in_a_linear_map_is_seen_there_and_in_the_backward_pass(
    by: str | None, k: int, place: Place, apart: bool, slow: Callable[[Place], None]
) -> None:
    slow(place)
    it, times = TaggerStep(P, by, k), LINEAR[place][by]
    times = (
        0 if it.net.core.in_c and place[1] in ("_select", "_sums") else times
    )  # one loop in the place of both
    it.net.core.apart = apart  # one direction after the other goes through its cores
    times *= 2 if apart and times == PLACES else 1
    assert it.step() == {"forward_s": 0.0, "backward_s": times, "linear_s": times, "update_s": 0.0}


@pytest.mark.parametrize(("by", "k"), WAYS)
@pytest.mark.parametrize("place", REST, ids=lambda p: p[1])
def test_what_is_slow_elsewhere_is_not_seen_in_the_linear_maps(
    by: str | None, k: int, place: Place, slow: Callable[[Place], None]
) -> None:
    slow(place)
    none = dict.fromkeys(("forward_s", "backward_s", "linear_s", "update_s"), 0.0)
    part, times = REST[place]
    assert TaggerStep(P, by, k).step() == none | {part: times}


def test_seconds_are_those_of_an_epoch_and_each_step_is_of_the_same_net(
    slow: Callable[[Place], None],
) -> None:
    slow((KeptWindow, "_linear"))
    it = TaggerStep(P, "rows", K)
    before = [w.clone() for w in it.weights]
    assert it()["linear_s"] == PLACES * 30 / LANES
    assert it()["linear_s"] == PLACES * 30 / LANES, "the clock begins anew at each step"
    assert all(torch.equal(a, b) for a, b in zip(before, it.weights, strict=True))
    assert all(m.abs().max() > 0 for m in it.moments[0]), "its moments were updated"


def test_what_has_no_sense_is_refused_by_name() -> None:
    with pytest.raises(UnknownNameError, match="way to multiply in a tagger 'mask'"):
        TaggerStep(P, "mask", K)
    with pytest.raises(BadValueError, match="hidden_layers is 2; a tagger has 1"):
        TaggerStep(P | {"hidden_layers": 2}, None, 0)
    for k in (0, 6):
        with pytest.raises(BadValueError, match=f"k is {k} of 40; expected 1 to 5"):
            TaggerStep(P, "rows", k)
