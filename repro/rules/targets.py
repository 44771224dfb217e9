"""In which unit a synthetic-gradient model learns: the gradient of an example's own loss, or of the batch's mean.

arXiv:1703.00522v1 does not say which. Net and rules here speak of an example's own loss (`repro.rules.backward`); the
two units differ by the batch size, which decides much under Adam, whose steps do not shrink with the target.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor


class OfMean:
    """Any model, learning ∂(mean loss)/∂h = δ/B: asked for δ̂ it multiplies by B, told an error it divides by B."""

    def __init__(self, model: Any, batch: int):
        self.model, self.batch = model, batch

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)

    def predict(self, *given: Any) -> Tensor:
        """B times what the model says."""
        made: Tensor = self.model.predict(*given)
        return made * self.batch

    def regress(self, error: Tensor) -> Tensor:
        """Gradients of L_SG in the model's own unit; returns it."""
        made: Tensor = self.model.regress(error / self.batch)
        return made
