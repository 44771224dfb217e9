"""DNI, Figure 4: progress on Repeat Copy and on Penn Treebank over data time. The runs are those of Table 1.

Source: arXiv:1608.05343v2, section 3.1, Figure 4.
"""

from __future__ import annotations

from repro.exhibits.dni.table1.spec import shown_again
from repro.spec import Deviation

EXHIBIT = shown_again(
    id="dni/fig4",
    title="Progress of recurrent nets over data time",
    place="Figure 4 (section 3.1)",
    read="in Table 1, where each curve ends",
    shows=(
        "The longest Repeat Copy task solved while BPTT and DNI with the auxiliary task train, over the steps of "
        "data seen (left in the paper), and bits per character on the validation text of Penn Treebank (right)."
    ),
    deviation=Deviation(
        2, "data time", "not defined", "windows times T: steps a lane", "fits the axes of Figure 4", "none"
    ),
    metrics=("solved", "levels", "bpc", "validation_bpc"),
    algorithms=(("h_T+1 of the extra core gives δ̂_T", "repro.rules.recurrent:Decoupled"),),
)
