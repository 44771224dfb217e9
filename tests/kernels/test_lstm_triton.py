"""The LSTM's kernels for a GPU under Triton's interpreter, in a process of its own, as those of `test_triton.py`."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import cells
import fused
import pytest
import torch
from cells import SIZES, Size
from interpreted import all_inside_pass, inside, outside
from sequences import learner_of
from torch import Tensor
from torch.utils._pytree import tree_leaves

from repro.kernels import lstm, lstm_triton, products

BOUND = {torch.float64: 1e-14, torch.float32: 2e-6}


@pytest.mark.slow
@outside
def test_all_the_others_under_the_interpreter() -> None:
    all_inside_pass(__file__)


@inside
@pytest.mark.parametrize("dtype", BOUND)
@pytest.mark.parametrize("peepholes", [False, True])
@pytest.mark.parametrize("size", SIZES)
def test_a_window_is_the_equations(size: Size, peepholes: bool, dtype: torch.dtype) -> None:
    found = cells.errors(size, peepholes, dtype, "cpu", kernel=True)
    assert max(found.values()) < BOUND[dtype], found


@inside
def test_blocks_of_four_numbers_a_thread_compute_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    at = cells.given(SIZES[2], True, torch.float32)
    small = cells.passes(at, kernel=True)
    before = lstm_triton.tile(9, 130)
    monkeypatch.setattr(lstm_triton, "BUSY", 1)
    assert lstm_triton.tile(9, 130) == (4, 128) != before == (1, 128)
    for name, value in cells.passes(at, kernel=True).items():
        assert torch.equal(value, small[name]), name


@inside
def test_gradients_are_finite_differences() -> None:
    """Of weights, peepholes and the state before, without the plain twin."""
    at = cells.given(Size(1, 3, 2, 2, 5), True, torch.float64)
    assert at.peep is not None
    found = cells.passes(at, kernel=True)

    def value() -> float:
        core = cells.begun(at, kernel=True)
        h, c = core.state(3)
        y = core.xh[:, 1:4, :, :5]
        return float((y * at.dy).sum() + (h * at.dh).sum() + (c * at.dc).sum())

    places: list[tuple[str, Tensor, tuple[int, ...]]]
    places = [("∂h", at.h, (0, 1, 3)), ("∂c", at.c, (0, 0, 2)), ("∂W", at.w, (0, 6, 15))]
    places += [("∂W", at.w, (0, gate, gate * 5 + 1)) for gate in range(4)]
    places += [("∂peepholes", at.peep, (0, k, 4)) for k in range(3)]
    for name, x, place in places:
        here, step = x[place].item(), 1e-6
        ends = []
        for moved in (here + step, here - step):
            x[place] = moved
            ends.append(value())
        x[place] = here
        scale = cells.SCALE if name in ("∂W", "∂peepholes") else 1.0
        assert abs(scale * (ends[0] - ends[1]) / (2 * step) - found[name][place].item()) < 1e-7, (name, place)


@inside
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # numpy's, of an e⁻ˣ that is infinite
@pytest.mark.parametrize("dtype", BOUND)
def test_saturated_gates_stay_finite(dtype: torch.dtype) -> None:
    at = cells.given(SIZES[0], True, dtype)
    at.w.mul_(1e4)
    for name, mine in cells.passes(at, kernel=True).items():
        assert mine.isfinite().all(), name
    assert fused.off(cells.passes(at, kernel=True)["y"], cells.exact(at)["y"]) < BOUND[dtype]


@inside
def test_tensors_that_lie_otherwise_are_refused() -> None:
    gates, (c, new, tanh, h) = torch.zeros(2, 3, 16), torch.zeros(4, 2, 3, 4)
    right = {"gates": gates, "c": c, "new": new, "tanh": tanh, "h": h}
    lstm_triton.forward(**right)
    across = torch.zeros(2, 4, 3).mT
    short, other = {"gates": gates[..., :12]}, {"tanh": tanh.double()}
    for bad in (short, other, {"new": across}, {"h": across}, {"c": c[:, :2]}):
        with pytest.raises(ValueError, match=r"expected|side by side"):
            lstm_triton.forward(**{**right, **bad})
    with pytest.raises(ValueError, match="peep"):
        lstm_triton.forward(**right, peep=torch.zeros(2, 2, 4))
    back = {"gates": gates, "c": c, "tanh": tanh, "dh": h, "dy": None, "dc": new, "dz": gates.clone()}
    lstm_triton.backward(**back)
    after, two = c.expand(2, 2, 3, 4).contiguous(), torch.zeros(2, 2, 4)
    for cells_, out in ((after[:1], torch.zeros(2, 3, 4)), (after, two)):  # no c' there; a peephole too few
        with pytest.raises(ValueError, match="contiguous"):
            lstm_triton.peephole_gradient(gates.unsqueeze(1), cells_, out, 1.0)
    for bad in ({"dh": across}, {"dy": across}, {"dc": across}, {"dz": torch.zeros(2, 16, 3).mT}):
        with pytest.raises(ValueError, match="side by side"):
            lstm_triton.backward(**{**back, **bad})


DEFECTS = (
    ("i, f, s = sigmoid(a_i), sigmoid(a_f)", "i, f, s = sigmoid(a_f), sigmoid(a_i)"),
    ("sigmoid(2.0 * a_g)", "sigmoid(a_g)"),
    ("2.0 * sigmoid(2.0 * after) - 1.0", "sigmoid(2.0 * after)"),
    ("a_o += after *", "a_o += before *"),
    ("a_f += before * tl.load(p + 2 * peep_row", "a_f += before * tl.load(p + peep_row"),
    ("tl.store(h + run * h_run", "tl.store(h + 0 * run"),
    ("d += tl.load(dy + run * dy_run", "d += tl.load(dy + run * 0"),
    ("d * of_after * (o - o * o)", "d * of_after * o"),
    ("d_c += d_o * tl.load(p, ok, 0.0)", "d_c += 0.0 * d_o"),
    ("d_c * (2.0 * s - 1.0)", "d_c * s"),
    ("d_c * i * 4.0 *", "d_c * i * 2.0 *"),
    (" + d_f * tl.load(p + 2 * peep_row, ok, 0.0)", ""),
    ("d_c *= f\n", "d_c *= i\n"),
    ("tl.store(to + hidden, d_i, ok)", "tl.store(to + hidden, d_f, ok)"),
    ("tl.load(at + slot * hidden, ok, 0.0)", "before"),
    ("+ run * batch + row - t * batch", "+ row - t * batch"),
    ("tl.sum(sum_f, 0) * SCALE", "tl.sum(sum_f, 0)"),
    ("row = n * ROWS", "row = 0 * n"),
)


def planted(folder: Path, old: str, new: str) -> ModuleType:
    """The kernels with one line changed."""
    source = Path(lstm_triton.__file__).read_text()
    assert source.count(old) == 1, old
    path = folder / "planted.py"
    path.write_text(source.replace(old, new))
    spec = importlib.util.spec_from_file_location("planted", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@inside
@pytest.mark.parametrize("number", range(len(DEFECTS)))
def test_a_planted_defect_is_found(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = planted(tmp_path, *DEFECTS[number])
    for name in ("forward_kernel", "backward_kernel", "peephole_kernel"):
        monkeypatch.setattr(lstm_triton, name, getattr(wrong, name))
    found = cells.errors(Size(2, 2, 65, 1, 3), True, torch.float64, "cpu", kernel=True)
    assert max(found.values()) > 1e-3, found


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """From here on windows are built for the kernels, or not; float32 products take theirs with them."""

    def door(open_: bool) -> None:
        monkeypatch.setattr(lstm, "triton", lambda a: open_)
        monkeypatch.setattr(products, "triton", lambda a: open_ and a.dtype == torch.float32)

    return door


@inside
@pytest.mark.parametrize("kinds", [("bptt",), ("nothing", "synthetic")])
@pytest.mark.parametrize("peepholes", [False, True])
def test_a_learner_in_float64_goes_the_same_way(
    kinds: tuple[str, ...], peepholes: bool, fast: Callable[[bool], None]
) -> None:
    more = {"dtype": torch.float64, "peepholes": peepholes, "aux": "bptt" not in kinds, "target_factor": 1.0}
    ends = []
    for kernel in (False, True):
        fast(kernel)
        learner = learner_of(kinds, (1, 2), **more)
        for t in range(20):
            learner.step(t)
        assert learner.net.core.fused is kernel
        ends.append([v for v in tree_leaves(learner.state()) if isinstance(v, Tensor)])
    for slow, mine in zip(*ends, strict=True):
        assert fused.off(mine, slow) < 1e-10


@inside
def test_a_learner_in_float32_sends_all_its_products_to_the_kernel(
    fast: Callable[[bool], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Heads and read-outs, too: `torch.bmm` is gone meanwhile."""
    kinds, more = ("nothing", "synthetic"), {"aux": True, "peepholes": True}
    fast(False)
    slow = learner_of(kinds, **more)
    slow.step(0)
    slow.step(1)
    fast(True)
    mine = learner_of(kinds, **more)
    with monkeypatch.context() as patch:
        for name in ("bmm", "baddbmm"):
            patch.setattr(torch, name, None)
        mine.step(0)
        mine.step(1)
    for p, q in zip(mine.params(), slow.params(), strict=True):
        assert fused.off(p.flat_grad, q.flat_grad) < 1e-4
