"""Feedback alignment, direct feedback alignment, Kickback: each in the limit in which it is backpropagation."""

from __future__ import annotations

import pytest
import torch
from oracles import CLASSES, HIDDEN, RUNS, batch, fcn, filled, generators, leaves
from torch import Tensor
from torch.nn import functional as F

from repro.nets.dense import Dense
from repro.nets.fcn import mlp
from repro.nets.net import Net
from repro.rules.backward import Rule, classify
from repro.rules.feedback import DFA, Kickback, random_feedback


def test_feedback_of_the_transposed_weights_is_backprop() -> None:
    net, other, (x, y) = fcn(), fcn(), batch()
    for i, segment in net.numbered():
        segment.feedback = net.params.p[f"W{i}"].mT  # type: ignore[attr-defined]
    classify(net, Rule(), x, y)
    classify(other, Rule(), x, y)
    assert torch.equal(net.params.flat_grad, other.params.flat_grad)


def test_other_feedback_changes_what_lies_below_it_alone() -> None:
    net, other, (x, y) = fcn(), fcn(), batch()
    back = torch.randn(RUNS, HIDDEN, HIDDEN, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    net.segments[2].feedback = back  # type: ignore[attr-defined]
    classify(net, Rule(), x, y)
    classify(other, Rule(), x, y)
    cut = net.params.blocks[2][0]
    assert torch.equal(net.params.flat_grad[:, cut:], other.params.flat_grad[:, cut:])
    assert all(not torch.allclose(net.params.g[f"W{i}"], other.params.g[f"W{i}"]) for i in (1, 2))


def shallow() -> Net:
    """One hidden layer: there, the output's error comes through one linear map."""
    return filled(Net([Dense(20, HIDDEN), Dense(HIDDEN, CLASSES, "none")], RUNS, dtype=torch.float64))


def test_direct_feedback_of_the_transposed_weights_is_backprop_with_one_hidden_layer() -> None:
    net, other, (x, y) = shallow(), shallow(), batch()
    classify(net, DFA({1: net.params.p["W2"].mT}), x, y)
    classify(other, Rule(), x, y)
    assert torch.allclose(net.params.flat_grad, other.params.flat_grad, rtol=1e-12, atol=1e-15)


def by_hand(net: Net, x: Tensor, y: Tensor, back: dict[int, Tensor]) -> dict[str, Tensor]:
    """δ_l = ((∂L/∂p) A_lᵀ) ⊙ φ'(a_l) at every hidden layer, ∂L/∂W_l = h_{l−1}ᵀ δ_l."""
    p, h, made, last = leaves(net.params.p), [x], {}, len(net.segments)
    for i in range(1, last):
        h.append(torch.relu(h[-1] @ p[f"W{i}"] + p[f"b{i}"].unsqueeze(1)))
    logits = h[-1] @ p[f"W{last}"] + p[f"b{last}"].unsqueeze(1)
    error = (torch.softmax(logits, -1) - F.one_hot(y, CLASSES)) / y.shape[1]
    for i in range(1, last + 1):
        delta = error if i == last else (error @ back[i]) * (h[i] > 0)
        made[f"W{i}"], made[f"b{i}"] = h[i - 1].mT @ delta, delta.sum(1)
    return made


def deep() -> Net:
    return filled(mlp((20, 9, 7, CLASSES), RUNS, dtype=torch.float64))


@pytest.mark.parametrize("rule", ["dfa", "kickback"])
def test_every_hidden_layer_gets_the_error_of_the_output(rule: str) -> None:
    net, (x, y) = deep(), batch()
    back = random_feedback((9, 7), CLASSES, 0.3, generators(RUNS, "feedback"), net.params.flat)
    if rule == "kickback":
        back = {i: torch.ones_like(b) for i, b in back.items()}
    made = DFA(back) if rule == "dfa" else Kickback((9, 7), CLASSES, RUNS, net.params.flat)
    classify(net, made, x, y)
    for name, g in by_hand(net, x, y, back).items():
        assert torch.allclose(net.params.g[name], g, rtol=1e-9, atol=1e-14), name


def test_the_errors_of_a_softmax_sum_to_zero_so_kickback_moves_no_hidden_layer() -> None:
    """Kickback is for one output or other losses: softmax(p) − y sums to 0 over the classes."""
    net, (x, y) = deep(), batch()
    classify(net, Kickback((9, 7), CLASSES, RUNS, net.params.flat), x, y)
    assert net.params.g["W1"].abs().max() < 1e-15 and net.params.g["W3"].abs().max() > 1e-3


def test_feedback_is_each_runs_own() -> None:
    like = torch.zeros((), dtype=torch.float64)
    both = random_feedback((9,), CLASSES, 0.5, generators(2, "feedback"), like)[1]
    alone = random_feedback((9,), CLASSES, 0.5, generators(2, "feedback")[1:], like)[1]
    assert torch.equal(both[1:], alone) and not torch.equal(both[0], both[1])


def test_random_matrices_have_the_standard_deviation_that_is_asked_for() -> None:
    back = random_feedback([4000, 7], 10, 0.25, generators(), torch.zeros(1))
    assert back[1].shape == (RUNS, 10, 4000) and back[2].shape == (RUNS, 10, 7)
    assert back[1].std().item() == pytest.approx(0.25, rel=0.02) and abs(back[1].mean().item()) < 0.01
    assert not torch.equal(*back[1][:2]), "each run has its own"
