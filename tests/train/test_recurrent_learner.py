"""What a learner of recurrent nets makes of its settings: draws of controls, factors, rates, which text is which."""

import pytest
import torch
from sequences import learner_of

from repro.data import load_text

D = torch.float64


def test_what_controls_draw_and_when():
    it, seen = learner_of(("fixed", "redrawn", "noise", "other_lane"), (1, 2), dtype=D), []
    for t in range(21):  # a new direction every 7
        it.host(t)
        seen.append({k: v.clone() for k, v in it.draws.items()})
    for name, r, times in (("direction", 0, 1), ("redrawn", 2, 3), ("noise", 4, 21)):
        drawn = [d[name][r : r + 2] for d in seen]
        assert len({tuple(v[0].flatten().tolist()) for v in drawn}) == times, name
        assert not torch.equal(drawn[0][0], drawn[0][1]), "another seed, another draw"
        assert name == "noise" or all(v.square().mean((1, 2)).allclose(torch.ones(2, dtype=D)) for v in drawn)
    assert all(torch.equal(seen[0]["redrawn"][2], seen[t]["redrawn"][2]) for t in range(7))
    assert not torch.equal(seen[0]["noise"][4, 0], seen[0]["noise"][4, 1]), "each lane its own"
    for_untrained = learner_of(("untrained",), dtype=D)
    assert for_untrained.draws["h"].data_ptr() == for_untrained.sg.x[:, 1].data_ptr(), "h_{T+1}, as M itself"
    lanes = torch.stack([d["lane"][6:, :, 0] for d in seen])
    assert (lanes != torch.arange(6)).all() and len(lanes[:, 0, 0].unique()) > 2


def test_settings_reach_what_learns():
    own = {"factor": 0.3, "target_factor": 0.7, "learning_rate": 0.02, "sg_rate": 3.0, "aux_weight": 0.5}
    own |= {"sg_hidden": False, "forget_bias": 5.0, "peepholes": True}
    it = learner_of(("synthetic",), dtype=D, aux=True, params=own)
    assert it.rule.factor.item() == pytest.approx(0.3) and it.rule.more.item() == pytest.approx(0.4)
    assert it.rule.aux_weight == 0.5 and it.sg.width == 0 and "peep" in it.net.p
    biases = it.net.p["W"][0, 8].unflatten(0, (4, 8)).mean(1)  # o, i, f, g
    assert [round(b / 5) for b in biases.tolist()] == [0, 0, 1, 0]
    for t in range(2):  # δ̂ starts at 0
        before = [p.flat.clone() for p in it.params()]
        it.step(t)
    moved = [(p.flat - b).abs().max().item() for p, b in zip(it.params(), before, strict=True)]
    assert moved[0] == pytest.approx(0.02, rel=0.5) and moved[3] == pytest.approx(0.06, rel=0.5)  # W, M of δ̂
    assert it.aux.p["M2"].any()
    assert learner_of(("nothing",), threshold=0.3).thresholds == [0.3], "an arm's own"


def test_quality_is_that_of_every_tenth_window_since_the_last_look():
    it = learner_of(("synthetic",), dtype=D)
    for look in (20, 40):
        sums = torch.zeros(4, dtype=D)
        for t in range(look - 20, look):
            it.step(t)
            if (t + 1) % 10 == 0:
                p, g = it.rule.predicted[0, 0], it.rule.target[0]
                sums += torch.stack(
                    [(p - g).square().sum(), g.square().sum(), p.square().sum(), (p * g).sum()]
                )
        error, target, own, both = sums.tolist()
        found = {k: v.item() for k, v in it.quality().items()}
        assert found["sg_r2"] == pytest.approx(1 - error / target, abs=1e-12)
        assert found["sg_cosine"] == pytest.approx(both / (target * own) ** 0.5, abs=1e-12)
        assert found["sg_target"] == pytest.approx((target / 6) ** 0.5, abs=1e-12), (
            "of six lanes, summed over looks"
        )


@pytest.mark.parametrize("t", [0, 9])  # in a chunk, and at its end
def test_an_oracle_sees_the_next_window(t):
    it, plain = (
        learner_of((kind,), dtype=D, params={"learning_rate": 0.0}, **more)
        for kind, more in (("oracle", {"ahead": 2}), ("nothing", {}))
    )
    for s in range(t + 2):
        plain.step(s)
    for s in range(t + 1):
        it.step(s)
    assert torch.allclose(it.draws["oracle"], plain.rule.target, rtol=0, atol=1e-12)


def test_which_text_is_which(places):
    it, text = (
        learner_of(("bptt",), text=True),
        load_text("ptb_char", stand_in="invented_text", download=False),
    )
    assert torch.equal(it.valid, text.valid[:400]) and torch.equal(it.test, text.test[:400])
    it.step(0)
    assert torch.equal(it.y[0].view(2, 6).T, it.windows.at(0)[0, :, 1:])
    asked = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "repro.train.text.bits_per_symbol", lambda net, tokens, eye: (asked.append(tokens), [2.0])[1]
        )
        it.evaluate(10)
    assert asked[0] is it.valid and asked[1] is it.test


def test_a_probe_looks_at_the_next_steps_from_the_state_there_is_and_keeps_the_first_half(monkeypatch):
    from repro.train import episodes

    it, seen = learner_of(("synthetic",), (1, 2), dtype=D), []
    assert not torch.equal(it.sg.p["M1"][0], it.sg.p["M1"][1]), "each seed's M its own"
    for t in range(10):
        it.step(t)
    future, r2, own = episodes.future, episodes.offline_r2, episodes.agreement
    monkeypatch.setattr(episodes, "future", lambda *a: (seen.append((a, future(*a))), seen[-1][1])[1])
    monkeypatch.setattr(episodes, "offline_r2", lambda *a: (seen.append(a), r2(*a))[1])
    monkeypatch.setattr(episodes, "agreement", lambda *a: (seen.append(a), own(*a))[1])
    it.evaluate(10)
    ((_, _, _, state, x, *_), there), (outputs, gradient), (predicted, true) = seen
    assert torch.equal(x, it.episodes.at(1).x[:, :, :12].transpose(1, 2).to(D))
    assert all(torch.equal(a, b) and b.any() for a, b in zip(state, it.net.core.state(0), strict=True))
    assert torch.equal(outputs, there.outputs[:6]) and torch.equal(gradient, there.gradient[:6])
    assert torch.equal(predicted, it.sg.of(outputs.transpose(0, 1).flatten(1, 2)))
    assert torch.equal(true, gradient.transpose(0, 1).flatten(1, 2))
