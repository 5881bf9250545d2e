"""The places below a place: one source, or the ratio of two, on a map and in a table of the same numbers."""

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from viewer import STATES, ask, html

from dashboard import data, language, maps, words
from ingest.folder import Folder
from warehouse.release import current_id

BRAZIL = {"place": "BRA", "concept": "arms_seized"}
BOTH = "sinesp_vde~soudapaz_rj"


@pytest.fixture(autouse=True)
def _in_english() -> None:
    language.use("en")


def table(app: AppTest) -> dict[str, list[str]]:
    """The rows of the table beside the map: place → the words of its cells."""
    (found,) = re.findall(r'<table class="below">.*?</table>', html(app), re.DOTALL)
    rows = {}
    for row in re.findall(r"<tr>(.*?)</tr>", found.split("</thead>")[1], re.DOTALL):
        name, *cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        rows[plain(name)] = [plain(cell) for cell in cells]
    return rows


def plain(markup: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", markup)).split())


def box(app: AppTest, label: str) -> Any:
    return next(one for one in app.selectbox if one.label == label)


def test_the_table_is_the_source_s_figures_in_the_order_of_names(page: Any, small: Path) -> None:
    app = page(**BRAZIL)
    shown = table(app)
    assert list(shown) == sorted(shown, key=language.in_order)
    held = ask(
        small,
        "select place_name, value, unit, completeness from figure where source = 'sinesp_vde' and period = '2021'"
        " and place_level = 'admin1' and concept = 'arms_seized' and dimension = 'total' and period_kind = 'year'",
    )
    assert len(shown) == len(held) == len(STATES)
    for name, value, unit, completeness in held:
        assert shown[name][0].startswith(words.stated(value, unit, completeness)), name


def test_zero_is_zero_and_a_year_without_a_cell_is_at_least(page: Any) -> None:
    shown = table(page(**BRAZIL))
    assert shown["Acre"] == ["0"]
    assert shown["São Paulo"][0].startswith("at least ")


def test_the_map_starts_with_the_source_of_most_places_and_its_last_year(page: Any) -> None:
    app = page(**BRAZIL)
    assert box(app, "On the map").value == "sinesp_vde"
    assert box(app, "Year").value == 2021
    # Only years the source states: nobody reported for 2020.
    assert box(app, "Year").options == ["2021", "2019"]
    assert "map" not in app.query_params
    assert "year" not in app.query_params


def test_the_address_keeps_source_and_year_and_brings_them_back(page: Any) -> None:
    app = page(**BRAZIL)
    box(app, "Year").set_value(2019).run()
    assert app.query_params["year"] == "2019"
    box(app, "On the map").set_value(BOTH).run()
    assert app.query_params["map"] == BOTH
    again = page(**BRAZIL, map=BOTH, year="2019")
    assert box(again, "On the map").value == BOTH
    assert box(again, "Year").value == 2019
    assert table(again) == table(app)


@pytest.mark.parametrize("asked", [{"map": "nobody"}, {"map": "~"}, {"year": "1066"}, {"year": "²"}, {"year": "x"}])
def test_what_is_not_there_is_not_asked_for(page: Any, asked: dict[str, str]) -> None:
    app = page(**BRAZIL, **asked)
    assert box(app, "On the map").value == "sinesp_vde"
    assert box(app, "Year").value == 2021


def test_a_ratio_is_that_of_the_comparison_or_is_not_given(page: Any, small: Path) -> None:
    shown = table(page(**BRAZIL, map=BOTH))
    ((ratio, a, b),) = ask(
        small,
        "select ratio, value_a, value_b from comparison where place = 'BR-RJ' and source_a = 'sinesp_vde'"
        " and source_b = 'soudapaz_rj' and period = '2021' and dimension = 'total' and concept_a = 'arms_seized'",
    )
    assert shown["Rio de Janeiro"] == [words.number(a), words.number(b), words.ratio(ratio)]
    others = {name: cells for name, cells in shown.items() if name != "Rio de Janeiro"}
    assert len(others) == len(STATES) - 1
    assert {tuple(cells) for cells in others.values()} == {("no figure held of both",)}


def test_municipalities_stand_below_their_state(page: Any, small: Path) -> None:
    shown = table(page(place="BR-RJ", concept="arms_seized"))
    ((places,),) = ask(small, "select count(*) from place where parent = 'BR-RJ' and kind <> 'own_register'")
    assert len(shown) == places
    assert shown["Angra dos Reis"][0].startswith("14")


def test_nothing_lies_below_a_municipality(page: Any) -> None:
    assert "The places below" not in html(page(place="BR-IBGE:3304557", concept="arms_seized"))


def test_the_words_count_what_the_table_shows(page: Any) -> None:
    app = page(**BRAZIL)
    assert "For 27 of 27 places the source holds a figure of 2021" in unescape(html(app))
    assert "For 1 of 27 places both sources hold a figure" in unescape(html(page(**BRAZIL, map=BOTH)))


def test_where_there_is_no_map_the_table_stands_alone(page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = table(page(**BRAZIL))
    monkeypatch.setattr(maps, "country_of", lambda _place: None)
    app = page(**BRAZIL)
    assert table(app) == expected
    assert 'class="map-under"' not in html(app)


def test_sources_that_are_not_shown_are_not_on_the_map(page: Any) -> None:
    state = {"place": "BR-RJ", "concept": "arms_seized"}
    assert "The places below" in html(page(**state, sources="soudapaz_rj"))
    assert "The places below" not in html(page(**state, sources="sinesp_vde"))


def test_what_counts_as_something_else_is_on_no_map_of_it(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Choices and rows read the same figures: every place that is counted among the choices has its row."""
    monkeypatch.setenv("COMMONS_DATA", str(small))
    opened = data.Opened(str(small), current_id(Folder(small)), "clear", None)
    for place in ("BRA", "BR-RJ"):
        for of in opened.rows("below_choices", place=place, concept="arms_seized"):
            asked = {"place": place, "concept": "arms_seized", "source": of["source"], "unit": of["unit"]}
            with_figure = set()
            for year in of["years"]:
                rows = opened.rows("below_rows", year=year, **asked)
                assert len({row["code"] for row in rows}) == len(rows)
                with_figure |= {row["code"] for row in rows if row["figure_id"] is not None}
            assert len(with_figure) == of["places"]
