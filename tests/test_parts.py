"""Parts of a release: what their content hash says, in what order they stand, and which tiers share a database."""

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sampled import accept_small, keep_samples

from ingest.declarations import sources
from ingest.folder import Folder
from warehouse import inputs
from warehouse.inputs import Inputs, read_inputs
from warehouse.publish import build
from warehouse.release import TIERS, current_id, open_release, sql
from warehouse.small_tables import content_of, use_lookups
from warehouse.stage import use_places, use_source

SOURCES = ("cide_ppd", "gitoc_oci", "isp_rj", "soudapaz_rj", "unodc_iafq")
Row = tuple[str | None, str | None, Decimal | None, date | None, list[str | None] | None]

texts = st.none() | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=4)
rows = st.tuples(
    texts,
    texts,
    st.none() | st.decimals(0, 99, places=2).map(abs),
    st.none() | st.dates(date(2000, 1, 1), date(2001, 1, 1)),
    st.none() | st.lists(texts, max_size=2),
)


def content(found: list[Row], names: str = "a, b, c, d, e") -> tuple[int, str]:
    with duckdb.connect() as con:
        con.execute("create table said (a varchar, b varchar, c decimal(18, 2), d date, e varchar[])")
        if found:
            con.executemany("insert into said values (?, ?, ?, ?, ?)", found)
        return content_of(con, f"select * from said as said ({names})")


@settings(max_examples=40, deadline=None)
@given(st.lists(rows, max_size=6), st.randoms(use_true_random=False))
def test_a_content_hash_is_that_of_the_rows_in_any_order(found: list[Row], random: Any) -> None:
    mixed = random.sample(found, len(found))
    assert content(mixed) == content(found)
    assert content(found)[0] == len(found)


@settings(max_examples=40, deadline=None)
@given(st.lists(rows, max_size=4), st.lists(rows, max_size=4))
def test_different_rows_have_different_hashes(one: list[Row], other: list[Row]) -> None:
    alike = sorted(map(repr, one)) == sorted(map(repr, other))
    assert (content(one) == content(other)) == alike


def test_a_value_in_another_column_none_and_the_names_make_a_difference() -> None:
    first: Row = ("x", None, None, None, None)
    assert content([first]) != content([(None, "x", None, None, None)])
    assert content([first]) != content([("x", "", None, None, None)])
    assert content([first]) != content([first, first])
    assert content([first]) != content([first], "a, b, c, d, f")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Folder]:
    away = tmp_path_factory.mktemp("parts")
    folder = Folder(away / "data")
    folder.make()
    keep_samples(folder, SOURCES, away)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inputs, "accept", accept_small)
        build(folder)
        yield folder


def facts(folder: Folder) -> tuple[Path, dict[str, Any]]:
    release = folder.releases / current_id(folder)
    return release, json.loads((release / "manifest.json").read_text(encoding="utf-8"))


def test_figures_stand_level_by_level_and_place_by_place(kept: Folder) -> None:
    release, said = facts(kept)
    parts = [part for part in said["parts"] if part["view"] == "figure"]
    assert {part["name"] for part in parts} == {*SOURCES}
    for part in parts:
        with duckdb.connect() as con:
            found = con.execute(
                "select place_level, period_kind, place, concept from read_parquet(?, file_row_number = true)"
                " order by file_row_number",
                [str(release / part["file"])],
            ).fetchall()
        assert found == sorted(found)


@pytest.fixture(scope="module")
def read(kept: Folder) -> Inputs:
    return read_inputs(kept)


@pytest.mark.parametrize("name", SOURCES)
def test_words_are_numbers_until_they_are_written(read: Inputs, name: str) -> None:
    """Where a text is left in a cell, every step after it is many times slower, and nothing else tells."""
    with duckdb.connect() as con:
        use_places(con, read)
        use_lookups(con, read)
        use_source(con, read, name)
        con.execute(sql("views/figure"))
        kinds = {column: kind for column, kind, *_ in con.execute("describe by_counterpart").fetchall()}
        assert {column for column, kind in kinds.items() if kind == "VARCHAR"} == {"footnote"}
        placed = {kinds[column] for column in ("place", "counterpart")}
        assert len(placed) == 1
        assert kinds["category"] not in placed


def test_tiers_that_see_the_same_sources_hold_the_same(kept: Folder) -> None:
    release, said = facts(kept)
    assert len({*said["databases"].values()}) == 1
    assert len({(release / f"{tier}.duckdb").read_bytes() for tier in TIERS}) == 1


def test_a_tier_that_sees_more_has_a_database_of_its_own(kept: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sources(), "gitoc_oci", sources()["gitoc_oci"].model_copy(update={"tlp": "TLP:GREEN"}))
    build(kept)
    _, said = facts(kept)
    assert said["databases"]["green"] == said["databases"]["amber"] != said["databases"]["clear"]
    seen = {}
    for tier in TIERS:
        with open_release(kept, tier=tier) as con:
            seen[tier] = {name for (name,) in con.execute("select source from source").fetchall()}
    assert seen == {"clear": {*SOURCES} - {"gitoc_oci"}, "green": {*SOURCES}, "amber": {*SOURCES}}
