"""Somebody's own modules under each rule: the documented lines run, and each rule is what it is called."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F

import repro.decouple as door
from repro.decouple import decouple
from repro.rules.backward import Rule

README = Path(__file__).resolve().parents[1] / "README.md"


def test_the_readme_shows_the_documented_lines() -> None:
    shown = README.read_text(encoding="utf-8").split("<!-- decouple:begin -->")[1]
    assert shown.split("```python\n")[1].split("\n```")[0] == documented().strip()


def documented() -> str:
    text = (door.__doc__ or "").partition("\n\n")[2].partition("Each block")[0]
    return "\n".join(line[4:] for line in text.splitlines())


@pytest.mark.parametrize("rule", ['"dni", labels=10', '"dni"', '"dfa"', '"meprop", k=16', '"backprop"'])
def test_the_documented_lines_train(rule: str) -> None:
    code = documented()
    assert '"dni", labels=10' in code and len(code.strip().splitlines()) <= 16
    torch.manual_seed(0)
    names: dict[str, Any] = {}
    exec(code.replace('"dni", labels=10', rule), names)
    assert names["accuracy"] > 0.45, "chance is 10 %"
    assert names["loss"] < 1.6, "chance is 2.3"


def pictures() -> list[nn.Module]:
    """A convolutional block, a flat one, a classifier; 1 × 8 × 8 in."""
    torch.manual_seed(1)
    return [
        nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), nn.MaxPool2d(2)),
        nn.Sequential(nn.Flatten(), nn.Linear(27, 12), nn.Tanh()),
        nn.Linear(12, 4),
    ]


def data() -> tuple[torch.Tensor, torch.Tensor]:
    rng = torch.Generator().manual_seed(2)
    return torch.randn(20, 1, 8, 8, generator=rng), torch.randint(4, (20,), generator=rng)


def test_under_backprop_it_is_the_ordinary_training() -> None:
    (x, y), blocks = data(), pictures()
    plain = nn.Sequential(*copy.deepcopy(blocks))
    net, adam = decouple(blocks, x, "backprop", rate=1e-2), torch.optim.Adam(plain.parameters(), lr=1e-2)
    for _ in range(5):
        adam.zero_grad()
        expected = F.cross_entropy(plain(x), y)
        expected.backward()
        adam.step()
        assert net.step(x, y).item() == pytest.approx(expected.item(), rel=1e-4)
    for mine, theirs in zip(nn.Sequential(*blocks).parameters(), plain.parameters(), strict=True):
        assert torch.allclose(mine, theirs, atol=1e-4)
    assert torch.allclose(net.predict(x), plain(x), atol=1e-3)


@pytest.mark.parametrize(
    ("rule", "more"),
    [("dni", {"labels": 4}), ("dni", {"sg_hidden": (16,)}), ("dfa", {}), ("meprop", {"k": 2})],
)
def test_every_block_learns_whatever_its_shape(rule: str, more: dict[str, Any]) -> None:
    (x, y), blocks = data(), pictures()
    before = copy.deepcopy(blocks)
    net = decouple(blocks, x[:1], rule, **more)
    losses = [net.step(x, y) for _ in range(60)]
    assert losses[-1] < 0.9 * losses[0]
    for block, start in zip(blocks, before, strict=True):
        moved = [(a - b).abs().max() for a, b in zip(block.parameters(), start.parameters(), strict=True)]
        assert min(moved) > 1e-3


def test_synthetic_gradients_decouple_at_first_nothing_reaches_the_lower_blocks() -> None:
    (x, y), blocks = data(), pictures()
    before = copy.deepcopy(blocks[0])
    net, seen = decouple(blocks, x, "dni"), []
    net.step(x, y, lambda *event: seen.append(event))
    assert all(torch.equal(a, b) for a, b in zip(blocks[0].parameters(), before.parameters(), strict=True))
    assert ("update", 1, 2) in seen and not any(kind == "wait" for kind, _, _ in seen)


def test_another_loss() -> None:
    x, _ = data()
    net = decouple(pictures(), x, "backprop", loss=lambda p, y: (p.sum(1) - y).square().mean(), rate=1e-2)
    losses = [net.step(x, x.mean((1, 2, 3))) for _ in range(40)]
    assert losses[-1] < 0.5 * losses[0]


class Silent(Rule):
    """Nobody but the last block learns."""

    def consume(self, i: int, arriving: Any) -> Any:
        return arriving if i == 3 else None


def test_a_rule_of_ones_own() -> None:
    blocks = pictures()
    before = copy.deepcopy([dict(b.named_parameters()) for b in blocks])
    net = decouple(blocks, torch.randn(1, 1, 8, 8), rule=Silent())
    for _ in range(3):
        net.step(torch.randn(9, 1, 8, 8), torch.arange(9) % 4)
    same = [
        all(torch.equal(p, old[k]) for k, p in b.named_parameters())
        for b, old in zip(blocks, before, strict=True)
    ]
    assert same == [True, True, False]
