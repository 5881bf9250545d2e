"""Sentences with parts filled in: which template a sentence was made from, what its parts are, and filling another.

A template is a text with the braces of str.format: `{}` any text, `{:d}` a whole number, `{:,}` one with separators of
thousands, `{value}` a part with a name. A part between “ and ”, and a name or a text from a file, is quoted: it is not
to be put in other words.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

GAP = re.compile(r"\{(\w*)(?::([^{}]*))?\}")
LITERAL = {"file", "column", "value"}
"""Names of parts that are quoted from a file."""
WHOLE = {"row", "n"}
LONGEST = 4000
"""Longer texts are no sentence of ours."""


@dataclass(frozen=True)
class Part:
    """What fills one gap of a template."""

    name: str
    """Its name, or its number among those without one."""
    text: str
    quoted: bool


@dataclass(frozen=True)
class Template:
    """A sentence with gaps."""

    words: str

    @cached_property
    def gaps(self) -> tuple[tuple[str, bool], ...]:
        """Name of each gap in order (those without one are numbered), and whether its part is quoted."""
        found = []
        for at, gap in enumerate(GAP.finditer(self.words)):
            within = self.words[: gap.start()].endswith("“") and self.words[gap.end() :].startswith("”")
            found.append((gap[1] or str(at), within or gap[1] in LITERAL))
        return tuple(found)

    @cached_property
    def weight(self) -> int:
        """How many signs stand outside its gaps: of two that fit, the one with more says what was meant."""
        return len(GAP.sub("", self.words))

    @cached_property
    def ends(self) -> tuple[str, str]:
        """What every sentence made from it begins and ends with: asked first, for that is quick."""
        outside = GAP.sub("\0", self.words).split("\0")
        return outside[0], outside[-1]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What every sentence made from it looks like."""
        out, end = "", 0
        for gap in GAP.finditer(self.words):
            out += re.escape(self.words[end : gap.start()]) + _any(gap[1], gap[2], first=gap.start() == 0)
            end = gap.end()
        return re.compile(out + re.escape(self.words[end:]), re.DOTALL)

    def parts(self, sentence: str) -> list[Part] | None:
        """What fills its gaps in a sentence, or None where the sentence was not made from it."""
        begins, ends = self.ends
        if len(sentence) > LONGEST or not (sentence.startswith(begins) and sentence.endswith(ends)):
            return None
        found = self.pattern.fullmatch(sentence)
        if found is None:
            return None
        gaps = zip(self.gaps, found.groups(), strict=True)
        return [Part(name, text, quoted) for (name, quoted), text in gaps]


def _any(name: str, form: str | None, *, first: bool) -> str:
    if form == "d":
        return r"(-?\d+)"
    if form == ",":
        return r"(-?\d{1,3}(?:,\d{3})*)"
    if name in WHOLE:
        return r"(\d+|\?)"
    # What a sentence begins with is the name of something, not another sentence.
    return r"((?:(?![.:] ).)*?)" if first else r"(.*?)"


def fitting(templates: Iterable[Template], sentence: str) -> list[tuple[Template, list[Part]]]:
    """The templates a sentence can have been made from with its parts, the most telling first."""
    found = [(template, parts) for template in templates if (parts := template.parts(sentence)) is not None]
    return sorted(found, key=lambda one: -one[0].weight)


def filled(words: str, parts: Mapping[str, str]) -> str:
    """A template with its gaps filled, by name or number; braces in the parts stay as they are."""
    order = iter(range(len(parts) + 1))
    return GAP.sub(lambda gap: parts.get(gap[1] or str(next(order)), ""), words)


def gaps_of(words: str) -> list[str]:
    """The gaps of a text in alphabetical order, by name or number: what a translation must have too."""
    return sorted(name for name, _quoted in Template(words).gaps)
