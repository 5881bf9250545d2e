"""Marks words for people in the code, so that they can be found there whole and translated."""


def said(words: str, *parts: object) -> str:
    """A sentence with its parts filled in: `said("Read from {}.", name)`. The words are a constant, never built.

    Braces are those of str.format: {} any text, {:d} a whole number, {:,} one with separators of thousands.
    """
    return words.format(*parts) if parts else words
