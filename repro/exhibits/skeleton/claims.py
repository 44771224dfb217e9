"""TODO: what the paper says, and what counts as reproducing it."""

from __future__ import annotations

from repro.claim import Claims, Outcome
from repro.record.stats import exceeds, mean
from repro.record.view import View

claims = Claims()


# A sentence of the paper in your words, its place, its numbers, and what the test accepts. The test reads a record's
# rows: find arms by setting. It must fail where there is nothing to see: one that rests on the order of steps or of
# indices rather than on arms names it (`null=("steps",)`). `profiles`: where it can be judged.
@claims(
    "S-1",
    "TODO: without gradients between layers the net is far worse",
    place="Figure 0",
    paper="9.3 against 2.0 %",
    tolerance="worse by > 1 point and 2 standard errors",
    profiles=("cpu", "paper"),
)
def _no_bprop_is_worse(view: View) -> Outcome:
    none, true = (view.final(view.arm(rule=rule), "test_error") for rule in ("no_bprop", "bprop"))
    return Outcome(exceeds(none, true, 1.0), f"{mean(none):.2f} against {mean(true):.2f} %")
