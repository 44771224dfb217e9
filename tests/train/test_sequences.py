"""Recurrent families: the curriculum, the law that trained together is trained alone, resuming, early stopping."""

import math
from importlib import import_module

import pytest
import torch
from sequences import KINDS, given_of, learner_of
from small import small

from repro.data.streams import Episodes
from repro.exhibits import get
from repro.record.run import runs
from repro.train.episodes import EpisodeLearner
from repro.train.given import Given
from repro.train.loop import Context, fit
from repro.train.text import TextLearner, bits_per_symbol


def trained(learner, steps):
    for t in range(steps):
        learner.step(t)
    return [torch.cat([p.flat[r] for p in learner.params()]) for r in range(len(learner.given.runs))]


@pytest.mark.parametrize("text", [False, True], ids=["episodes", "text"])
def test_together_is_one_by_one(text, places):
    kinds = KINDS[:3] if text else KINDS
    together = trained(learner_of(kinds, (1, 2), text=text, dtype=torch.float64), 20)
    for r, (kind, seed) in enumerate((k, s) for k in kinds for s in (1, 2)):
        alone = trained(learner_of((kind,), (seed,), text=text, dtype=torch.float64), 20)[0]
        assert torch.linalg.norm(together[r] - alone) < 1e-9 * torch.linalg.norm(alone), (kind, seed)


@pytest.mark.parametrize("text", [False, True], ids=["episodes", "text"])
@pytest.mark.parametrize("aux", [False, True], ids=["", "aux"])
def test_resumed_is_undisturbed(text, aux, places):
    kinds = ("nothing", "synthetic") if text else KINDS
    easy = {} if text else {"threshold": 2.0}  # levels change all the time
    whole = learner_of(kinds, text=text, params=easy, aux=aux, lengths=aux)
    for t in range(23):
        whole.step(t)
    saved = {"kept": {}, **torch.load(_stored(places, whole.state()), weights_only=True)}
    end = trained_from(whole, 23, 33)
    again = learner_of(kinds, text=text, params=easy, aux=aux, lengths=aux)
    again.load(saved)
    assert trained_from(again, 23, 33) == end
    assert again.plain == whole.plain
    assert again.evaluate(33) == whole.evaluate(33)


def _stored(places, state):
    torch.save(state, places / "state.pt")
    return places / "state.pt"


def trained_from(learner, start, end):
    for t in range(start, end):
        learner.step(t)
    return learner.prints()


def test_a_level_is_solved_at_the_check_where_the_error_is_below_the_threshold(monkeypatch):
    learner = learner_of(("nothing",), (1, 2), params={"steps": 40, "threshold": 0.15}, peepholes=True)
    errors = iter([[0.2, 0.1], [0.1, 0.2], [0.1, 0.2], [0.9, 0.1]])

    def told(logits, y, answer):
        wanted = torch.tensor(next(errors)).view(-1, 1, 1)  # bits a bit asked for
        asked = answer.sum((2, 3))
        return wanted * asked.unsqueeze(-1) * math.log(2)

    monkeypatch.setattr("repro.train.episodes.nats", told)
    for t in range(40):
        learner.step(t)
    assert learner.plain["promotions"] == [[(20, 4), (30, 5)], [(10, 4), (40, 5)]]
    assert learner.episodes.levels_at(4) == (3, 3)
    rows = learner.evaluate(40)
    assert [r[4] for r in rows if r[1] == "solved"] == [5.0, 5.0]
    assert (0, "solved_at", 40, "4", 20.0) in learner.final(40)


@pytest.mark.parametrize("bits", [1, 3])
def test_the_error_is_bits_of_answers_over_the_windows_since_the_last_check(bits):
    """A bit asked for, of a symbol of several too."""
    learner = learner_of(("nothing",), dtype=torch.float64, params={"bits": bits})
    seen = []
    for t in range(10):
        learner.step(t)
        seen.append((learner.net.logits.clone(), learner.y.clone(), learner.answer.clone()))
    logits, y, answer = (torch.cat(v, 1) for v in zip(*seen, strict=True))
    losses = torch.nn.functional.binary_cross_entropy_with_logits(logits, y, answer, reduction="none")
    assert learner.plain["error"][0] == pytest.approx(float(losses.sum() / answer.sum() / bits / math.log(2)))


def test_windows_follow_each_other_and_the_extra_core_sees_the_next_input():
    learner = learner_of(("synthetic",))
    stream = Episodes("copy", 6, 20, (1,), (1,)).at(0)
    for t in range(10):
        learner.host(t)
        assert torch.equal(learner.x[0].transpose(0, 1), stream.x[0, :, 2 * t : 2 * t + 3])
        assert torch.equal(learner.y[0].view(2, 6).T, stream.y[0, :, 2 * t : 2 * t + 2, 0])


def test_an_oracle_is_given_the_true_gradient_of_the_steps_to_come():
    """With a look ahead of one window, it is the next window's own gradient at its first state, weights held."""
    learner = learner_of(("oracle",), ahead=2, dtype=torch.float64, params={"learning_rate": 0.0})
    learner.step(0)
    injected = learner.draws["oracle"].clone()
    learner.step(1)
    consumed = learner.rule.injected.clone()
    learner.rule.injected.zero_()
    assert not torch.equal(injected, consumed)
    plain = learner_of(("nothing",), dtype=torch.float64, params={"learning_rate": 0.0})
    plain.step(0)
    plain.step(1)
    assert torch.allclose(injected, plain.rule.target, rtol=0, atol=1e-12)
    assert injected.abs().max() > 1e-3


def test_evaluating_changes_nothing():
    a, b = learner_of(KINDS), learner_of(KINDS)
    for t in range(20):
        a.step(t)
        b.step(t)
        if t == 9:
            b.evaluate(10)
    assert a.prints() == b.prints()


def test_an_arms_own_value_comes_before_the_shared_one():
    learner = learner_of(("synthetic",), params={"factor": 0.1}, factor=0.3)
    assert learner.rule.factor.view(-1).tolist() == pytest.approx([0.3])


def test_text_is_read_on_and_bits_are_those_of_the_model(places):
    learner = learner_of(("bptt",), text=True, dtype=torch.float64, params={"evaluated": 0})
    for t in range(3):
        learner.step(t)
    text, eye, net = learner.valid, learner.eye, learner.net
    found = bits_per_symbol(net, text[: 64 * 70 + 5], eye)
    from repro.kernels.lstm_plain import window

    pieces = text[: 64 * 70].view(64, -1)  # more steps than one pass of the evaluation
    zero = torch.zeros(1, 64, net.hidden, dtype=torch.float64)
    y, *_ = window(eye[pieces].unsqueeze(0).transpose(1, 2), zero, zero, net.p["W"])
    logits = torch.cat([y, torch.ones_like(y[..., :1])], -1)[0, :-1] @ net.p["V"][0]
    nats = torch.nn.functional.cross_entropy(logits.flatten(0, 1), pieces.T[1:].flatten())
    assert found[0] == pytest.approx(float(nats) / math.log(2), rel=1e-9)


def test_the_number_of_a_text_run_is_the_test_at_its_best_validation(places, monkeypatch):
    learner = learner_of(("bptt",), text=True, params={"patience": 2, "steps": 80})
    told = iter([3.0, 33.0, 2.0, 22.0, 2.5, 2.6])  # validation, test where it is the best, …
    monkeypatch.setattr("repro.train.text.bits_per_symbol", lambda net, tokens, eye: [next(told)])
    result = fit(learner, learner.ctx)
    rows = {(m, step): v for _, m, step, _, v in result.rows}
    assert rows["bpc", 41] == 22.0 and rows["best_at", 41] == 20.0
    assert result.meta["steps"] == 41  # the step after the last validation finds that all have stopped


@pytest.mark.parametrize("exhibit_id", ["dni/rnn-control", "dni/table1"])
def test_the_exhibits_arms_are_trained_by_what_reads_all_their_settings(exhibit_id, places):
    exhibit = get(exhibit_id)
    made = runs(exhibit, exhibit.profile("smoke"), (0,), small(exhibit))
    kinds = {}
    for run in made:
        kinds.setdefault(tuple(run.setting.get(k) for k in exhibit.group_by), run)
    for run in kinds.values():
        result = import_module(f"{exhibit.package}.work").work(Given([run]), Context(download=False))
        assert {m for _, m, *_ in result.rows} <= {m.name for m in exhibit.metrics}


def _steps(made, captured):
    """Weights after some steps whose device part is run, or captured once and replayed."""
    made.step(0)
    graph = torch.cuda.CUDAGraph()
    for t in range(1, 6):
        made.host(t)
        if captured and t == 1:
            with torch.cuda.graph(graph):
                made.device()
        if captured:
            graph.replay()
        else:
            made.device()
    return torch.cat([p.flat.reshape(-1) for p in made.params()]).cpu()


@pytest.mark.skipif(torch.cuda.is_available(), reason="a real device is there")
@pytest.mark.parametrize("text", [False, True], ids=["episodes", "text"])
def test_a_replayed_device_part_is_the_eager_one_bitwise(text, places):
    import pretend

    kinds = KINDS[:3] if text else KINDS
    with pretend.device(), torch.no_grad():
        family = TextLearner if text else EpisodeLearner
        eager, replayed = (
            _steps(family(given_of(kinds, text=text), Context("cuda", download=False)), c)
            for c in (False, True)
        )
    assert torch.equal(eager, replayed)
