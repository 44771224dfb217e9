"""Theorem 1's recursion: each step against the text's formulas in numpy, its end against least squares."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from repro.analysis.regression_sg import SHARE, Regression, problems
from repro.errors import UnknownNameError


@settings(deadline=None, max_examples=12)
@given(
    st.integers(0, 10**6), st.integers(1, 4), st.integers(8, 20), st.sampled_from(["printed", "corrected"])
)
def test_a_step_is_the_texts(seed: int, inputs: int, samples: int, bound: str) -> None:
    x, y = problems(2, seed, inputs, samples)
    it = Regression(x, y, bound)
    for _ in range(3):
        before_w, before_omega = it.w.clone(), it.omega.clone()
        it.step()
        for r in range(2):
            xr, yr, w = x[r].numpy(), y[r].numpy(), before_w[r].numpy()
            alpha, beta, gamma = before_omega[r].numpy()
            p = w @ xr
            surrogate = (alpha + 1) * p - (beta + 1) * yr + gamma
            a = np.stack([p, -yr, np.ones_like(p)], 1)
            xi = a @ before_omega[r].numpy()
            assert np.allclose(surrogate, p - yr + xi)
            pull = a.T @ xi
            nu = (pull @ pull) / ((a @ pull) @ (a @ pull))
            assert np.allclose(it.omega[r], before_omega[r].numpy() - nu * pull, atol=1e-12)
            b = np.linalg.eigvalsh(xr.T @ xr)
            ratio = (pull @ pull) ** 2 / (((a @ pull) @ (a @ pull)) * (xi @ xi))
            own = 1 - ratio / 2 if bound == "printed" else ratio / (2 * b[-1])
            mu = SHARE * min(b[-inputs - 1] / b[-1] ** 2, own)
            assert np.allclose(it.w[r], w - mu * surrogate @ xr.T, atol=1e-12)


@settings(deadline=None, max_examples=3)
@given(st.integers(0, 10**6))
def test_it_comes_to_least_squares(seed: int) -> None:
    """The printed rate is enough for the end; on the way it may rise, a halved one never."""
    x, y = problems(20, seed)
    for bound in ("printed", "halved"):
        it = Regression(x, y, bound)
        for _ in range(60_000):
            it.step()
            if bool((it.gap() < 1e-13).all()):
                break
        there = it.gap() <= 1e-10
        assert there.sum() >= 18 and (it.gap() < 1e-3).all(), "a problem in poor condition may need longer"
        for r in there.nonzero().flatten().tolist():
            best = np.linalg.lstsq(x[r].T.numpy(), y[r].numpy(), rcond=None)[0]
            assert np.allclose(it.w[r], best, atol=1e-4)
        assert bound == "printed" or not it.rises.any()


def test_the_printed_rate_lets_the_error_rise_and_the_corrected_does_not_as_the_proof_takes_it() -> None:
    found = {}
    for bound in ("printed", "corrected"):
        it = Regression(*problems(40, 3), bound)
        for _ in range(600):
            it.step()
        found[bound] = it
    assert (found["printed"].rises > 0).sum() > 10 and found["printed"].most.max() > 0.01
    assert not found["corrected"].rises_frozen.any()


def test_at_an_exact_sg_nothing_is_divided_by_nothing() -> None:
    it = Regression(*problems(3, 1), "corrected")
    it.omega.zero_()
    it.step()
    assert torch.isfinite(it.w).all() and not it.omega.any()
    with pytest.raises(UnknownNameError):
        Regression(*problems(1, 1), "doubled")
