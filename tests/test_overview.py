"""Overview: the ways in, what is here, explained examples and what changed; and the silence of a meeting."""

import csv
import json
import re
import shutil
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from viewer import APP, HOSTILE, ROOT, ask, html, said

from dashboard import address, changes, charts, data, language, light, share, topics
from dashboard.language import number
from dashboard.markup import text
from ingest.folder import Folder
from ingest.register import gazetteer
from schemas.vocabulary import category_codes, codes, vocabularies
from warehouse.release import current_id

CLASSES = ("official", "combined", "non_official")


@pytest.fixture(autouse=True)
def _nothing_chosen() -> None:
    address.use({})
    language.use("en")


def opened(root: Path) -> data.Opened:
    return data.Opened(str(root), current_id(Folder(root)), "clear", None)


def words(app: AppTest) -> str:
    return " ".join(said(app).split())


STATES = {
    "nothing": {},
    "a place is looked for": {"find": "sao paulo"},
    "nothing is found": {"find": "xyzzy"},
    "hostile words": {"find": HOSTILE},
    "a wrong code": {"code": "00000000"},
    "a meeting": {"meeting": "1"},
    "Arabic": {"lang": "ar", "digits": "arab"},
    "a release unknown": {"release": "0123456789ab"},
}


@pytest.mark.parametrize("asked", STATES.values(), ids=STATES)
def test_every_state_of_the_page_renders(page: Any, asked: dict[str, str]) -> None:
    body = html(page("overview", **asked))
    language.use(asked.get("lang", "en"))
    assert text(language._("Firearms Data Commons")) in body
    for sign in ("<script", "<img", "![x]", "](http", "**c**"):
        assert sign not in body


def test_it_opens_on_the_choice_of_a_place(page: Any) -> None:
    app = page("overview")
    assert re.findall(r"<h1[^>]*>([^<]*)", html(app)) == ["Choose your place"]
    assert [box.key for box in app.text_input] == ["find", "code"]


def test_what_is_found_leads_to_local_and_stands_in_the_address(page: Any) -> None:
    app = page("overview")
    app.text_input(key="find").set_value("sao paulo").run()
    assert app.query_params["find"] == "sao paulo"
    assert 'href="&#46;&#47;local&#63;place&#61;BR&#45;SP"' in html(app)
    assert "With figures here" in words(app)


def test_what_is_here_is_counted_from_the_release(page: Any, small: Path) -> None:
    body = unescape(html(page("overview")))
    for kind in (*CLASSES, None):
        where = "true" if kind is None else f"provenance = '{kind}'"
        ((sources, places, first, last),) = ask(
            small,
            "select count(distinct source), count(distinct place) filter (where place_level = 'country'),"
            f" min(year(period_start)), max(year(period_end)) from figure where {where}",
        )
        head = "All together, each place once" if kind is None else f'class="mark {kind} '
        row = next(row for row in body.split("<tr>") if head in row and 'data-label="Sources"' in row)
        cells = dict(re.findall(r'data-label="([^"]*)">([^<]*)<', row))
        assert cells["Sources"] == str(sources)
        assert cells["Countries and areas"] == str(places)
        assert cells["Years"] == language.years(first, last)


def test_every_country_is_listed_by_classes_in_alphabetical_order(page: Any, small: Path) -> None:
    rows = re.findall(
        r'<th scope="row">(.*?)</th><td class="n">[^<]*</td><td>(.*?)</td>', unescape(html(page("overview")))
    )
    listed = {}
    for kinds, places in rows:
        names = re.findall(r"<a [^>]*>([^<]*)</a>", places)
        assert names == sorted(names, key=language.in_order)
        listed |= dict.fromkeys(names, frozenset(re.findall(r'class="mark (\w+)', kinds)))
    held = ask(
        small,
        "select place.name, list(distinct figure.provenance) from figure join place on figure.country = place.code"
        " where place.level = 'country' group by place.name",
    )
    wanted = {language.place_name(None, name): frozenset(kinds) for name, kinds in held}
    assert {*listed.values()} == {*wanted.values()}
    assert len(listed) == len(wanted)
    assert listed["Brazil"] == {"official", "combined", "non_official"}


def test_the_words_of_the_map_are_counted_from_the_release(page: Any, small: Path) -> None:
    ((every, both),) = ask(
        small,
        "select count(*), count(*) filter (where kinds > 1 and official) from (select country,"
        " count(distinct provenance) as kinds, bool_or(provenance = 'official') as official"
        " from figure where country is not null group by country)",
    )
    said_ = words(page("overview"))
    assert f"For {number(every)} countries and areas a source holds figures" in said_
    assert f"For {number(both)} of them an official source and one of another class do." in said_


def test_an_example_explains_before_it_shows_and_takes_its_numbers_from_the_release(page: Any, small: Path) -> None:
    cards = re.findall(r'<article class="example">.*?</article>', unescape(html(page("overview"))))
    assert len(cards) == 1  # the others speak of sources this release does not hold
    (card,) = cards
    example = next(one for one in data.examples() if one["place"] == "BR-RJ")
    assert card.index(example["explains"]) < card.index("<table")
    held = ask(
        small,
        "select figure_a, value_a, figure_b, value_b, verdict, reasons, period from comparison where place = 'BR-RJ'"
        " and dimension = 'total' and source_a = 'sinesp_vde' and source_b = 'soudapaz_rj' order by period",
    )
    wanted = [row for row in held if row[6] in example["periods"]]
    assert [row[6] for row in wanted] == ["2021"]
    for figure_a, value_a, figure_b, value_b, verdict, reasons, _period in wanted:
        for figure, value in ((figure_a, value_a), (figure_b, value_b)):
            assert re.search(rf'<a class="to" href="[^"]*{figure}[^"]*"[^>]*>{number(value)}</a>', card)
        assert f'class="v {verdict}"' in card
        assert card.count("<li>") == len(reasons)
        assert card.index("<li>") < card.index("<table")
    assert "local?place=BR-RJ&concept=arms_seized" in card


def test_every_example_is_in_the_starter_set() -> None:
    """A number of each year to show, of both sources, for the place or for places that add up to it."""
    country = dict(gazetteer.load().places.select("code", "country").iter_rows())
    held = set()
    for file in (ROOT / "ingest" / "starter").glob("*.csv"):
        with file.open(encoding="utf-8", newline="") as opened_:
            for row in csv.DictReader(opened_):
                held |= {(file.stem, of, row["period"]) for of in (row["place"], country.get(row["place"]))}
    for example in data.examples():
        for source in example["sources"]:
            for period in example["periods"]:
                assert (source, example["place"], period) in held, (source, example["place"], period)


def test_examples_explain_without_numbers_and_blame_nobody() -> None:
    for example in data.examples():
        assert not re.search(r"\d", example["explains"])
        for word in ("under-report", "underreport", "fail", "wrong", "hide", "conceal", "better", "worse"):
            assert word not in example["explains"].lower()


def test_the_first_release_has_none_before_it(page: Any) -> None:
    assert "This is the first release kept here" in words(page("overview"))


@pytest.fixture
def two_releases(small: Path, tmp_path: Path) -> Path:
    """The small commons with a release before: without experts' scores, with fewer figures of one source."""
    root = tmp_path / "data"
    now = current_id(Folder(small))
    shutil.copytree(small / "releases" / now, root / "releases" / now)
    shutil.copytree(small / "releases" / now, root / "releases" / "0a1b2c3d4e5f")
    (root / "CURRENT").write_text(now + "\n")
    file = root / "releases" / "0a1b2c3d4e5f" / "clear.json"
    file.chmod(0o644)
    manifest = json.loads(file.read_text(encoding="utf-8"))
    manifest |= {"release": "0a1b2c3d4e5f", "built_at": "2020-02-29T12:00:00+00:00"}
    manifest["ledger"] = {**manifest["ledger"], "n": 0}
    manifest["inputs"] = [one for one in manifest["inputs"] if one["source"] != "gitoc_oci"]
    manifest["parts"] = [one for one in manifest["parts"] if one["name"] != "gitoc_oci"]
    for part in manifest["parts"]:
        if part["name"] == "soudapaz_rj":
            part |= {"rows": part["rows"] - 5, "content": "another"}
    file.write_text(json.dumps(manifest), encoding="utf-8")
    return root


def test_what_changed_is_said_source_by_source(two_releases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMONS_DATA", str(two_releases))
    app = AppTest.from_file(APP, default_timeout=30).run()
    assert not app.exception
    said_ = words(app)
    parts = {part["name"]: part["rows"] for part in opened(two_releases).manifest["parts"] if part["view"] == "figure"}
    assert "Compared with release 0a1b2c3d4e5f of 29 February 2020." in said_
    assert f": new: 1 file added, {number(parts['gitoc_oci'])} figures." in said_
    assert f": {number(parts['soudapaz_rj'])} figures, {number(parts['soudapaz_rj'] - 5)} before." in said_
    assert "1 source is as it was." in said_
    titles = re.findall(r"<li><a [^>]*>([^<]*)</a>: ", html(app).split('class="changes"')[1])
    assert titles == sorted(titles, key=language.in_order)


def test_the_release_before_is_the_one_built_before(two_releases: Path) -> None:
    now = opened(two_releases)
    before = data.before(now)
    assert before is not None
    assert before.release == "0a1b2c3d4e5f"
    assert data.before(before) is None


def manifest_of(**sources: tuple[int, str, list[str]]) -> dict[str, Any]:
    """A manifest of sources: figures, a hash of what they say, files."""
    return {
        "inputs": [
            {"source": name, "snapshot": file} for name, (_n, _hash, files) in sources.items() for file in files
        ],
        "parts": [
            {"view": "figure", "name": name, "file": f"{name}.parquet", "rows": rows, "content": content}
            for name, (rows, content, _files) in sources.items()
        ],
        "tiers": {"clear": [f"{name}.parquet" for name in sources if name != "secret"], "amber": []},
    }


def test_changes_are_told_from_manifests() -> None:
    old = manifest_of(
        a=(10, "x", ["1"]), b=(5, "y", ["2"]), c=(7, "z", ["3"]), d=(9, "w", ["4"]), secret=(1, "s", ["9"])
    )
    new = manifest_of(a=(10, "x", ["1"]), b=(8, "yy", ["2", "5"]), d=(9, "ww", ["4"]), e=(3, "v", ["6", "7"]))
    found, same = changes.between(old, new, "clear")
    assert found == [
        changes.Change("b", 5, 8, ("5",), 0),
        changes.Change("c", 7, None, (), 1),
        changes.Change("d", 9, 9, (), 0),
        changes.Change("e", None, 3, ("6", "7"), 0),
    ]
    assert [one.source for one in found if one.only_anew] == ["d"]
    assert same == 1
    assert changes.between(new, new, "clear") == ([], 4)


def countries() -> list[str]:
    """Names of all countries, in words that are nothing else."""
    places = gazetteer.load().places
    return places.filter(places["level"] == "country")["name"].to_list()


def named(said_: str) -> list[str]:
    return [name for name in countries() if re.search(rf"\b{re.escape(name)}\b", said_)]


def test_the_usual_page_names_countries_so_the_next_test_can_fail(page: Any) -> None:
    assert "Brazil" in named(words(page("overview")))


@pytest.mark.parametrize("of", ["overview", "local", "region", "sources"])
def test_in_a_meeting_no_country_is_named_before_one_is_chosen(page: Any, of: str) -> None:
    app = page(of, meeting="1")
    assert named(words(app)) == []
    assert [box.key for box in app.text_input][:1] == ["find"]
    assert len(app.selectbox) == 0


@pytest.mark.parametrize("of", ["", "local", "region", "sources"])
def test_nor_on_its_first_screen(small: Path, monkeypatch: pytest.MonkeyPatch, of: str) -> None:
    monkeypatch.setenv("COMMONS_DATA", str(small))
    said_ = unescape(re.sub("<[^>]*>", " ", light.page(of, {"meeting": "1"}, "en").html))
    assert named(said_) == []
    assert "A place: its name in any language" in said_


def test_a_place_unknown_chooses_none_in_a_meeting(page: Any) -> None:
    assert named(words(page("local", meeting="1", place="nowhere"))) == []


def test_in_a_meeting_the_presenter_chooses(page: Any) -> None:
    app = page("local", meeting="1", find="brasil")
    assert "local&#63;meeting&#61;1&#38;place&#61;BRA" in html(app)
    assert "Brazil" in named(words(page("local", meeting="1", place="BRA")))
    assert "show&#61;all" in html(page("sources", meeting="1"))
    assert "Brazil" in named(words(page("sources", meeting="1", show="all")))


def test_a_meeting_shows_articles_and_themes_with_the_evidence_held(page: Any, small: Path) -> None:
    app = page("overview", meeting="1")
    body, said_ = html(app), words(app)
    for article in sorted(
        {one for cluster in vocabularies()["review_cluster"].values() for one in cluster["articles"]}
    ):
        assert f"Article {article}: {vocabularies()['firearms_protocol_article'][article]} (unverified)" in said_
    for cluster in vocabularies()["review_cluster"].values():
        assert f"{cluster['name']} (unverified)" in said_
    row = next(row for row in body.split("<tr>") if "Article 6" in unescape(row))
    cells = dict(re.findall(r'data-label="([^"]*)">(?:<span class="none">)?([^<]*)<', row))
    for kind, label in zip(CLASSES, ("Official", "Combined", "Non-official"), strict=True):
        ((n,),) = ask(
            small,
            "select count(distinct source) from figure where provenance = ? and concept in ('arms_seized',"
            " 'ammunition_seized', 'parts_seized', 'magazines_seized', 'seizure_cases', 'arms_destroyed')",
            kind,
        )
        assert cells[text(label)] == (str(n) if n else "none")
    assert unescape(cells["Years"]) == "2019–2021"
    assert "no figure held here on this" in next(row for row in body.split("<tr>") if "Article 15" in unescape(row))


def test_kinds_of_evidence_are_those_of_the_code_lists() -> None:
    found = topics.found()
    assert found["evidence"].keys() == vocabularies()["evidence_to_article"].keys()
    assert found["theme"].keys() == {*vocabularies()["note_theme"]}
    known = {
        "concept": {*codes("concept")},
        "unit": {*codes("unit")},
        "dimension": {*codes("dimension")},
        "category": {*category_codes()},
        "role": {*codes("counterpart_role")},
        "pair": {"other_terms"},
        "mirror": {"both_ends"},
    }
    for facets in (*found["evidence"].values(), *found["theme"].values()):
        for facet in facets:
            part, code = facet.split(":")
            assert code in known[part], facet


def test_kinds_of_evidence_and_themes_are_said_in_words() -> None:
    for kind, listed in (("evidence", vocabularies()["evidence_to_article"]), ("theme", vocabularies()["note_theme"])):
        assert [code for code in listed if topics.say(kind, code) == code] == []


def test_a_code_opens_its_view(page: Any) -> None:
    code = share.code("local", {"place": "BR-RJ", "concept": "arms_seized", "from": "2019", "to": "2019"})
    assert code is not None
    app = page("overview")
    app.text_input(key="code").set_value(code.lower()).run()
    assert not app.exception
    assert "Rio de Janeiro, Brazil, 2019" in words(app)
    assert app.query_params["place"] == "BR-RJ"
    assert "code" not in app.query_params


def test_a_mistyped_code_is_explained(page: Any) -> None:
    assert "a letter or digit may be mistyped" in words(page("overview", code="ABCD1234"))


def test_a_code_on_the_light_page_is_a_link(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMONS_DATA", str(small))
    code = share.code("local", {"place": "BR-RJ"})
    made = light.page("", {"code": code or ""}, "en").html
    assert 'class="way" href="&#46;&#47;local&#63;place&#61;BR&#45;RJ"' in made


def test_charts_grow_for_a_projector_and_their_numbers_do_not() -> None:
    spec = {
        "data": {"values": [{"height": 3, "fontSize": 1}]},
        "height": 100,
        "layer": [
            {
                "mark": {"type": "text", "fontSize": 12, "strokeWidth": 2, "clip": True},
                "data": {"values": [{"height": 1}]},
            }
        ],
        "config": {"axis": {"labelFontSize": 13}},
        "encoding": {"y2": {"value": "height"}},
    }
    made = charts.sized(spec, 1.5)
    assert made["height"] == 150
    assert made["layer"][0]["mark"] == {"type": "text", "fontSize": 18, "strokeWidth": 3, "clip": True}
    assert made["config"]["axis"]["labelFontSize"] == 19.5
    assert made["data"] == spec["data"]
    assert made["layer"][0]["data"] == {"values": [{"height": 1}]}
    assert charts.sized(spec, 1) == spec


def test_a_meetings_head_is_what_the_style_sheet_waits_for(page: Any) -> None:
    assert 'class="head meeting"' in html(page("overview", meeting="1"))
    assert "html:has(.head.meeting) { font-size:" in (ROOT / "dashboard" / "style.css").read_text(encoding="utf-8")


def test_no_words_of_rank(page: Any) -> None:
    for asked in ({}, {"meeting": "1"}, {"find": "rio"}):
        said_ = words(page("overview", **asked)).lower()
        for word in ("under-report", "underreport", "worst", "best ", "highest", "lowest", "top "):
            assert word not in said_


def test_hostile_words_of_the_release_stay_words(page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = data.Opened.rows

    def hostile(self: data.Opened, question: str, **parameters: object) -> list[data.Row]:
        told = {"name", "title", "name_a", "name_b"}
        rows = honest(self, question, **parameters)
        return [{**row, **dict.fromkeys(told & row.keys(), HOSTILE)} for row in rows]

    monkeypatch.setattr(data.Opened, "rows", hostile)
    body = html(page("overview"))
    assert HOSTILE in unescape(body)
    for sign in ("<script", "<img", "![x]", "](http", "**c**"):
        assert sign not in body
