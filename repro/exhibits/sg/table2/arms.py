"""The arms of Understanding SG's Table 2: the paper's cells, and what varies them."""

from __future__ import annotations

from repro.spec import Arm

REPORTED = {  # (data, dim, deep): (MSE gap, log-loss gap)
    ("linear", 2, False): (0.00000, 0.03842),
    ("linear", 100, False): (0.00002, 0.08554),
    ("noisy", 2, False): (0.00000, 0.00036),
    ("noisy", 100, False): (0.00002, 0.00442),
    ("random", 2, False): (0.00000, 0.00000),
    ("random", 100, False): (0.00004, 0.00003),
    ("noisy", 2, True): (0.00000, 0.00000),
    ("noisy", 100, True): (0.00001, 0.00293),
    ("random", 2, True): (0.00000, 0.00000),
    ("random", 100, True): (0.00001, 0.00004),
}


def _arm(data: str, dim: int, deep: bool, loss: str, gap: float, **more: str) -> Arm:
    depth = "deep" if deep else "shallow"
    name = {"mse": "MSE", "log": "log loss"}[loss]
    setting = {"data": data, "dim": dim, "deep": deep, "loss": loss} | more
    end, said = ("".join(f"{mark}{v}" for v in more.values()) for mark in ("-", ", "))
    return Arm(f"{data}{dim}-{depth}-{loss}{end}", f"{data}{dim}, {depth}{said}", name, setting, {"gap": gap})


RATES = (1e-2, 1e-3, 1e-4, 3e-5)
TARGETS = {"batch": "target: mean loss", "sample": "each point's"}


def _varied(dim: int, rate: float, target: str, data: str = "linear") -> Arm:
    """Shallow, log loss, at a rate of its own and with a target of its own scale."""
    setting = {"data": data, "dim": dim, "deep": False, "loss": "log", "rate": rate, "target": target}
    gap = {"gap": REPORTED[data, dim, False][1]}
    label = f"{data}{dim}, rate {rate:g}, {TARGETS[target]}"
    return Arm(f"{data}{dim}-{rate:g}-{target}", label, "log loss", setting, gap)


def _shaped(data: str, dim: int, target: str = "batch") -> Arm:
    """Shallow, log loss, an SG shaped for it. The target is said, so that no claim on the paper's cells takes it."""
    cell = {"data": data, "dim": dim, "deep": False, "loss": "log", "target": target, "shape": "sigmoid"}
    end, said = ("", "") if target == "batch" else (f"-{target}", f", {TARGETS[target]}")
    return Arm(f"{data}{dim}-sigmoid{end}", f"{data}{dim}, d·σ(hA){said}", "log loss", cell)


CELLS = tuple(
    _arm(*cell, loss, REPORTED[cell][i]) for i, loss in enumerate(("mse", "log")) for cell in REPORTED
)
VARIED = (
    *(_varied(2, rate, target) for rate in RATES for target in TARGETS),
    *(_varied(100, rate, target) for rate in RATES[:2] for target in TARGETS),
    _varied(100, RATES[0], "sample", "noisy"),
)
SHAPED = tuple(_shaped(*cell) for cell in (("linear", 2), ("linear", 100), ("noisy", 100), ("random", 2)))
SAMPLED = tuple(_shaped(*cell, "sample") for cell in (("linear", 2), ("linear", 100), ("noisy", 100)))
EXACT = tuple(  # after millions of steps on separable data a step is smaller than what float32 resolves
    _arm("linear", n, False, "log", REPORTED["linear", n, False][1], precision="float64") for n in (2, 100)
)
PLAIN = (*CELLS, *SHAPED, *SAMPLED, *VARIED)
ARMS = (*PLAIN, *EXACT)
