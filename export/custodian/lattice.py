"""The least costly node of a lattice that satisfies, found by asking about as few nodes as can be.

A node says for each key how coarsely it is told. Telling one more coarsely never puts more records at risk and never
costs less, so one answer settles many nodes: a node that fails takes all finer ones with it, a node that passes all
dearer ones (full-domain generalisation; Samarati 2001, El Emam et al. 2009). The next to be asked about is the one
whose answer, whichever it is, settles most.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence

Node = tuple[int, ...]


def least(costs: Sequence[Sequence[float]], satisfies: Callable[[Node], bool]) -> Node:
    """The cheapest node that satisfies; of equals the finest, then the first in order.

    Args:
        costs: for each key the cost of each level, finest first, never falling.
        satisfies: monotone: if true of a node, then of every coarser one. The coarsest is taken to satisfy.
    """
    nodes = sorted(
        itertools.product(*(range(len(levels)) for levels in costs)),
        key=lambda node: (sum(levels[step] for levels, step in zip(costs, node, strict=True)), sum(node), node),
    )
    finer = _finer(nodes)
    best = len(nodes) - 1
    unsettled = (1 << best) - 1
    while unsettled:
        asked = max(_places(unsettled), key=lambda place: _settled_at_worst(unsettled, place, finer[place]))
        if satisfies(nodes[asked]):
            best = asked
            unsettled &= (1 << asked) - 1
        else:
            unsettled &= ~finer[asked]
    return nodes[best]


def _finer(nodes: Sequence[Node]) -> list[int]:
    """For each node, as one bit a place, those that are nowhere coarser, itself included."""
    at_most: list[dict[int, int]] = []
    for key in range(len(nodes[0])):
        bits: dict[int, int] = {}
        for place, node in enumerate(nodes):
            bits[node[key]] = bits.get(node[key], 0) | 1 << place
        for step in sorted(bits)[1:]:
            bits[step] |= bits[step - 1]
        at_most.append(bits)
    everything = (1 << len(nodes)) - 1
    finer = []
    for node in nodes:
        both = everything
        for bits, step in zip(at_most, node, strict=True):
            both &= bits[step]
        finer.append(both)
    return finer


def _settled_at_worst(unsettled: int, place: int, finer: int) -> int:
    return min((unsettled >> place).bit_count(), (unsettled & finer).bit_count())


def _places(bits: int) -> Iterator[int]:
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest
