"""Changes to a file, part by part."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from image_fuzz.parts import split, with_checksums
from image_fuzz.seeds import seeds

_NUMBERS = (0, 1, 2, 3, 7, 8, 9, 16, 42, 127, 128, 255, 256, 1000, 4096, 32_767, 32_768, 65_535)
_LARGE = (0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x40000000, 100_000, 16_777_216)


@dataclass(frozen=True)
class Mutation:
    """What is done to which part; the same one always does the same."""

    kind: str
    part: int
    seed: int


@dataclass(frozen=True)
class Case:
    """A seed and its changes."""

    name: str
    mutations: tuple[Mutation, ...]
    checksums: bool

    @property
    def body(self) -> bytes:
        """The file."""
        parts = split(seeds()[self.name])
        for mutation in self.mutations:
            random = Random(mutation.seed)  # noqa: S311 - no secret
            parts = _KINDS[mutation.kind](parts, mutation.part % max(len(parts), 1), random) or [b""]
        return b"".join(with_checksums(parts) if self.checksums else parts)


def cases() -> SearchStrategy[Case]:
    """Generate cases: one to three changes to a file of any kind."""
    mutation = st.builds(Mutation, st.sampled_from(sorted(_KINDS)), st.integers(0, 40), st.integers(0, 2**32 - 1))
    return st.builds(
        Case, st.sampled_from(sorted(seeds())), st.lists(mutation, min_size=1, max_size=3).map(tuple), st.booleans()
    )


def _drop(parts: list[bytes], at: int, _: Random) -> list[bytes]:
    return parts[:at] + parts[at + 1 :]


def _repeat(parts: list[bytes], at: int, random: Random) -> list[bytes]:
    return parts[:at] + [parts[at]] * random.choice((2, 3, 50)) + parts[at + 1 :]


def _move(parts: list[bytes], at: int, random: Random) -> list[bytes]:
    rest = _drop(parts, at, random)
    to = random.randrange(len(rest) + 1)
    return [*rest[:to], parts[at], *rest[to:]]


def _cut(parts: list[bytes], at: int, random: Random) -> list[bytes]:
    return _changed(parts, at, parts[at][: random.randrange(len(parts[at]) + 1)])


def _end_early(parts: list[bytes], at: int, random: Random) -> list[bytes]:
    return [*parts[:at], *_cut([parts[at]], 0, random)]


def _flip(parts: list[bytes], at: int, random: Random) -> list[bytes]:
    changed = bytearray(parts[at])
    for _ in range(random.choice((1, 2, 8))):
        if changed:
            changed[random.randrange(len(changed))] = random.randrange(256)
    return _changed(parts, at, bytes(changed))


def _number(parts: list[bytes], at: int, random: Random) -> list[bytes]:
    """Put a number in the beginning, where sizes, depths and counts are."""
    width = random.choice((1, 2, 4))
    value = random.choice(_NUMBERS if width < 4 else _NUMBERS + _LARGE) % 256**width
    place = random.randrange(max(min(len(parts[at]), 40) - width, 1))
    number = value.to_bytes(width, random.choice(("big", "little")))
    return _changed(parts, at, parts[at][:place] + number + parts[at][place + width :])


def _noise(parts: list[bytes], at: int, random: Random) -> list[bytes]:
    return [*parts[:at], random.randbytes(random.choice((1, 4, 100, 3000))), *parts[at:]]


def _other(parts: list[bytes], at: int, random: Random) -> list[bytes]:
    """Put in a part of another file."""
    body = seeds()[random.choice(sorted(seeds()))]
    return [*parts[:at], random.choice(split(body)), *parts[at:]]


def _changed(parts: list[bytes], at: int, part: bytes) -> list[bytes]:
    return [*parts[:at], part, *parts[at + 1 :]]


_KINDS: dict[str, Callable[[list[bytes], int, Random], list[bytes]]] = {
    "drop": _drop,
    "repeat": _repeat,
    "move": _move,
    "cut": _cut,
    "end early": _end_early,
    "flip": _flip,
    "number": _number,
    "noise": _noise,
    "other": _other,
}
