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


def test_the_classifier_reads_each_layer_by_itself():
    y = torch.arange(10).repeat(30)
    plain = torch.nn.functional.one_hot(y, 10).float() + 0.1 * drawn(300, 10)
    both = torch.stack([plain, drawn(300, 10, seed=1)])
    clear, noise = probes.classifier_accuracy(both, y, 300, 100).tolist()
    assert clear == 100 and noise < 40
