"""What a draft says of itself: its guesses with their evidence, and its questions."""

from typing import NamedTuple

from schemas.said import said

YOUR_ANSWER = said("your answer")
LEFT_BY_ANSWER = said("left out by the contributor")


class Guess(NamedTuple):
    """One thing the draft took to be so: its key, what it is, what shows it, and the share of the cells that agree."""

    key: str
    value: str
    evidence: str
    share: float = 1.0


class Question(NamedTuple):
    """What the file does not settle. `options` are answers that can be given: answer → what it means, in words.

    `rows` are rows of the file where it matters. Any other text is taken as an answer only where `free`.
    """

    key: str
    words: str
    options: dict[str, str]
    rows: tuple[int, ...] = ()
    free: bool = False
