"""A declaration can be written as TOML and read again, whatever texts stand in it."""

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.declarations import sources
from ingest.draft.written import toml as written
from schemas.declaration import parse

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
PLAIN = st.one_of(st.booleans(), st.integers(-(10**9), 10**9), TEXTS, st.lists(TEXTS, max_size=3))
TABLES: st.SearchStrategy[dict[str, Any]] = st.recursive(
    st.dictionaries(TEXTS, PLAIN, max_size=4),
    lambda inner: st.dictionaries(TEXTS, st.one_of(PLAIN, inner, st.lists(inner, min_size=1, max_size=3)), max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("name", sources())
def test_every_declaration_is_written_as_it_is_read(name: str) -> None:
    source = sources()[name]
    plain = source.model_dump(mode="json", exclude_defaults=True, exclude={"name"})
    assert parse(written(plain), name) == source


@given(TABLES)
def test_what_is_written_is_read_back(thing: dict[str, Any]) -> None:
    assert tomllib.loads(written(thing)) == thing
