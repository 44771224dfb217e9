"""Rerun, check and cite figures and tables of three papers on synthetic gradients and meProp."""

__version__ = "0.1.0"


# nothing but definitions here: every run reaches this module, and its digest must not change
def load(exhibit: str, profile: str | None = None) -> "pandas.DataFrame":  # type: ignore[name-defined]  # noqa: F821
    """A committed record as a tidy pandas DataFrame: a row a value, units, provenance in its `attrs`.

    `repro.load("meprop/fig4")`; without `profile`, of the one on which most claims stand. `ReproError` says what is
    wrong.
    """
    from repro.notebook.show import open as opened

    return opened(exhibit, profile=profile).frame()
