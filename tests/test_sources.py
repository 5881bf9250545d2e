"""Every built-in source: its declaration loads, and the sample of each of its layouts gives what it must."""

import dataclasses

import pytest
from sampled import SAMPLES, Sample, rows_like, samples

from ingest.declarations import FOLDER, load, sources
from ingest.read import header
from schemas.declaration import DeclarationRefused, Source, parse
from schemas.issue import in_words, kinds

NAMES = [
    "atf_trace_flows",
    "cide_ppd",
    "fogo_cruzado",
    "gitoc_oci",
    "gva",
    "isp_rj",
    "policia_colombia",
    "sinesp_vde",
    "small_arms_survey",
    "soudapaz_rj",
    "soudapaz_sp",
    "un_sdg_16_4_2",
    "unodc_iafq",
]


@pytest.fixture(params=samples(), ids=str)
def sample(request: pytest.FixtureRequest) -> Sample:
    found: Sample = request.param
    return found


def test_the_sources_are_the_ones_the_design_names() -> None:
    assert list(sources()) == NAMES


def test_every_layout_has_a_sample(sample: Sample, tmp_path) -> None:
    assert sample.file(tmp_path).stat().st_size > 0
    assert sample.expected["counts"]


def test_no_sample_is_left_over() -> None:
    known = {(sample.source.name, sample.layout.name) for sample in samples()}
    found = {(path.parent.name, path.name.split(".")[0]) for path in SAMPLES.glob("*/*.expected.toml")}
    assert found == known


def test_sample_is_recognised_by_its_header(sample: Sample, tmp_path) -> None:
    wanted = sample.layout.recognise.columns
    if wanted:
        assert header(sample.file(tmp_path), sample.layout.read) == wanted


def test_every_row_and_cell_has_one_fate(sample: Sample, tmp_path) -> None:
    counts = sample.read(tmp_path).counts
    assert dataclasses.asdict(counts) == sample.expected["counts"]
    assert counts.rows_in == counts.accepted + counts.refused + counts.skipped
    assert counts.cells == counts.numbers + counts.missing + counts.cells_refused


def test_issues_are_those_expected(sample: Sample, tmp_path) -> None:
    issues = sample.read(tmp_path).issues
    found: dict[str, int] = {}
    for kind, rows in issues.select("kind", "n_rows").iter_rows():
        found[kind] = found.get(kind, 0) + rows
    assert found == sample.expected["issues"]


def test_every_issue_is_a_sentence(sample: Sample, tmp_path) -> None:
    issues = sample.read(tmp_path).issues
    said = in_words(issues, source=sample.source.name, snapshot="0" * 64, file_name="file.csv")
    for sentence, repair, kind in said.select("sentence", "repair", "kind").iter_rows():
        assert kind in kinds()
        assert sentence.endswith((".", "?")), sentence
        assert repair.endswith((".", "?")), repair
        assert "{" not in sentence + repair


def test_accepted_rows_are_those_expected(sample: Sample, tmp_path) -> None:
    tables = sample.read(tmp_path).rows
    for wanted in sample.expected["accepted"]:
        table = wanted.pop("table", sample.layout.table)
        found = rows_like(tables[table], wanted)
        at_row = tables[table].filter(tables[table]["source_row"] == wanted["source_row"])
        assert found.height == 1, f"{found.height} rows like {wanted} among {at_row.to_dicts()}"


@pytest.mark.parametrize("name", NAMES)
def test_declaration_says_what_travels_with_the_numbers(name: str) -> None:
    source = load(FOLDER / f"{name}.toml")
    concepts = {measure.concept for layout in source.layout for measure in layout.measure if measure.concept}
    concepts |= {layout.constants["concept"] for layout in source.layout if "concept" in layout.constants}
    assert concepts <= {definition.concept for definition in source.definition}, "a concept without a definition"
    assert source.caveat
    assert source.owners


@pytest.mark.parametrize("name", NAMES)
def test_every_column_has_a_fate(name: str) -> None:
    for layout in sources()[name].layout:
        silent = set(layout.recognise.columns) - layout.used_columns()
        assert not silent, f"{layout.name}: {silent}"


def _text() -> str:
    return (FOLDER / "gitoc_oci.toml").read_text(encoding="utf-8")


def _line(text: str, line: str) -> int:
    return text.splitlines().index(line) + 1


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('tlp = "TLP:CLEAR"', 'tpl = "TLP:CLEAR"', "'tpl' is not a key a declaration has"),
        ('basis = "reporting"', 'bases = "reporting"', "'bases' is not a key a declaration has"),
        ('unit = "score_1_10"', 'unti = "score_1_10"', "'unti' is not a key a declaration has"),
        ('absent = "unknown"', 'absent = "nothing"', "Input should be 'listed', 'zero' or 'unknown'"),
        ('sensitivity = "low"', 'sensitivity = "none"', "'none' is not in the code list sensitivity"),
        ("rows = [150, 250]", "rows = 150", "Input should be a valid tuple"),
    ],
)
def test_bad_declaration_is_refused_with_its_line(old: str, new: str, said: str) -> None:
    text = _text()
    assert old in text.splitlines()
    bad = text.replace(old, new)
    with pytest.raises(DeclarationRefused) as refused:
        parse(bad, "gitoc_oci")
    words = str(refused.value)
    assert said in words
    assert f"gitoc_oci.toml, line {_line(bad, new)}:" in words


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[layout.ignore]", "[layout.ignore", "is not valid TOML"),
        ('Continent = "regions come from the place register"\n', "", "columns without a fate"),
        ('provenance = "non_official"', 'provenance = "official"', "is not a sub-class of official"),
        ('column = "Arms trafficking"', 'column = "Arms"', "columns without a fate"),
        ('file_name = "arms_trafficking_%Y"\nbasis', 'year = "Y"\nlabel = "Z"\nbasis', "give exactly one of"),
    ],
)
def test_contradictory_declaration_is_refused(old: str, new: str, said: str) -> None:
    text = _text()
    assert old in text
    with pytest.raises(DeclarationRefused, match=said):
        parse(text.replace(old, new), "gitoc_oci")


def test_combined_source_must_list_what_it_builds_on() -> None:
    text = (FOLDER / "small_arms_survey.toml").read_text(encoding="utf-8")
    without = "\n".join(line for line in text.splitlines() if not line.startswith("derived_from"))
    with pytest.raises(DeclarationRefused, match="must list what it is derived from"):
        parse(without, "small_arms_survey")


def test_place_may_lie_in_one_that_is_named_in_another_column() -> None:
    source: Source = sources()["fogo_cruzado"]
    layout = next(layout for layout in source.layout if layout.name == "occurrences")
    assert {"uf", "cidade"} <= layout.used_columns()
