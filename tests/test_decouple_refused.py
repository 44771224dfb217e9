"""What `decouple` refuses: values, and blocks that would not be trained as they look."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from repro.decouple import decouple
from repro.errors import BadValueError, UnknownNameError
from repro.nets.dense import Dense
from repro.nets.net import Net
from repro.rules.backward import Rule
from repro.rules.dni import DNI, NetModel
from repro.rules.every_layer import EveryLayer, SyntheticGradients


def blocks() -> list[nn.Module]:
    return [nn.Sequential(nn.Linear(4, 4), nn.Tanh()), nn.Linear(4, 3)]


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'meprop'"):
        decouple(blocks(), torch.randn(2, 4), "mepropp")


@pytest.mark.parametrize(
    ("rule", "more", "words"),
    [
        ("meprop", {}, r"k is 0; meprop needs .* whole number from 1 up"),
        ("meprop", {"k": 2.5}, r"k is 2\.5; meprop needs"),
        ("dni", {"k": 3}, r'k is 3, which "dni" does not read; only "meprop" does: leave it out'),
        ("backprop", {"labels": 10}, r'labels is 10, which "backprop" does not .* only "dni"'),
        (Rule(), {"labels": 10}, r'labels is 10, which "Rule" does not'),
        ("dfa", {"sg_hidden": (8,)}, r'sg_hidden is \(8,\), which "dfa" does not .* only "dni"'),
        ("dni", {"labels": -1}, r"labels is -1; expected the number of classes"),
        ("dni", {"labels": 2.0}, r"labels is 2\.0; expected"),
        ("dni", {"sg_hidden": (8, 0)}, r"sg_hidden is \(8, 0\); expected widths"),
        ("dni", {"sg_hidden": 8}, r"sg_hidden is 8; expected widths"),
        ("backprop", {"rate": -1}, r"rate is -1; expected a finite number above 0"),
        ("dni", {"rate": 0.0}, r"rate is 0\.0; expected"),
        ("dfa", {"rate": float("nan")}, r"rate is nan; expected"),
        ("dfa", {"rate": float("inf")}, r"rate is inf; expected"),
        ("dfa", {"rate": "1e-3"}, r"rate is '1e-3'; expected"),
    ],
)
def test_a_value_that_a_rule_cannot_use_or_does_not_read(rule: Any, more: dict[str, Any], words: str) -> None:
    mine = nn.ModuleList(blocks())
    homes = [p.data_ptr() for p in mine.parameters()]
    with pytest.raises(BadValueError, match=words):
        decouple(list(mine), torch.randn(2, 4), rule, **more)
    assert homes == [p.data_ptr() for p in mine.parameters()], "nothing has been touched"


class Attends(nn.Module):
    """Whose one linear map is multiplied by, not called."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.attention(x, x, x)[0]  # type: ignore[no-any-return]


def test_attention_is_not_made_sparse_and_alone_refused() -> None:
    with pytest.raises(BadValueError, match=r'no block has an nn\.Linear, all that "meprop" makes sparse'):
        decouple([Attends()], torch.randn(2, 3, 4), "meprop", k=1)


TIED = nn.Linear(4, 4)


@pytest.mark.parametrize(
    ("given", "rule", "words"),
    [
        ([], "backprop", "blocks is empty; expected one module or more"),
        ([nn.Tanh(), nn.Flatten()], "dfa", "no parameter of the 2 blocks is trained; expected one or more"),
        (
            [nn.Linear(4, 4).requires_grad_(False)],
            "dni",
            "no parameter of the 1 blocks is trained.*requires_grad=True",
        ),
        ([nn.Linear(4, 4), torch.tanh], "backprop", "block 2 is .*tanh.*; expected an nn.Module"),
        ([TIED, nn.Tanh(), TIED], "backprop", "blocks 1 and 3 share a parameter.*join these blocks"),
        (
            [nn.Linear(4, 4), nn.Linear(4, 4).double()],
            "dni",
            r"float32 and torch\.float64; expected one type",
        ),
        ([nn.Conv1d(4, 4, 1)], "meprop", 'no block has an nn.Linear.*or take "backprop"'),
    ],
)
def test_blocks_that_cannot_be_trained(given: list[nn.Module], rule: str, words: str) -> None:
    with pytest.raises(BadValueError, match=words):
        decouple(given, torch.randn(1, 4), rule, k=3 if rule == "meprop" else 0)


def test_a_parameter_may_be_used_twice_in_a_block() -> None:
    x, y = torch.randn(6, 4), torch.arange(6) % 4
    block = nn.Sequential(TIED, nn.Tanh(), TIED)
    plain = copy.deepcopy(block)
    F.cross_entropy(plain(x), y).backward()
    decouple([block], x, "backprop").step(x, y)
    assert torch.allclose(TIED.weight.grad, plain[0].weight.grad, atol=1e-7)


def test_a_rule_with_models_of_its_own_is_refused_before_anything_is_touched() -> None:
    """They would be used and never trained."""
    mine = nn.ModuleList(blocks())
    homes = [p.data_ptr() for p in mine.parameters()]
    with pytest.raises(BadValueError, match="DNI has models, which nothing would train here"):
        decouple(list(mine), torch.randn(2, 4), DNI({1: NetModel(Net([Dense(4, 4, "none")], 1))}))
    assert homes == [p.data_ptr() for p in mine.parameters()]


@pytest.mark.parametrize("rule", ["backprop", Rule()])
@pytest.mark.parametrize(
    ("block", "words"),
    [
        (nn.GRU(4, 4, batch_first=True), "block 2 returns several tensors; expected one"),
        (
            nn.LSTM(4, 4, batch_first=True),
            "LSTM returns tuple of more than tensors; expected a tensor: wrap it",
        ),
    ],
)
def test_a_block_that_returns_more_than_a_tensor_is_refused(rule: Any, block: nn.Module, words: str) -> None:
    with pytest.raises(BadValueError, match=words):
        decouple([nn.Linear(4, 4), copy.deepcopy(block), nn.Linear(4, 3)], torch.randn(2, 5, 4), rule)


def test_labels_that_a_model_cannot_see_are_refused() -> None:
    per_token = decouple(blocks(), torch.randn(2, 5, 4), labels=3, loss=lambda p, y: p.square().mean())
    with pytest.raises(
        BadValueError, match=r"targets are int64 of shape \[2, 5\]; expected one whole number"
    ):
        per_token.step(torch.randn(2, 5, 4), torch.zeros(2, 5, dtype=torch.int64))
    real = decouple(blocks(), torch.randn(2, 4), labels=3, loss=lambda p, y: p.square().mean())
    with pytest.raises(BadValueError, match=r"targets are float32 of shape \[2\]"):
        real.step(torch.randn(2, 4), torch.zeros(2))


def test_examples_of_another_shape_are_refused_where_a_model_needs_one() -> None:
    net = decouple(blocks(), torch.randn(2, 5, 4), loss=lambda p, y: p.square().mean())
    with pytest.raises(BadValueError, match=r"an example has 24 numbers .* had 20"):
        net.step(torch.randn(2, 6, 4), torch.zeros(2))


@pytest.mark.parametrize("rule", ["backprop", "dni", Rule()])
@pytest.mark.parametrize("n", [1, 2])
def test_a_block_that_begins_in_place_is_refused_by_number(rule: Any, n: int) -> None:
    """Nor is the example changed, which is the caller's."""
    begins = nn.Sequential(nn.ReLU(inplace=True), nn.Linear(4, 4))
    x = torch.randn(2, 4)
    before = x.clone()
    with pytest.raises(BadValueError, match=f"block {n} changes its input in place"):
        decouple([nn.Linear(4, 4)] * (n - 1) + [begins, nn.Linear(4, 3)], x, rule)
    assert torch.equal(x, before)


def test_models_that_lie_elsewhere_in_a_rule_are_refused_too() -> None:
    with pytest.raises(BadValueError, match="EveryLayer has models"):
        decouple(blocks(), torch.randn(2, 4), EveryLayer(SyntheticGradients(4, 1, 1), 3))


def test_a_lazy_block_is_refused_until_it_has_seen_an_input() -> None:
    lazy = nn.Sequential(nn.LazyLinear(4), nn.LazyBatchNorm1d(affine=False))
    with pytest.raises(BadValueError, match="block 1 has no shapes yet"):
        decouple([lazy, nn.Linear(4, 3)], torch.randn(2, 4), "backprop")
    lazy(torch.randn(5, 4))
    decouple([lazy, nn.Linear(4, 3)], torch.randn(2, 4), "backprop")
