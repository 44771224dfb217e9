"""Copy and Repeat Copy: the stream against one that goes place by place through each lane."""

from __future__ import annotations

import itertools
import random

import pytest
import torch
from streamhelp import MASK, law, law_of_graphs, same, splitmix64

from repro.data.streams import Episodes, episodes
from repro.data.streams.draws import number
from repro.data.streams.tasks import t_task
from repro.errors import BadValueError, UnknownNameError

CURRICULUM = [(2, 0, 3), (2, 1, 2), (5, 0, 1), (5, 2, 6), (9, 1, 4), (9, 1, 5), (40, 0, 7)]


def sizes(task, level):
    """(N, R) by going up the levels one by one."""
    symbols, repeats = 1, 1
    for up in range(level - 1):
        if task == "copy" or up % 2 == 0:
            symbols += 1
        else:
            repeats += 1
    return symbols, repeats


def naive_lane(task, bits, seed, lane, level, changes, window, steps):
    """(inputs, answers or None, start) at each place of a lane; `changes` maps a step to a level."""
    key = splitmix64(splitmix64(number(seed, "episodes") % (1 << 63)) ^ lane)
    places, waiting, episode = [], level, 0

    def made(episode, level):
        symbols, repeats = sizes(task, level)
        drawn = [splitmix64(key ^ (episode * 65536 + i)) for i in range(symbols)]
        word = [[d >> b & 1 for b in range(bits)] for d in drawn]
        tail = [0] * (task == "repeat_copy")
        yield [0] * bits + [1, 0, *tail], None, True
        for symbol in word:
            yield [2 * b - 1 for b in symbol] + [0, 0, *tail], None, False
        yield [0] * bits + [0, 1] + [repeats / 8] * len(tail), None, False
        for _ in range(repeats):
            for symbol in word:
                yield [0] * (bits + 2) + tail, symbol, False

    total = sum(1 for _ in made(0, level))
    begin = splitmix64(key ^ MASK) % (1 << 62) % total
    under_way = list(made(0, level))[begin:]
    for place in range(steps * window + 1):
        if place % window == 0:
            waiting = changes.get(place // window, waiting)
        if begin == 0 and place == 0:
            under_way = list(made(0, waiting))  # about to begin when the level was set
        if not under_way:
            episode += 1
            under_way = list(made(episode, waiting))
        places.append(under_way.pop(0))
    return places


def compare(stream, task, bits, seeds, levels, history, steps):
    """Every place of every lane of every run."""
    for r, seed in enumerate(seeds):
        for lane in range(stream.batch):
            changes = {t: level for t, run, level in history if run == r}
            want = naive_lane(task, bits, seed, lane, levels[r], changes, stream.window, steps)
            for t in range(steps):
                got = stream.at(t) if lane % 2 else (stream.host(t), stream.take())[1]
                here = want[t * stream.window : (t + 1) * stream.window + 1]
                assert got.x[r, lane].tolist() == [x for x, _, _ in here], (r, lane, t)
                assert got.start[r, lane].tolist() == [s for _, _, s in here]
                assert got.answer[r, lane].tolist() == [y is not None for _, y, _ in here[:-1]]
                assert got.y[r, lane].tolist() == [y or [0] * bits for _, y, _ in here[:-1]]


@pytest.mark.parametrize("task", ["copy", "repeat_copy"])
@pytest.mark.parametrize(("bits", "window", "history"), [(1, 2, []), (3, 5, CURRICULUM), (1, 1, CURRICULUM)])
def test_every_place_is_the_one_that_a_walk_finds(task, bits, window, history):
    seeds, levels = (0, 5, 6), (1, 3, 8)
    stream = Episodes(task, 3, window, seeds, levels, bits)
    stream.load(history)
    compare(stream, task, bits, seeds, levels, history, 50)


@pytest.mark.parametrize("task", ["copy", "repeat_copy"])
def test_episodes_keep_the_law_of_streams(task, monkeypatch):
    def make(seeds):
        return Episodes(task, 4, 3, seeds, [2] * len(seeds), bits=2)

    law_of_graphs(make, 140)  # more than two blocks
    monkeypatch.setattr(episodes, "BLOCK", 9)  # more borders of blocks in fewer steps
    law(make, 40)


def test_levels_set_on_the_way_are_the_ones_of_a_history_known_before():
    seeds, levels = (0, 1, 2), (1, 1, 1)
    trained, known = (Episodes("repeat_copy", 4, 2, seeds, levels) for _ in range(2))
    known.load(CURRICULUM)
    for t in range(90):
        for step, run, level in CURRICULUM:
            if step == t:
                trained.set_level(run, level, t)
        trained.host(t)
        assert same(trained.take(), known.at(t)), t
        if t % 17 == 3:  # resumed here, from the history as a checkpoint has it
            resumed = Episodes("repeat_copy", 4, 2, seeds, levels)
            resumed.load([list(c) for c in trained.history])
            for later in range(t, t + 3):
                resumed.host(later)
                assert same(resumed.take(), trained.at(later)), (t, later)
    assert trained.history == known.history == tuple(sorted(set(CURRICULUM) - {(9, 1, 4)}))
    assert trained.levels_at(8) == (1, 2, 6) and trained.levels_at(40) == (7, 5, 6)


def test_a_level_set_at_random_moments_contradicts_no_window_shown_before():
    rng = random.Random(0)
    stream = Episodes("copy", 8, 2, (4,), (1,))
    stream.host(0)
    shown = stream.take()
    for t in range(1, 200):
        if rng.random() < 0.2:
            stream.set_level(0, rng.randint(1, 9), t)
        stream.host(t)
        now = stream.take()
        assert now.x[:, :, 0].equal(shown.x[:, :, -1]) and now.start[:, :, 0].equal(shown.start[:, :, -1])
        shown = now


def test_a_level_set_for_a_step_gone_by_holds_when_it_comes_again():
    stream, known = (Episodes("copy", 5, 3, (4, 2), (2, 3)) for _ in range(2))
    known.load([(6, 1, 9)])
    for t in (3, 30):  # within what is made already, and long after it
        stream.load([])
        stream.host(t)
        stream.set_level(1, 9, 6)
        for again in (30, 8, 6, 5):
            stream.host(again)
            assert same(stream.take(), known.at(again)), (t, again)


def test_another_history_takes_the_place_of_the_one_before():
    stream, known = (Episodes("copy", 5, 3, (4, 2), (2, 3)) for _ in range(2))
    stream.load([(6, 1, 9), (8, 0, 1)])
    stream.host(30)
    stream.load([(7, 1, 4)])
    known.load([(7, 1, 4)])
    stream.host(31)
    assert same(stream.take(), known.at(31))


def test_one_runs_levels_do_not_touch_the_others():
    both, alone = Episodes("copy", 3, 2, (0, 1), (2, 2)), Episodes("copy", 3, 2, (1,), (2,))
    both.set_level(0, 9, 4)
    for t in range(80):
        both.host(t)
        assert same([x[1:] for x in both.take()], alone.at(t)), t


def test_a_level_holds_for_the_episodes_that_begin_from_its_step_on():
    stream = Episodes("copy", 64, 4, (0,), (3,))
    stream.set_level(0, 1, 10)
    starts = torch.cat([stream.at(t).start[0, :, :4] for t in range(40)], 1)
    for lane in starts:
        borders = lane.nonzero().flatten().tolist()
        for begin, end in itertools.pairwise(borders):
            assert end - begin == (8 if begin < 40 else 4), (begin, end)


def test_lanes_have_random_phases_and_bits():
    stream = Episodes("copy", 500, 20, (0, 1), (8, 8), bits=4)
    window = stream.at(0)
    first = window.start[:, :, :18].float().argmax(2).flatten().bincount(minlength=18)
    assert first.min() > 25 and first.max() < 95  # 1,000 lanes over 18 phases
    ones = window.y[window.answer].mean(0)
    assert ((ones - 0.5).abs() < 0.03).all()
    assert not window.x[0].equal(window.x[1])
    assert (window.y[~window.answer] == 0).all()


def test_the_papers_levels():
    assert [t_task("copy", level) for level in (1, 4, 16)] == [4, 7, 19]
    seen = [t_task("repeat_copy", level) for level in range(2, 16)]
    assert seen == [5, 7, 9, 12, 15, 19, 23, 28, 33, 39, 45, 52, 59, 67]


def test_large_streams_are_made_in_small_blocks():
    stream = Episodes("copy", 256, 40, range(24), [5] * 24)
    assert 1 <= stream.block < 64 and stream.host(0) == stream.block
    assert Episodes("copy", 2, 2, (0,), (1,)).host(0) == 64


@pytest.mark.parametrize(
    "bad",
    [{"batch": 0}, {"window": 0}, {"levels": (0,)}, {"levels": (1, 1)}, {"bits": 0}, {"bits": 63}],
)
def test_sizes_without_sense_are_refused(bad):
    sizes = {"batch": 2, "window": 2, "seeds": (0,), "levels": (1,), "bits": 1} | bad
    with pytest.raises(BadValueError, match="expected"):
        Episodes("copy", **sizes)


def test_tasks_and_levels_without_sense_are_refused():
    with pytest.raises(UnknownNameError, match="task 'repeat-copy': did you mean 'repeat_copy'"):
        Episodes("repeat-copy", 2, 2, (0,), (1,))
    stream = Episodes("copy", 2, 2, (0,), (1,))
    stream.set_level(0, 2, 7)
    for run, level, t in ((0, 0, 8), (1, 2, 8), (-1, 2, 8), (0, 3, 6)):
        with pytest.raises(BadValueError, match=f"level {level} of run {run} from step {t}"):
            stream.set_level(run, level, t)
