"""What a training step costs beside plain PyTorch in the same process, and what training runs together gains."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn

from repro import blas
from repro.bench.timing import Step, interleaved, ratio
from repro.decouple import decouple
from repro.nets.fcn import fcn, linear_net, mlp
from repro.nets.losses import mean_error, softmax_error
from repro.record.stats import median
from repro.rules.backward import Rule, backward, classify
from repro.rules.dni import DNI
from repro.rules.every_layer import EveryLayer, SyntheticGradients
from repro.rules.linear_sg import LinearSG
from repro.rules.meprop import TopK
from repro.train.artificial import draw
from repro.train.batches import stream
from repro.train.optim import Adam


def _batch(runs: int, device: str, size: int = 256) -> tuple[torch.Tensor, torch.Tensor]:
    rng = stream(0, "bench")
    x = torch.rand(runs, size, 784, generator=rng).to(device)
    return x, torch.randint(10, (runs, size), generator=rng).to(device)


def _blocks(device: str) -> list[nn.Module]:
    """784-256-256-256-10 of ordinary modules, layer by layer."""
    sizes = ((784, 256), (256, 256), (256, 256))
    blocks = [nn.Sequential(nn.Linear(i, o), nn.BatchNorm1d(o), nn.ReLU()) for i, o in sizes]
    return [block.to(device) for block in (*blocks, nn.Linear(256, 10))]


def plain_backprop(device: str) -> Step:
    """The yard-stick: ordinary nn modules, cross_entropy, torch.optim.Adam at its defaults."""
    net = nn.Sequential(*_blocks(device))
    optimizer = torch.optim.Adam(net.parameters(), lr=3e-5)
    x, y = _batch(1, device)

    def step() -> None:
        with torch.enable_grad():
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(x[0]), y[0]).backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    return step


def own_step(device: str, rule: str, k: int = 0) -> Step:
    """The same modules under `decouple`, as an engineer's own."""
    x, y = _batch(1, device)
    net = decouple(_blocks(device), x[0], rule, rate=3e-5, k=k)
    return lambda: net.step(x[0], y[0])


def fcn_step(
    device: str,
    runs: int,
    hidden: Sequence[int] | None = None,
    labels: int = 0,
    precision: torch.dtype | None = None,
) -> Step:
    """Ours: 784-256-256-256-10 with batch norm; backprop if `hidden` is None, else DNI with such SG models."""
    net = fcn((784, 256, 256, 256, 10), runs, device)
    net.init([stream(s, "init") for s in range(runs)])
    x, y = _batch(runs, device)
    rule, trained = Rule(), [net.params]
    if hidden is not None:
        sg = SyntheticGradients(256, 3, runs, hidden, labels, precision, device)
        sg.init([stream(s, "init-sg") for s in range(runs)])
        rule, trained = EveryLayer(sg, 10), [net.params, sg.params]
    optimizer = Adam(trained, [3e-5] * runs)

    def step() -> None:
        classify(net, rule, x, y)
        optimizer.step()

    return step


def meprop_step(device: str, runs: int, h: int, k: int) -> Step:
    """784-h-h-10 at batch 10 with per-example top-k (k = 0: dense)."""
    net = mlp((784, h, h, 10), runs, device, keep=[TopK(k) if k else None] * 3)
    net.init([stream(s, "init") for s in range(runs)])
    x, y = _batch(runs, device, 10)
    rule, optimizer = Rule(), Adam([net.params], [1e-3] * runs)

    def step() -> None:
        tape = net.forward(x)
        _, delta = softmax_error(tape[-1], y)
        backward(net.segments, tape, y, delta.div_(10), rule)
        optimizer.step()

    return step


def table2_step(device: str, runs: int) -> Step:
    """`runs` data sets of sg/table2's linear2, log loss: both nets and the SG, one full-batch step."""
    drawn = [draw("linear", 2, 100, s) for s in range(runs)]
    x, y = (torch.stack([d[i].T for d in drawn]).to(device) for i in (0, 1))
    bp, net, sg = (
        linear_net((2, 2), runs, device),
        linear_net((2, 2), runs, device),
        LinearSG(2, 2, runs, device),
    )
    optimizer = Adam([bp.params, net.params, sg.params], [1e-2] * runs)
    pairs = ((bp, Rule()), (net, DNI({1: sg})))

    def step() -> None:
        for each, rule in pairs:
            tape = each.forward(x)
            backward(each.segments, tape, y, mean_error("log", tape[-1], y), rule)
        optimizer.step()

    return step


def dni_rows(device: str) -> list[dict[str, Any]]:
    """A step with DNI after every hidden layer against the plain backprop step of the same net."""
    steps = {
        "plain backprop (nn modules, Adam)": plain_backprop(device),
        "ours, backprop": fcn_step(device, 1),
        "ours, linear SG (DNI)": fcn_step(device, 1, ()),
        "ours, linear SG with labels (cDNI)": fcn_step(device, 1, (), 10),
        "ours, SG 2x1024 + BN, fp32": fcn_step(device, 1, (1024, 1024)),
    }
    if device == "cuda" or blas.bfloat16():
        steps["ours, SG 2x1024 + BN, bf16"] = fcn_step(device, 1, (1024, 1024), 0, torch.bfloat16)
    steps |= {
        "the modules decoupled, backprop": own_step(device, "backprop"),
        "the modules decoupled, linear SG (DNI)": own_step(device, "dni"),
        "the modules decoupled, meProp, k = 16": own_step(device, "meprop", k=16),
    }
    ms = interleaved(steps, blocks=21, per_block=8, device=device)
    base = ms["plain backprop (nn modules, Adam)"]
    onednn = device == "cpu" and blas.name() == blas.ONEDNN  # its products take half the time, of ours alone
    wanted = (0.55, 0.75, 5.5, 4.0) if onednn else (0.9, 1.30, 12.8, 7.5)
    names = ("backprop", "linear SG (DNI)", "SG 2x1024 + BN, fp32", "SG 2x1024 + BN, bf16")
    bars: dict[str, float | None] = {f"ours, {name}": bar for name, bar in zip(names, wanted, strict=True)}
    bars |= (
        {f"the modules decoupled, {name}": 1.0 for name in ("backprop", "meProp, k = 16")} if onednn else {}
    )
    return [{"what": k, "ms": median(v), "ratio": ratio(v, base), "bar": bars.get(k)} for k, v in ms.items()]


def together_rows(device: str) -> list[dict[str, Any]]:
    """R runs in one step against R steps of one run: throughput gained."""
    cases: list[tuple[str, Callable[[int], Step], int, float | None]] = [
        ("sg/table2 linear2, 100 together", lambda r: table2_step(device, r), 100, 45.0),
        ("meProp 784-20-20-10 dense, 10 together", lambda r: meprop_step(device, r, 20, 0), 10, 1.0),
        # what a GPU is given; on a CPU the runner takes these one by one (`apart_on_cpu`), because of this figure
        ("meProp 784-500-500-10 k = 20, 3 together", lambda r: meprop_step(device, r, 500, 20), 3, None),
        ("FCN backprop, 3 together", lambda r: fcn_step(device, r), 3, 1.0),
    ]
    rows = []
    for name, make, runs, bar in cases:
        ms = interleaved({"one": make(1), "together": make(runs)}, 11, 20, device)
        gain = runs * ratio(ms["one"], ms["together"])
        rows.append({"what": name, "ms": median(ms["together"]), "ratio": gain, "bar": bar})
    return rows


def table(dni: list[dict[str, Any]], together: list[dict[str, Any]]) -> str:
    """The rows of both, in columns."""
    lines = [f"{'step of 784-256-256-256-10, batch 256':44} {'ms':>8} {'x plain':>8}  bar"]
    lines += [f"{r['what']:44} {r['ms']:8.2f} {r['ratio']:8.2f}  {_bar('<=', r['bar'])}" for r in dni]
    lines += ["", f"{'runs together':44} {'ms':>8} {'x faster':>8}  bar"]
    lines += [f"{r['what']:44} {r['ms']:8.2f} {r['ratio']:8.2f}  {_bar('>=', r['bar'])}" for r in together]
    return "\n".join(lines)


def _bar(sign: str, value: float | None) -> str:
    return "" if value is None else f"{sign} {value:g}"
