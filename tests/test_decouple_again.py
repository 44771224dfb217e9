"""One net under several rules: modules are left as they were, frozen and empty ones too, and can be saved."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from repro.decouple import RULES, decouple
from repro.errors import BadValueError

OPTIONS: dict[str, dict[str, Any]] = {"dni": {"labels": 3}, "meprop": {"k": 1}}
X, Y = torch.randn(12, 5, generator=torch.Generator().manual_seed(3)), torch.arange(12) % 3


def stack() -> list[nn.Module]:
    torch.manual_seed(4)
    return [
        nn.Sequential(nn.Linear(5, 8), nn.Tanh()),
        nn.Sequential(nn.Linear(8, 8), nn.Tanh()),
        nn.Linear(8, 3),
    ]


def trained(blocks: list[nn.Module], rule: str, steps: int = 3) -> list[torch.Tensor]:
    """Losses and, behind them, all parameters."""
    net = decouple(blocks, X, rule, rate=1e-2, **OPTIONS.get(rule, {}))
    return [
        *(net.step(X, Y) for _ in range(steps)),
        *(p.detach().clone() for p in nn.ModuleList(blocks).parameters()),
    ]


def same(a: list[torch.Tensor], b: list[torch.Tensor]) -> bool:
    return all(torch.equal(u, v) for u, v in zip(a, b, strict=True))


def plain_gradients(blocks: list[nn.Module]) -> list[torch.Tensor]:
    net = nn.Sequential(*blocks)
    net.zero_grad()
    F.cross_entropy(net(X), Y).backward()
    return [p.grad.clone() for p in net.parameters() if p.grad is not None]


@pytest.mark.parametrize("first", RULES)
@pytest.mark.parametrize("second", RULES)
def test_what_a_rule_did_to_the_blocks_before_is_undone(first: str, second: str) -> None:
    used = stack()
    trained(used, first)
    fresh = copy.deepcopy(used)
    assert same(trained(used, second), trained(fresh, second))
    assert first == second or not same(trained(stack(), first), trained(stack(), second)), "rules differ"


def test_after_meprop_the_modules_train_as_ever_without_us() -> None:
    used = stack()
    trained(used, "meprop")
    expected = plain_gradients(copy.deepcopy(used))
    assert same(plain_gradients(used), expected) and len(expected) == 6
    assert not any("forward" in vars(m) for m in nn.Sequential(*used).modules())


def test_under_meprop_the_gradient_is_sparse_and_the_bias_whole() -> None:
    blocks = stack()
    net = decouple(blocks, X[:1], "meprop", k=1)
    net.step(X[:1], Y[:1])
    weight, bias = blocks[2].weight.grad, blocks[2].bias.grad
    assert (weight != 0).any(1).sum() == 1 and (bias != 0).all()


def test_a_failing_module_is_left_as_it_was() -> None:
    blocks = stack()
    net = decouple(blocks, X, "meprop", k=1)
    with pytest.raises(RuntimeError, match="shapes"):
        net.step(X[:, :4], Y)
    assert "forward" not in vars(blocks[0][0])


def test_a_block_that_is_computed_twice_is_sparse_both_times() -> None:
    class Twice(nn.Sequential):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return checkpoint(super().forward, x, use_reentrant=False)

    once = nn.Sequential(nn.Linear(5, 8, bias=False), nn.Tanh(), nn.Linear(8, 8))
    last = nn.Sequential(nn.Flatten(), nn.Linear(32, 3))
    of = [[once, last], [Twice(*copy.deepcopy(once)), copy.deepcopy(last)]]
    x = torch.randn(12, 4, 5)  # maps of sequences are other operators without us
    for blocks in of:
        net = decouple(blocks, x, "meprop", k=1)
        for _ in range(2):
            net.step(x, Y)
    assert same(*(list(nn.ModuleList(blocks).parameters()) for blocks in of))


def test_a_linear_map_with_a_forward_of_its_own_keeps_it() -> None:
    class Doubled(nn.Linear):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return 2 * super().forward(x)

    blocks = [Doubled(5, 8), *stack()[1:]]
    expected = F.cross_entropy(nn.Sequential(*blocks)(X), Y)
    assert decouple(blocks, X, "meprop", k=1).step(X, Y).item() == pytest.approx(expected.item(), rel=1e-5)


@pytest.mark.parametrize("rule", RULES)
def test_blocks_are_saved_whatever_their_rule(rule: str, tmp_path: Path) -> None:
    blocks = stack()
    net = decouple(blocks, X, rule, **OPTIONS.get(rule, {}))
    net.step(X, Y)
    torch.save(nn.ModuleList(blocks), tmp_path / "blocks.pt")
    loaded = torch.load(tmp_path / "blocks.pt", weights_only=False)
    assert same([net.predict(X)], [nn.Sequential(*loaded)(X)])
    assert same(trained(blocks, rule), trained(list(loaded), rule)), "and go on from there"


@pytest.mark.parametrize("rule", RULES)
def test_frozen_parameters_stay_and_the_others_learn(rule: str) -> None:
    blocks = stack()
    blocks[0][0].weight.requires_grad_(False)
    blocks[1].requires_grad_(False)
    frozen = [blocks[0][0].weight, *blocks[1].parameters()]
    before, moving = copy.deepcopy(frozen), copy.deepcopy([blocks[0][0].bias, *blocks[2].parameters()])
    net = decouple(blocks, X, rule, rate=1e-2, **OPTIONS.get(rule, {}))
    for _ in range(4):
        net.step(X, Y)
    assert same(frozen, before) and all(p.grad is None for p in frozen)
    assert not any(map(torch.equal, [blocks[0][0].bias, *blocks[2].parameters()], moving))
    assert same([net.net.kept()["0.weight1"]], before[:1]), "what the next step depends on"


def test_with_a_frozen_block_backprop_is_the_ordinary_training() -> None:
    blocks = stack()
    blocks[1].requires_grad_(False)
    plain = nn.Sequential(*copy.deepcopy(blocks))
    decouple(blocks, X, "backprop").step(X, Y)
    F.cross_entropy(plain(X), Y).backward()
    mine, theirs = (b[0][0].weight.grad for b in (blocks, plain))
    assert torch.allclose(mine, theirs, atol=1e-7) and theirs.abs().max() > 1e-3


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("at", [0, 1, 3])
def test_a_block_without_parameters(rule: str, at: int) -> None:
    blocks = stack()
    before = copy.deepcopy(nn.ModuleList(blocks))
    net = decouple([*blocks[:at], nn.Tanh(), *blocks[at:]], X, rule, rate=1e-2, **OPTIONS.get(rule, {}))
    for _ in range(4):
        net.step(X, Y)
    assert not any(map(torch.equal, nn.ModuleList(blocks).parameters(), before.parameters()))


def moved(blocks: list[nn.Module]) -> None:
    blocks[0].double()


def frozen(blocks: list[nn.Module]) -> None:
    blocks[1].requires_grad_(False)


def taken(blocks: list[nn.Module]) -> None:
    decouple(blocks, X, "backprop")


@pytest.mark.parametrize("change", [moved, frozen, taken])
def test_a_net_that_would_train_nothing_says_so(change: Any) -> None:
    blocks = stack()
    net = decouple(blocks, X, "backprop")
    net.step(X, Y)
    change(blocks)
    with pytest.raises(BadValueError, match=r"not this net's any more.*decouple the module"):
        net.step(X, Y)


@pytest.mark.parametrize("rule", RULES)
def test_a_part_in_its_evaluation_mode_stays_in_it(rule: str) -> None:
    """As of a net that is fine-tuned, whose batch norm is to keep its statistics."""
    norms = nn.BatchNorm1d(8), nn.BatchNorm1d(8)
    blocks = [nn.Sequential(nn.Linear(5, 8), norms[0], nn.ReLU(), nn.Linear(8, 8), norms[1]), nn.Linear(8, 3)]
    norms[0].eval()
    modes = [m.training for b in blocks for m in b.modules()]
    net = decouple(blocks, X, rule, **OPTIONS.get(rule, {}))
    net.predict(X)
    net.step(X, Y)
    assert modes == [m.training for b in blocks for m in b.modules()]
    assert norms[0].running_mean is not None and not norms[0].running_mean.any()
    assert norms[1].running_mean is not None and norms[1].running_mean.any()


class ByName(nn.Module):
    """Calls a linear map in two more ways that `nn.Linear` allows."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(5, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.stack([self.linear(input=row) for row in x])


def test_a_sparse_map_is_called_as_any_other() -> None:
    torch.manual_seed(0)
    block = ByName()
    other = copy.deepcopy(block.linear)
    losses = [decouple([b], X, "meprop", k=1).step(X, Y) for b in (block, other)]
    assert torch.allclose(*losses)
    assert torch.allclose(block.linear.weight, other.weight, atol=1e-6)


def test_dfas_matrices_shrink_with_the_number_of_outputs() -> None:
    """N(0, 1/C) for C outputs: what comes down is then as large as the error that was sent."""
    net = decouple([nn.Linear(4, 500), nn.Linear(500, 100)], torch.randn(2, 4), "dfa")
    back = net.rule.back  # type: ignore[attr-defined]
    assert back[1].shape == (1, 100, 500)
    assert back[1].std().item() == pytest.approx(0.1, rel=0.03)
