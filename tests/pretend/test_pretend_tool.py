"""The pretend device itself: computes, refuses what CUDA refuses, counts what costs, replays graphs as CUDA does."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pretend
import pytest
import torch
from pretend import Ledger, Refused
from torch import Tensor

pytestmark = pytest.mark.skipif(torch.cuda.is_available(), reason="a real device is there")


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with pretend.device() as made:
        yield made


def draw(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


def test_tensors_say_cuda_and_hold_the_cpus_values(ledger: Ledger) -> None:
    x = draw(3, 4).to("cuda")
    assert x.device == torch.device("cuda:0") and x.is_cuda and torch.cuda.is_available()
    assert torch.zeros(2, device=x.device).is_cuda and torch.zeros_like(x).is_cuda
    assert torch.equal((x @ x.T).relu().cpu(), (draw(3, 4) @ draw(3, 4).T).relu())
    assert torch.equal(x[:, 1:3].cpu(), draw(3, 4)[:, 1:3])
    assert not torch.zeros(2).is_cuda and not x.cpu().is_cuda


def test_in_place_and_out_write_to_the_tensor_that_is_there(ledger: Ledger) -> None:
    x, out = draw(3, 4).to("cuda"), torch.zeros(4, device="cuda")
    row = x[1]
    assert row.mul_(2) is row
    torch.sum(x, 0, out=out)
    expected = draw(3, 4)
    expected[1] *= 2
    assert torch.equal(x.cpu(), expected) and torch.equal(out.cpu(), expected.sum(0))
    x[0] = torch.ones(4, device="cuda")
    x[2, 1] = 5.0
    assert x[0].tolist() == [1] * 4 and x[2, 1].item() == 5


def test_autograd_works_as_on_the_cpu(ledger: Ledger) -> None:
    w = draw(4, 4).to("cuda").requires_grad_()
    h = (draw(3, 4).to("cuda") @ w).relu()
    (found,) = torch.autograd.grad(h, w, torch.ones_like(h))
    leaf = draw(4, 4).requires_grad_()
    (expected,) = torch.autograd.grad((draw(3, 4) @ leaf).relu().sum(), leaf)
    assert found.is_cuda and torch.equal(found.cpu(), expected)


MIXED: dict[str, Callable[[Tensor], object]] = {
    "index_select": lambda x: x.index_select(0, torch.tensor([1, 0])),
    "gather": lambda x: x.gather(1, torch.tensor([[0], [1], [2]])),
    "scatter_": lambda x: x.scatter_(1, torch.tensor([[0], [1], [2]]), 1.0),
    "sub": lambda x: x - draw(3, 4).mean(0),
    "lerp_": lambda x: draw(3, 4).lerp_(x, 0.1),
    "mul": lambda x: x * torch.full((3, 1), 0.1),
    "bmm": lambda x: x[None].bmm(draw(1, 4, 4)),
    "addcmul": lambda x: torch.addcmul(x, x, draw(3, 4)),
}


@pytest.mark.parametrize("operator", MIXED)
def test_operands_of_two_devices_are_refused_by_name_and_place(operator: str, ledger: Ledger) -> None:
    """An index, a mean, a rate that were left on the host, and whatever else."""
    with pytest.raises(Refused, match=rf"^{operator}: .*tests/pretend/test_pretend_tool\.py:\d+"):
        MIXED[operator](draw(3, 4).to("cuda"))
    MIXED[operator](draw(3, 4))  # on one device it is right


def test_random_numbers_of_the_hosts_generator_are_refused(ledger: Ledger) -> None:
    with pytest.raises(Refused, match="generator is the host's"):
        torch.rand(3, device="cuda", generator=torch.Generator())


COSTS: list[tuple[str, Callable[[Tensor], object]]] = [
    (pretend.TO_HOST, lambda x: x.cpu()),
    (pretend.TO_HOST, lambda x: x.to("cpu")),
    (pretend.TO_HOST, lambda x: x.tolist()),
    (pretend.TO_HOST, lambda x: torch.zeros(3, 4).copy_(x)),
    (pretend.ITEM, lambda x: x.sum().item()),
    (pretend.ITEM, lambda x: bool(x[0, 0] > 0)),
    (pretend.ITEM, lambda x: torch.equal(x, x)),
    (pretend.TO_DEVICE, lambda x: x.copy_(draw(3, 4))),
    (pretend.TO_DEVICE, lambda x: torch.tensor([1.0], device="cuda")),
    (pretend.TO_DEVICE, lambda x: x[torch.tensor([0, 1])]),
    (pretend.TO_DEVICE_ASYNC, lambda x: x.copy_(draw(3, 4), non_blocking=True)),
    (pretend.TO_DEVICE_ASYNC, lambda x: draw(3, 4).to("cuda", non_blocking=True)),
    (pretend.SIZE, lambda x: x[x > 0]),
    (pretend.SIZE, lambda x: x.nonzero()),
    (pretend.SCALAR, lambda x: x * torch.tensor(2.0)),
    (pretend.SYNCHRONIZE, lambda x: torch.cuda.synchronize()),
]


@pytest.mark.parametrize("number", range(len(COSTS)))
def test_copies_and_waits_are_counted_by_line(number: int, ledger: Ledger) -> None:
    kind, act = COSTS[number]
    x = draw(3, 4).to("cuda")
    ledger.counts.clear()
    act(x)
    ((found, place, _),) = ledger.counts
    assert found == kind and ledger.total(kind) == 1
    assert place == f"tests/pretend/test_pretend_tool.py:{act.__code__.co_firstlineno}"
    assert ledger.places(kind) == {place: 1}


@pytest.mark.parametrize(
    "act",
    [
        lambda x: x.relu().mul_(2) + 1,
        lambda x: x.to(torch.float64),
        lambda x: x[0, 1:],
        lambda x: torch.zeros(3, device="cuda"),
        lambda x: torch.nn.functional.one_hot(x.argmax(1), 4),
        lambda x: x.topk(2, -1),
    ],
)
def test_what_stays_on_the_device_costs_nothing(act: Callable[[Tensor], object], ledger: Ledger) -> None:
    x = draw(3, 4).to("cuda")
    ledger.counts.clear()
    act(x)
    assert not ledger.counts


def test_a_graph_carries_nothing_out_until_it_is_replayed(ledger: Ledger) -> None:
    x, count = draw(3, 4).to("cuda"), torch.zeros((), device="cuda")
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        count.add_(1)
        doubled = x * 2
        x.copy_(doubled + count)
    assert count.item() == 0 and torch.equal(x.cpu(), draw(3, 4))
    expected = draw(3, 4)
    for n in (1, 2, 3):
        graph.replay()
        expected = expected * 2 + n
    assert count.item() == 3 and torch.equal(x.cpu(), expected)


def test_a_graph_freezes_numbers_and_addresses(ledger: Ledger) -> None:
    """What Python decides is decided once, what is bound anew is not seen: two silent faults of captured steps."""
    x, rate = torch.zeros(2, device="cuda"), 1.0
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        x.add_(rate)
    rate, old, x = 10.0, x, torch.zeros(2, device="cuda")
    graph.replay()
    assert rate == 10 and old.tolist() == [1, 1] and x.tolist() == [0, 0]


@pytest.mark.parametrize("number", range(len(COSTS)))
def test_work_of_the_host_is_refused_in_a_graph(number: int, ledger: Ledger) -> None:
    x = draw(3, 4).to("cuda")
    with pytest.raises(Refused, match="while a graph is captured"), torch.cuda.graph(torch.cuda.CUDAGraph()):
        COSTS[number][1](x)
    assert torch.equal(x.cpu(), draw(3, 4)), "and the device is as it was, no graph left open"


def test_the_machine_is_as_before() -> None:
    before = torch.cuda.synchronize
    with pytest.raises(KeyError), pretend.device():
        raise KeyError
    assert torch.cuda.synchronize is before and not torch.cuda.is_available()
    assert not torch.zeros(1).is_cuda
