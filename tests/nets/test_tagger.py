"""The tagger's net beside PyTorch's own LSTM on packed sentences, and beside one sentence at a time with hooks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.utils.rnn import pack_sequence, pad_packed_sequence

from repro.kernels import lstm_kept
from repro.nets.losses import softmax_error
from repro.nets.tagger import Tagger, turned

R, L, B, H, TAGS, FEATURES = 2, 5, 3, 12, 4, 2
WORDS, SPELT, SIZES = 9, 11, (4, 3)
INPUTS = SIZES[0] + FEATURES * SIZES[1]
D = torch.float64
LENGTHS = torch.tensor([[5, 2, 4], [1, 5, 3]])
THERE = torch.arange(L).view(1, L, 1) < LENGTHS.unsqueeze(1)


@pytest.fixture(autouse=True)
def by_hand() -> Iterator[None]:
    with torch.no_grad():
        yield


def drawn(seed: int) -> tuple[Tensor, Tensor]:
    """Symbols [R, L, B, 3] and tags [R, L, B], also where there is no word."""
    g = torch.Generator().manual_seed(seed)
    words = torch.randint(WORDS, (R, L, B, 1), generator=g)
    spelt = torch.randint(SPELT, (R, L, B, FEATURES), generator=g)
    return torch.cat([words, spelt], -1), torch.randint(TAGS, (R, L, B), generator=g)


def tagger(k: int = 0, directions: int = 2, by_lot: bool = False) -> Tagger:
    shape = (WORDS, SPELT), SIZES, FEATURES, H, TAGS, R, B, L + 2
    made = Tagger(*shape, directions, k, std=1.0, by_lot=by_lot, dtype=D)
    made.init([torch.Generator().manual_seed(s) for s in (0, 1)])
    for name in ("b", "W"):  # biases too
        own = made.p[name] if name == "b" else made.p[name][..., H]
        own.copy_(torch.randn(own.shape, generator=torch.Generator().manual_seed(5), dtype=D))
    return made


def passed(net: Tagger, symbols: Tensor, tags: Tensor) -> dict[str, Tensor]:
    """All gradients of the sum over words."""
    logits = net.forward(symbols, LENGTHS)
    _, delta = softmax_error(logits, tags.flatten(1))
    net.pull(delta * THERE.flatten(1).unsqueeze(-1))
    return {k: v.clone() for k, v in net.g.items()} | {"logits": logits.clone()}


def leaves(net: Tagger, r: int) -> dict[str, Tensor]:
    """Run r's parameters, those of its directions side by side."""
    ways = net.directions
    own = {k: v[r * ways : (r + 1) * ways] if k in "WV" else v[r] for k, v in net.p.items()}
    return {k: v.clone().requires_grad_() for k, v in own.items()}


def vectors(p: dict[str, Tensor], ids: Tensor) -> Tensor:
    """[n, I] of symbols [n, 1 + features]."""
    return torch.cat([p["words"][ids[:, 0]], *(p["features"][ids[:, 1 + j]] for j in range(FEATURES))], 1)


def torchs(p: dict[str, Tensor], sentences: list[Tensor]) -> list[Tensor]:
    """Logits of each sentence by torch.nn.LSTM on packed sequences; its gates are i, f, g, o, ours o, i, f, g."""
    ways = len(p["W"])
    lstm = torch.nn.LSTM(INPUTS, H, bidirectional=ways == 2).double()
    given: dict[str, Tensor] = {}
    for w, end in zip(p["W"], ("", "_reverse")[:ways], strict=True):
        o, i, f, g = w.chunk(4)
        rows = torch.cat([i, f, g, o])
        given |= {f"weight_hh_l0{end}": rows[:, :H], f"weight_ih_l0{end}": rows[:, H + 1 :]}
        given |= {f"bias_hh_l0{end}": rows[:, H], f"bias_ih_l0{end}": torch.zeros(4 * H, dtype=D)}
    packed = pack_sequence(sentences, enforce_sorted=False)
    y, lengths = pad_packed_sequence(torch.func.functional_call(lstm, given, (packed,))[0])
    return [y[:n, b] @ p["V"].flatten(0, 1) + p["b"] for b, n in enumerate(lengths)]


@pytest.mark.parametrize("directions", [1, 2])
def test_with_all_entries_it_is_pytorchs_lstm(directions: int) -> None:
    net, (symbols, tags) = tagger(0, directions), drawn(1)
    mine = passed(net, symbols, tags)
    for r in range(R):
        with torch.enable_grad():
            p = leaves(net, r)
            made = torchs(p, [vectors(p, symbols[r, :n, b]) for b, n in enumerate(LENGTHS[r])])
            loss = sum(
                torch.nn.functional.cross_entropy(of, tags[r, : len(of), b], reduction="sum")
                for b, of in enumerate(made)
            )
            grads = dict(zip(p, torch.autograd.grad(loss, [*p.values()]), strict=True))  # type: ignore[arg-type]
        for b, of in enumerate(made):
            own = mine["logits"].view(R, L, B, TAGS)[r, : len(of), b]
            assert (own - of).abs().max() < 1e-10
        for name, auto in grads.items():
            mine_r = mine[name][r * directions : (r + 1) * directions] if name in "WV" else mine[name][r]
            assert (mine_r - auto).abs().max() < 1e-10, name


def hooked(
    p: dict[str, Tensor], ids: Tensor, k: int, lot: Tensor | None, mask: Tensor | None = None
) -> Tensor:
    """Logits [n, C] of one sentence alone; meProp is a hook at each gate's product, k entries by a list.

    `lot` [n, D, 4, k]: the entries of each core, direction and gate, where they are not the largest.
    `mask` [n, D, H]: what each core's output is multiplied by before it is read out.
    """

    def keeping(t: int, way: int, gate: int) -> Callable[[Tensor], Tensor]:
        def kept(g: Tensor) -> Tensor:
            largest = g.abs().argsort(descending=True)[:k] if lot is None else lot[t, way, gate]
            return torch.stack([v if n in largest.tolist() else torch.zeros_like(v) for n, v in enumerate(g)])

        return kept

    x, outputs = vectors(p, ids), list[Tensor]()
    for way, w in enumerate(p["W"]):
        h = c = torch.zeros(H, dtype=D)
        own = [torch.zeros(0)] * len(x)
        for core, t in enumerate(range(len(x)) if not way else reversed(range(len(x)))):
            sums = []
            for n, gate in enumerate(w.chunk(4)):
                a = gate[:, :H] @ h + gate[:, H + 1 :] @ x[t]
                a.register_hook(keeping(core, way, n))
                sums.append(a + gate[:, H])  # the bias is behind the hook
            o, i, f, g = sums
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
            own[t] = h if mask is None else h * mask[core, way]
        outputs.append(torch.stack(own))
    return torch.cat(outputs, 1) @ p["V"].flatten(0, 1) + p["b"]


@pytest.mark.parametrize(
    ("k", "few", "by_lot"), [(1, 1, False), (3, 1, False), (3, 99, False), (3, 1, True), (3, 99, True)]
)
def test_k_entries_are_those_of_one_sentence_at_a_time(
    k: int, few: int, by_lot: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lstm_kept, "FEW", few)
    net, (symbols, tags) = tagger(k, by_lot=by_lot), drawn(1)
    assert net.core.sparse == (few == 1)
    if by_lot:
        net.core.at.copy_(torch.rand(*net.core.at.shape[:-1], H).argsort(-1)[..., :k])
    at = net.core.at.clone()
    mine = passed(net, symbols, tags)
    for r in range(R):
        with torch.enable_grad():
            p = leaves(net, r)
            for b, n in enumerate(LENGTHS[r]):
                lot = at[:n, 2 * r : 2 * r + 2, b] if by_lot else None
                made = hooked(p, symbols[r, :n, b], k, lot)
                torch.nn.functional.cross_entropy(made, tags[r, :n, b], reduction="sum").backward()  # type: ignore[no-untyped-call]
        for name, of in p.items():
            mine_r = mine[name][r * 2 : r * 2 + 2] if name in "WV" else mine[name][r]
            assert of.grad is not None and (mine_r - of.grad).abs().max() < 1e-10, name
    dense = passed(tagger(), symbols, tags)
    assert (dense["W"] - mine["W"]).abs().max() > 0.01 and torch.equal(dense["logits"], mine["logits"])


@pytest.mark.parametrize(("k", "few"), [(H, 1), (3, 1), (3, 99)])
def test_dropout_is_of_what_is_read_out_and_never_of_what_the_next_core_reads(
    k: int, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lstm_kept, "FEW", few)
    net, (symbols, tags) = tagger(k), drawn(1)
    net.mask = (torch.rand(2 * R, L * B, H, generator=torch.Generator().manual_seed(3)) < 0.6).to(D) / 0.6
    mine = passed(net, symbols, tags)
    mask = net.mask.view(R, 2, L, B, H).transpose(1, 2)
    for r in range(R):
        with torch.enable_grad():
            p = leaves(net, r)
            for b, n in enumerate(LENGTHS[r]):
                made = hooked(p, symbols[r, :n, b], k, None, mask[r, :n, :, b])
                assert (mine["logits"].view(R, L, B, TAGS)[r, :n, b] - made).abs().max() < 1e-10
                torch.nn.functional.cross_entropy(made, tags[r, :n, b], reduction="sum").backward()  # type: ignore[no-untyped-call]
        for name, of in p.items():
            mine_r = mine[name][r * 2 : r * 2 + 2] if name in "WV" else mine[name][r]
            assert of.grad is not None and (mine_r - of.grad).abs().max() < 1e-10, name
    assert torch.equal(net.predict(symbols, LENGTHS), passed(tagger(k), symbols, tags)["logits"]), (
        "none in tests"
    )


@pytest.mark.parametrize("k", [0, 2])
def test_padding_never_changes_a_gradient(k: int) -> None:
    """Other symbols and tags where there is no word, and more places without one."""
    (symbols, tags), (other, wrong) = drawn(1), drawn(2)
    first = passed(tagger(k), symbols, tags)
    filled = torch.where(THERE.unsqueeze(-1), symbols, other), torch.where(THERE, tags, wrong)
    again = passed(tagger(k), *filled)
    assert not torch.equal(first.pop("logits"), again.pop("logits"))
    assert all(torch.equal(v, again[name]) for name, v in first.items())
    net = tagger(k)
    wide = torch.cat([symbols, other[:, :2]], 1)
    logits = net.forward(wide, LENGTHS)
    _, delta = softmax_error(logits, torch.cat([tags, wrong[:, :2]], 1).flatten(1))
    there = torch.arange(L + 2).view(1, -1, 1) < LENGTHS.unsqueeze(1)
    net.pull(delta * there.flatten(1).unsqueeze(-1))
    assert all((net.g[name] - v).abs().max() < 1e-12 for name, v in first.items())


def test_reading_is_forward_and_takes_its_room() -> None:
    net, (symbols, tags) = tagger(2), drawn(1)
    logits = net.forward(symbols, LENGTHS).clone()
    assert torch.equal(net.predict(symbols, LENGTHS), logits)
    with pytest.raises(RuntimeError, match="call forward again"):
        net.pull(torch.zeros_like(logits))
    passed(net, symbols, tags)
    with pytest.raises(RuntimeError, match="call forward again"):
        net.pull(torch.zeros_like(logits))


def test_a_sentence_is_turned_round_in_its_lane() -> None:
    at = turned(LENGTHS, L)
    rows = torch.arange(R * L * B).view(R, L * B)
    made = rows.gather(1, at).view(R, L, B)
    given = rows.view(R, L, B)
    for r, b in ((0, 0), (0, 1), (1, 0), (1, 2)):
        n = int(LENGTHS[r, b])
        assert made[r, :, b].tolist() == [*reversed(given[r, :n, b].tolist()), *given[r, n:, b].tolist()]
    assert torch.equal(at.gather(1, at), torch.arange(L * B).expand(R, -1))


def test_initial_weights_are_those_of_the_public_code_gate_by_gate() -> None:
    net: Any = Tagger((50, 60), (50, 20), 7, 200, 45, 1, 2, 3)
    net.init([torch.Generator().manual_seed(0)])
    w, v = net.p["W"], net.p["V"]
    assert not w[..., 200].any() and not net.p["b"].any() and w.shape == (2, 800, 391)
    assert abs(w.std() / (6 / (200 + 190 + 200)) ** 0.5 - 1) < 0.01
    assert abs(v.std() / (6 / (400 + 45)) ** 0.5 - 1) < 0.03
    assert not torch.equal(w[0], w[1]) and abs(net.p["words"].std() - 0.1) < 0.01
