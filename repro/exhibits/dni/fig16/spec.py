"""DNI, Figure 16 (v1 Figure 14): Penn Treebank over data time, plain DNI too. The runs are those of Table 1.

Source: arXiv:1608.05343v2, supplement, Figure 16; not seen, described in section 3.1.
"""

from __future__ import annotations

from repro.exhibits.dni.table1.spec import shown_again
from repro.spec import Deviation

EXHIBIT = shown_again(
    id="dni/fig16",
    title="Bits per character over data time",
    place="Figure 16 (supplement)",
    read="off Figure 4, right (± 0.001 bits), and in the text; Figure 16 itself was not seen",
    shows=(
        "Bits per character on the validation text of Penn Treebank while BPTT, DNI and DNI with the auxiliary task "
        "train, over the characters that a lane has seen, for each window T."
    ),
    deviation=Deviation(
        2, "the picture", "in the supplement", "not seen", "only the text on it was at hand", "unknown"
    ),
    metrics=("bpc", "validation_bpc"),
    ends=("solved",),
    algorithms=(("bits per character of a text", "repro.train.text:bits_per_symbol"),),
)
