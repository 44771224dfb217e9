"""What meprop/table2 times: steps whose gradients are autograd's in every way, and what their seconds stand for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch.nn import functional as F

from repro import blas
from repro.errors import UnknownNameError
from repro.exhibits import get
from repro.kernels.products import suits
from repro.kernels.rows import Rows
from repro.kernels.topk import top_k, unified_columns
from repro.train import step_time
from repro.train.given import Given
from repro.train.loop import Context
from repro.train.step_time import Step, run, way

MNIST: dict[str, Any] = {
    "hidden": 30, "hidden_layers": 2, "batch": 8, "outputs": 10, "activation": "relu", "examples": 80, "steps": 3,
    "inputs": 12, "embedding": None, "symbols": None,
}  # fmt: skip
PARSER = MNIST | {"outputs": 25, "activation": "tanh", "inputs": None, "embedding": 2, "symbols": 40}


@pytest.mark.parametrize("p", [MNIST, PARSER], ids=["mnist", "parsing"])
@pytest.mark.parametrize("by", [None, "rows", "mask", "unified"])
def test_a_steps_gradients_are_autograds(p: dict[str, Any], by: str | None) -> None:
    k = 12
    with torch.no_grad():
        it = Step(p, by, k)
        h, delta = it.forward()
        it.backward(h, torch.randn(delta.shape))  # whose rows must not be left in what is used again
        made, linear = it.backward(h, delta)
    leaves = [w.clone().requires_grad_() for w in it.weights]

    def kept(g: torch.Tensor) -> torch.Tensor:
        if by is None or k >= g.shape[1]:
            return g
        if by == "unified":
            return g * torch.zeros(g.shape[1]).index_fill_(0, unified_columns(g, k), 1)
        return top_k(g, k)

    x = it.x if it.ids is None else leaves[-1][it.ids].flatten(1)
    for i in range(3):
        a = x @ leaves[i].T
        a.register_hook(kept)
        a = a + leaves[3 + i]
        x = a if i == 2 else a.tanh() if it.tanh else a.relu()
    F.cross_entropy(x, it.y[0]).backward()
    assert len(made) == len(leaves) and linear > 0
    for mine, leaf in zip(made, leaves, strict=True):
        assert leaf.grad is not None and torch.allclose(mine, leaf.grad, rtol=1e-4, atol=1e-6)


def test_dense_products_go_through_the_fastest_routine(monkeypatch: pytest.MonkeyPatch) -> None:
    """And small ones straight to PyTorch."""
    seen = list[tuple[int, ...]]()

    def product(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        seen.append((*a.shape, b.shape[2]))
        return a @ b

    monkeypatch.setattr(step_time, "product", product)
    x, w, g = torch.rand(4, 3), torch.rand(5, 3), torch.rand(4, 5)
    for large, calls in ((False, []), (True, [(1, 5, 4, 3), (1, 4, 5, 3)])):
        monkeypatch.setattr(step_time, "suits", lambda a, b, large=large: large)
        g_w, g_x = step_time.dense(x, w, g, True)
        assert g_x is not None and torch.allclose(g_w, g.T @ x) and torch.allclose(g_x, g @ w)
        assert seen == calls
    assert step_time.dense(x, w, g, False)[1] is None and len(seen) == 3
    big = torch.empty(1, 500, 500)
    assert step_time.suits is not suits and suits(big, big) == (blas.name() == blas.ONEDNN)


@pytest.mark.parametrize("by", [None, "rows", "mask", "unified"])
def test_the_first_layers_input_gets_a_gradient_where_it_is_learned_alone(by: str | None) -> None:
    """Vectors of symbols are, images are not."""
    for p, wanted in ((MNIST, [True, True, False]), (PARSER, [True, True, True])):
        with torch.no_grad():
            it, asked, given = Step(p, by, 12), list[bool](), list[bool]()

            def noted(own: Any, asked: list[bool] = asked, given: list[bool] = given) -> Any:
                def back(x: torch.Tensor, w: torch.Tensor, g: torch.Tensor, need: bool) -> Any:
                    made = own(x, w, g, need)
                    asked.append(need)
                    given.append(made[1] is not None)
                    return made

                return back

            it.back = [noted(own) for own in it.back]
            it.backward(*it.forward())
        assert asked == given == wanted


def test_every_repetition_is_of_the_same_net() -> None:
    with torch.no_grad():
        it = Step(PARSER, "rows", 12)
        before = [w.clone() for w in it.weights]
        it()
        assert all(torch.equal(a, b) for a, b in zip(before, it.weights, strict=True))
        assert all(m.abs().max() > 0 for m in it.moments[0]), "its moments were updated"


def test_seconds_are_those_of_an_epoch_and_the_first_step_does_not_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    it, steps = Step(MNIST, None, 0), iter([9.0, 0.5, 0.1])
    monkeypatch.setattr(it, "step", lambda: {"forward_s": next(steps)})
    assert it() == {"forward_s": pytest.approx(0.3 * 80 / 8)}
    one = Step(MNIST | {"steps": 1}, None, 0)
    monkeypatch.setattr(one, "step", lambda: {"forward_s": 2.0})
    assert one() == {"forward_s": 20.0}


def test_the_parts_of_a_step_follow_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that counts its own readings: linear maps are a part of the backward pass, the update is not."""
    ticks = iter(range(100))
    monkeypatch.setattr(step_time.time, "perf_counter", lambda: float(next(ticks)))
    with torch.no_grad():
        parts = Step(MNIST, None, 0).step()
    assert parts == {"backward_s": 7.0, "forward_s": 1.0, "linear_s": 3.0, "update_s": 1.0}


def test_every_arm_of_the_profiles_is_timed_in_every_repetition(small: Callable[..., Given]) -> None:
    arms = tuple(a.id for a in get("meprop/table2").arms)
    rows = run(small("meprop/table2", arms, (0,), hidden=40, repetitions=2), Context()).rows
    assert Counter(r[0] for r in rows) == dict.fromkeys(range(len(arms)), 2 * 4)
    assert {r[1] for r in rows} == {m.name for m in get("meprop/table2").metrics}


def test_what_is_not_known_is_refused_by_name(small: Callable[..., Given]) -> None:
    given = small("meprop/table2", "pos-dense", (0,))
    with pytest.raises(UnknownNameError, match="task that is timed 'speech'"):
        run(Given([replace(r, setting=r.setting | {"task": "speech"}) for r in given.runs]), Context())
    with pytest.raises(UnknownNameError, match="way to multiply 'magic'"):
        way("magic", 2, torch.ones(5, 3), 1, 5)


@pytest.mark.parametrize(
    ("c", "own", "one"), [("in_c", "Rows", "UnifiedRows"), ("not_in_c", "RowLoops", "partial")]
)
def test_which_maps_go_through_loops(c: str, own: str, one: str, request: pytest.FixtureRequest) -> None:
    """A map that keeps all its entries is dense, but where all rows of all maps are asked for."""
    request.getfixturevalue(c)
    made = [Step(MNIST, "rows", k).back for k in (3, 12, 30)]
    assert [[type(b).__name__ for b in back] for back in made] == [
        [own] * 3,
        [own, own, "function"],
        [own] * 3,
    ]
    assert type(Step(MNIST, "unified", 3).back[0]).__name__ == one


def test_loops_through_more_rows_are_those_of_the_papers_k(in_c: None) -> None:
    """Or what is compared would be two kinds of loops, not two numbers of rows."""
    loops = [way("rows", k, torch.zeros(500, 30), 10, 500) for k in (5, 20, 500)]
    assert [loop.like for loop in loops if isinstance(loop, Rows)] == [20] * 3
