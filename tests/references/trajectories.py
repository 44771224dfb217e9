"""What is recorded of a family.

float64: 25 free steps. float32: the same 25 steps, each from the float64 trajectory's state, since what rounding
does to a free float32 trajectory is no property of the code: under DNI one ulp grows to 5e-3 in 20 steps (Adam's ε
is small beside the rounding of gradients that vanish).
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

import torch
from cases import CASES, ROUGH
from families import STEPS, Trained
from torch import Tensor

Series = dict[str, list[list[float]]]
"""quantity → [step][run]; or, in "final", name → [run][sum, norm, dot]."""
Recording = dict[str, Series]
"""{"float64": …, "final": …, "float32": …}"""


@lru_cache(maxsize=1024)
def probe(name: str, shape: tuple[int, ...]) -> Tensor:
    """A fixed vector of random numbers for a tensor of that name: its dot product notices what a norm does not."""
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:7], "big")
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def groups(tensors: dict[str, Tensor]) -> dict[str, dict[str, Tensor]]:
    """By part: "net/W1" → net."""
    made: dict[str, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        made.setdefault(name.partition("/")[0], {})[name] = value
    return made


def norm_and_dot(tensors: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Of all of them as one vector a run: its L2 norm and its product with the probes, [R] each."""
    wide = {k: v.double() for k, v in tensors.items()}
    square = sum(v.square().flatten(1).sum(1) for v in wide.values())
    dot = sum((v * probe(k, tuple(v.shape[1:]))).flatten(1).sum(1) for k, v in wide.items())
    return torch.as_tensor(square).sqrt(), torch.as_tensor(dot)


def _note(series: Series, name: str, values: Tensor, digits: int) -> None:
    # the digits that a float32 has; of a float64, more than any tolerance asks for
    series.setdefault(name, []).append([float(f"{v:.{digits}g}") for v in values.tolist()])


def _step(trained: Trained, t: int, series: Series, digits: int) -> None:
    """Carry out step t and note its losses and gradients."""
    made = trained.step(t)
    for part, grads in groups(made.pop("grads")).items():
        for name, value in zip(("norm", "dot"), norm_and_dot(grads), strict=True):
            _note(series, f"{part}.{name}", value, digits)
    for name, value in made.items():
        _note(series, name, value, digits)


def _forced_step(rough: Trained, exact: Trained, t: int, jitter: bool, series: Series) -> None:
    """One step of `rough` from the state of `exact`: losses, gradients, and how far the parameters went."""
    rough.take(exact)
    if jitter:
        nudge(rough)
    before = {k: v.clone() for k, v in rough.parameters().items()}
    _step(rough, t, series, 9)
    moved = {k: v - before[k] for k, v in rough.parameters().items()}
    for part, changes in groups(moved).items():
        _note(series, f"{part}.update", norm_and_dot(changes)[0], 9)


def nudge(trained: Trained) -> None:
    """Every parameter up or down by one unit in the last place, or not at all, as another summation might."""
    rng = torch.Generator().manual_seed(11)
    for p in trained.parameters().values():
        sign = torch.randint(-1, 2, p.shape, generator=rng)
        p.mul_(1 + sign.to(p.dtype) * torch.finfo(p.dtype).eps)


def final(trained: Trained) -> Series:
    """Of every named tensor, and of test-mode outputs: sum, L2 norm and product with the probe, run by run."""
    made: Series = {}
    with torch.no_grad():
        named = {**trained.parameters(), "outputs/test": trained.outputs()}
    for name, value in named.items():
        numbers = torch.stack([value.double().flatten(1).sum(1), *norm_and_dot({name: value})], 1)
        for row in numbers:
            _note(made, name, row, 15)
    return made


def trace(case: str, seeds: tuple[int, ...], shuffled: bool = False, jitter: bool = False) -> Recording:
    """The recording of a case, float32 alone where it is too rough to be followed; the rest varies its rounding."""
    more = {"shuffled": True} if shuffled else {}
    exact = CASES.get(case, CASES["dni"])(seeds, torch.float64, **more)
    rough = {**CASES, **ROUGH}[case](seeds, torch.float32, **more)
    if jitter:
        nudge(exact)
    free: Series = {}
    forced: Series = {}
    for t in range(STEPS):
        _forced_step(rough, exact, t, jitter, forced)
        _step(exact, t, free, 15)
    return (
        {"float32": forced} if case in ROUGH else {"float64": free, "final": final(exact), "float32": forced}
    )


def of_run(recorded: Recording, run: int) -> Recording:
    """The recording of one run of several."""
    made: Recording = {}
    for kind, series in recorded.items():
        cut = (lambda v: [v[run]]) if kind == "final" else (lambda v: [[row[run]] for row in v])
        made[kind] = {name: cut(values) for name, values in series.items()}
    return made
