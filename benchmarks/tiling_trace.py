"""How much memory an operation would take, traced on torch's meta device, which has none.

Every tensor that an operation makes counts from its making until the last reference to its storage is gone.
"""

# pyright: standard
# Torch code.
from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode


def peak(work: Callable[[], object]) -> int:
    """Returns the most bytes that tensors made by `work` have at once."""
    with _Trace() as trace:
        work()
    return trace.peak


class _Trace(TorchDispatchMode):
    """Counts the storages that live."""

    def __init__(self) -> None:
        super().__init__()
        self._living: dict[int, int] = {}
        self._now = self.peak = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        for tensor in made if isinstance(made, tuple | list) else (made,):
            if isinstance(tensor, torch.Tensor):
                self._count(tensor.untyped_storage())
        return made

    def _count(self, storage: torch.UntypedStorage) -> None:
        key = storage._cdata
        if key in self._living:
            return
        self._living[key] = storage.nbytes()
        self._now += storage.nbytes()
        self.peak = max(self.peak, self._now)
        weakref.finalize(storage, self._forget, key)

    def _forget(self, key: int) -> None:
        self._now -= self._living.pop(key, 0)


@contextmanager
def fused_attention() -> Iterator[None]:
    """Has attention make its result alone, as its fused kernels do; meta would take the plain formula."""
    plain = functional.scaled_dot_product_attention
    functional.scaled_dot_product_attention = lambda query, *_others, **_asked: torch.empty_like(query)
    try:
        yield
    finally:
        functional.scaled_dot_product_attention = plain
