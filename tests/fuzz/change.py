"""How inputs are changed: libFuzzer's own ways, ours (lines, JSON as a tree), and both below base64 in JSON."""

from __future__ import annotations

import base64
import json
import random
from typing import TYPE_CHECKING, Any

from tests.properties.mutate import mutated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


class Changer:
    """Changes one input after the other; what libFuzzer calls a custom mutator.

    Args:
        seeds: inputs to take parts from.
        mutate: libFuzzer's own changes, `atheris.Mutate`.
    """

    def __init__(self, seeds: Sequence[bytes], mutate: Callable[[bytes, int], bytes]) -> None:
        self._seeds = seeds
        self._mutate = mutate

    def __call__(self, data: bytes, longest: int, seed: int) -> bytes:
        chance = random.Random(seed)  # noqa: S311  # tries inputs, keeps no secret
        match chance.randrange(5):
            case 0 | 1:
                changed = self._mutate(data, longest)
            case 2 | 3:
                changed = mutated(data, self._seeds, chance)
            case _:
                changed = self._below(data, chance)
        return changed[:longest]

    def _below(self, data: bytes, chance: random.Random) -> bytes:
        """Change the bytes that a text in JSON stands for; bytes that are no JSON are changed as they are."""
        try:
            document = json.loads(data)
        except (ValueError, RecursionError):
            return self._mutate(data, max(len(data) * 2, 64))
        places = list(_encoded(document, 0))
        if not places:
            return mutated(data, self._seeds, chance)
        holder, key, inner = chance.choice(places)
        if chance.random() < 0.5:
            inner = self._mutate(inner, len(inner) + 64)
        else:
            inner = mutated(inner, (inner, *self._seeds[:8]), chance)
        holder[key] = base64.b64encode(inner).decode("ascii")
        return json.dumps(document).encode()


def _encoded(value: Any, depth: int) -> Iterator[tuple[Any, Any, bytes]]:
    """Each place in a tree that holds base64, with what it stands for."""
    if depth > 20 or not isinstance(value, dict | list):
        return
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        inner = value[key]
        if isinstance(inner, str) and len(inner) >= 8:
            try:
                yield value, key, base64.b64decode(inner, validate=True)
            except ValueError:
                continue
        else:
            yield from _encoded(inner, depth + 1)
