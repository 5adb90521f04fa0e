"""Numbered jobs on many processes: results come in order, and a process that dies fails only its own job."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any, TypeVar

T = TypeVar("T")
# Of the allocator of Linux: large arrays go back to the system as they are freed. Its own threshold grows with what is
# allocated, and a process that makes and frees many arrays keeps gaps between them for good.
_FREES_LARGE_ARRAYS = {"MALLOC_MMAP_THRESHOLD_": "1000000", "MALLOC_TRIM_THRESHOLD_": "8000000"}
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def cores() -> int:
    """Return the number of cores that this process may use."""
    allowed = getattr(os, "sched_getaffinity", None)  # not on every system
    return max(1, len(allowed(0)) if allowed is not None else os.cpu_count() or 1)


def in_order(
    work: Callable[[int], T],
    broken: Callable[[int], T],
    prepare: Callable[..., None],
    arguments: tuple[Any, ...],
    numbers: Iterator[int],
    processes: int,
) -> Generator[T, None, None]:
    """Yield ``work(number)`` for every number in order, computed on ``processes`` processes.

    Each process calls ``prepare(*arguments)`` once before its first job. When a process dies, the first unfinished job
    is repeated alone and yields ``broken(number)`` if its process dies again; the other unfinished jobs are started
    anew. Processes are spawned, so all functions must be importable (module level).
    """
    waiting: deque[tuple[int, Future[T]]] = deque()
    pool = _pool(processes, prepare, arguments)
    try:
        while True:
            while len(waiting) < 2 * processes and (number := next(numbers, None)) is not None:
                waiting.append((number, pool.submit(work, number)))
            if not waiting:
                return
            number, future = waiting.popleft()
            try:
                result = future.result()
            except BrokenProcessPool:
                pool.shutdown(wait=True, cancel_futures=True)
                result = _alone(work, broken, prepare, arguments, number)
                pool = _pool(processes, prepare, arguments)
                waiting = deque((n, f if _succeeded(f) else pool.submit(work, n)) for n, f in waiting)
            yield result
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _pool(processes: int, prepare: Callable[..., None], arguments: tuple[Any, ...]) -> ProcessPoolExecutor:
    for name in _ONE_THREAD:  # read when a process starts; the processes fill all cores already
        os.environ[name] = "1"
    for name, value in _FREES_LARGE_ARRAYS.items():
        os.environ.setdefault(name, value)
    return ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=prepare, initargs=arguments)


def _alone(
    work: Callable[[int], T],
    broken: Callable[[int], T],
    prepare: Callable[..., None],
    arguments: tuple[Any, ...],
    number: int,
) -> T:
    with _pool(1, prepare, arguments) as pool:
        try:
            return pool.submit(work, number).result()
        except BrokenProcessPool:
            return broken(number)


def _succeeded(future: Future[T]) -> bool:
    return future.done() and not future.cancelled() and future.exception() is None
