"""Linear probes: against numpy's least squares, scikit-learn's logistic regression, and what cannot be read."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from repro.analysis import probes


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_the_regressor_is_least_squares(monkeypatch):
    monkeypatch.setattr(probes, "RIDGE", 1e-12)
    h, x = drawn(2, 50, 4), drawn(50, 6, seed=1)
    for r, error in enumerate(probes.regressor_error(h, x).tolist()):
        features = np.column_stack([h[r].double().numpy(), np.ones(50)])
        residual = np.linalg.lstsq(features, x.double().numpy(), rcond=None)[1]
        assert error == pytest.approx(residual.sum() / 50, rel=1e-6)


def test_the_regressor_finds_what_is_linear_and_its_mean_otherwise():
    h = drawn(1, 400, 5)
    assert probes.regressor_error(h, h[0] @ drawn(5, 7, seed=1) + 3).item() < 1e-2
    dead = torch.zeros(1, 400, 5)
    x = drawn(400, 7, seed=2)
    assert probes.regressor_error(dead, x).item() == pytest.approx(
        x.var(0, unbiased=False).sum().item(), rel=1e-2
    )


def test_the_classifier_is_logistic_regression():
    h, classes = drawn(1, 600, 6), 3
    y = (h[0] @ drawn(6, classes, seed=1) + 1.5 * drawn(600, classes, seed=2)).argmax(1)
    made = probes.classifier_accuracy(h, y, 600, 100, classes).item()
    theirs = LogisticRegression(C=1e6, max_iter=1000).fit(h[0], y).score(h[0], y) * 100
    assert 60 < theirs < 95 and made == pytest.approx(theirs, abs=1.5)


def by_adam(h, y, classes, rates, batch):
    """Percent right of each run's classifier, by autograd and torch's own Adam, a rate a step."""
    found = []
    for own in h:
        linear = torch.nn.Linear(own.shape[1], classes).to(h.dtype)
        for p in linear.parameters():
            torch.nn.init.zeros_(p)
        adam = torch.optim.Adam(linear.parameters())
        for t, rate in enumerate(rates):
            adam.param_groups[0]["lr"] = rate
            at = slice(t * batch % len(y), t * batch % len(y) + batch)
            adam.zero_grad()
            torch.nn.functional.cross_entropy(linear(own[at]), y[at]).backward()
            adam.step()
        found.append((linear(own).argmax(1) == y).double().mean().item() * 100)
    return found


@pytest.mark.parametrize("steps", [9, 10])  # 2/3 of it is a step, or lies between two
def test_the_classifiers_rate_is_a_tenth_in_the_last_third(steps):
    h, classes = drawn(4, 4000, 12).double(), 5
    y = (drawn(4000, 12, seed=3) @ drawn(12, classes, seed=1)).argmax(
        1
    )  # of no layer: hardly one example is clear
    made = probes.classifier_accuracy(h, y, steps, 1000, classes).tolist()
    drops = {at: [5e-3] * at + [5e-4] * (steps - at) for at in (steps, 5, 6, 7, 8)}
    theirs = {at: by_adam(h, y, classes, rates, 1000) for at, rates in drops.items()}
    right = 6 if steps == 9 else 7
    assert made == pytest.approx(theirs[right], abs=1e-9)
    assert all(theirs[at] != theirs[right] for at in theirs if at != right), "it tells them apart"


def test_the_classifier_reads_each_layer_by_itself():
    y = torch.arange(10).repeat(30)
    plain = torch.nn.functional.one_hot(y, 10).float() + 0.1 * drawn(300, 10)
    both = torch.stack([plain, drawn(300, 10, seed=1)])
    clear, noise = probes.classifier_accuracy(both, y, 300, 100).tolist()
    assert clear == 100 and noise < 40
