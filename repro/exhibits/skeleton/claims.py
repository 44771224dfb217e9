"""TODO: what the paper says, and what counts as reproducing it."""

from __future__ import annotations

from repro.claim import Claims, Outcome
from repro.record.stats import paired
from repro.record.view import View

claims = Claims()


# A sentence of the paper in your words, its place, its numbers, and what the test accepts. The test reads a record's
# rows: find arms by setting. It must fail where there is nothing to see: one that rests on the order of steps or of
# indices rather than on arms names it (`null=("steps",)`). An interval decides, so that one seed decides nothing; a
# gate says when there is nothing to compare, and the tolerance says the gate. `profiles`: where it can be judged.
@claims(
    "S-1",
    "TODO: without gradients between layers the net is far worse",
    place="Figure 0",
    paper="9.3 against 2.0 %",
    tolerance="worse by > 1 point, 95 % interval of differences paired by seed; size: by 3.5 to 15 points; "
    "gate: backpropagation has at most 3 % wrong",
    profiles=("cpu", "paper"),
)
def _no_bprop_is_worse(view: View) -> Outcome:
    none, true = (view.arm(rule=rule) for rule in ("no_bprop", "bprop"))
    worse = paired(view.paired(none, true, "test_error"))
    learned = view.mean(true, "test_error") <= 3
    gate = "" if learned else "backpropagation itself has not learned"
    return Outcome(worse.above(1.0), f"{worse} points", 3.5 <= worse.mean <= 15, gate)
