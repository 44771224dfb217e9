"""What trains it: `repro.train.sequences`, which picks `episodes` (the copy tasks) or `text` (Penn Treebank).

Both are `repro.train.recurrent`: a window of `repro.nets.recurrent`, and what it learns from beyond its end by
`repro.rules.recurrent`.
"""

from repro.train.sequences import run as work

__all__ = ["work"]
