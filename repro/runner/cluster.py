"""Groups on a Dask cluster: an address in, an executor out. SLURM, PBS and others come through dask-jobqueue."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from repro.errors import BadValueError

CONNECT_S = 10


@contextmanager
def connected(address: str | None) -> Iterator[Executor | None]:
    """The executor of the Dask scheduler at `address` while the context lasts; None for no address.

    The workers need this package and, for results to be kept and resumed, the same runs folder.
    """
    if address is None:
        yield None
        return
    try:
        from distributed import Client
    except ModuleNotFoundError:
        raise BadValueError("--scheduler needs Dask: pip install -e '.[cluster]'") from None
    try:
        client = Client(address, timeout=CONNECT_S)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as e:  # a TimeoutError is an OSError
        raise BadValueError(f"no Dask scheduler answers at {address!r}: {e}") from None
    with client:
        # pure: what is tried again would be what failed before
        yield client.get_executor(pure=False)  # type: ignore[no-untyped-call]
