"""Dissimilarity matrices, norms by layer: against numpy and by hand."""

import numpy as np
import pytest
import torch

from repro.analysis import norms
from repro.analysis.representations import block_distance, class_means, dissimilarity, first_of_each


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_dissimilarity_is_one_minus_numpys_correlation():
    h = drawn(2, 7, 5)
    made = dissimilarity(h)
    for r in range(2):
        assert np.allclose(made[r].numpy(), 1 - np.corrcoef(h[r].double().numpy()), atol=1e-12)
    assert torch.allclose(dissimilarity(3 * h + 2), made, atol=1e-5), "of scale and offset it knows nothing"


def test_a_silent_example_is_like_no_other():
    h = drawn(1, 3, 5)
    h[0, 1] = 2.0
    assert torch.allclose(dissimilarity(h)[0, 1], torch.ones(3, dtype=torch.float64))


def test_block_distance_sees_pairs_of_one_class_alone():
    y = torch.tensor([0, 0, 1, 1, 1])
    one, other = drawn(1, 5, 5).double(), drawn(1, 5, 5, seed=1).double()
    pairs = [(i, j) for i in range(5) for j in range(5) if y[i] == y[j]]
    by_hand = sum((one[0, i, j] - other[0, i, j]) ** 2 for i, j in pairs) / len(pairs)
    assert len(pairs) == 13 and torch.allclose(block_distance(one, other, y)[0], by_hand)
    other[0, 0, 3] += 5
    assert torch.allclose(block_distance(one, other, y)[0], by_hand), "another class"
    assert block_distance(one, one, y).item() == 0


def test_class_means_average_over_pairs():
    y, rdm = torch.tensor([1, 0, 1, 0, 1]), drawn(1, 5, 5).double()
    made = class_means(rdm, y, 2)[0]
    for a in range(2):
        for b in range(2):
            by_hand = rdm[0][y == a][:, y == b].mean()
            assert torch.allclose(made[a, b], by_hand)


def test_first_of_each_is_sorted_by_class():
    y = torch.tensor([2, 0, 1, 1, 0, 2, 1, 0])
    assert first_of_each(y, 2, 3).tolist() == [1, 4, 2, 3, 0, 5]


def test_shares_of_squared_norms_sum_to_one():
    weights = [drawn(2, 3, 4), drawn(2, 4, 4, seed=1), 2 * drawn(2, 4, 4, seed=1)]
    made = norms.squared_norms(weights)
    assert made[1, 0].item() == pytest.approx(np.linalg.norm(weights[0][1].numpy()) ** 2, rel=1e-6)
    share = norms.shares(made)
    assert torch.allclose(share.sum(1), torch.ones(2, dtype=torch.float64))
    assert torch.allclose(share[:, 2] / share[:, 1], torch.full((2,), 4.0, dtype=torch.float64))
