"""The known answers, from the real files through `commons sql`, and every figure through its lineage.

The expected numbers were computed from the files by other means than this project's code, or are computed here again
with nothing but the csv module.
"""

import csv
import json
import math
import random
import statistics
import subprocess
import sys
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import fastexcel
import pytest
from recount import numbers

from ingest.folder import Folder
from warehouse.lineage import lineage
from warehouse.release import current_id, open_release

pytestmark = pytest.mark.real

COMMONS = [sys.executable, "-m", "commons"]
RIO = [8956, 9010, 8706, 8721, 8423, 6440, 6833, 6795, 6281, 6148]


def run(*words: str, data: Path, code: int = 0) -> str:
    done = subprocess.run([*COMMONS, *words, "--data", str(data)], capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr + done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def full(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A commons of all real files."""
    data = tmp_path_factory.mktemp("full")
    files = [path for path in sorted(real_data.glob("*/*")) if "overlap" not in str(path) and path.suffix != ".md"]
    run("add", *map(str, files), data=data, code=1)  # three places of one source have no code: rows refused
    run("build", data=data)
    return data


def ask(data: Path, query: str) -> list[dict[str, Any]]:
    return json.loads(run("sql", query, "--format", "json", data=data))


def total(data: Path, source: str, place: str, concept: str = "arms_seized") -> dict[str, Any]:
    rows = ask(
        data,
        "select period, value from figure where counterpart is null and period_kind = 'year' and dimension = 'total'"
        f" and variant = '' and source = '{source}' and place = '{place}' and concept = '{concept}'",
    )
    return {row["period"]: row["value"] for row in rows}


def test_rio_de_janeiro_two_official_series_are_equal(full: Path) -> None:
    for source in ("sinesp_vde", "isp_rj"):
        series = total(full, source, "BR-RJ")
        assert [series[str(year)] for year in range(2015, 2025)] == RIO, source


def test_rio_de_janeiro_sou_da_paz(full: Path) -> None:
    series = total(full, "soudapaz_rj", "BR-RJ")
    assert [series[str(year)] for year in range(2018, 2024)] == [8721, 8423, 6440, 6833, 6717, 6281]


def test_copies_of_one_register_differ_by_municipality_and_prove_nothing_by_agreeing(full: Path) -> None:
    """ISP-RJ and Sou da Paz: equal for the state, not for its municipalities. Recomputed from the figures."""
    rows = ask(full, "select * from agreement where place_set = 'BR-RJ'")
    given = {row["statistic"]: row for row in rows if row["value"] is not None}
    assert (len(rows), set(given)) == (5, {"geometric_mean_ratio"})
    numbers: dict[str, dict[tuple[str, str], float]] = {}
    for row in ask(
        full,
        "select source, place, period, value from figure where source in ('isp_rj', 'soudapaz_rj')"
        " and place_level = 'admin2' and period_kind = 'year' and dimension = 'total' and category = 'TOTAL'"
        " and variant = '' and completeness <> 'partial' and concept = 'arms_seized'",
    ):
        numbers.setdefault(row["source"], {})[row["place"], row["period"]] = float(row["value"])
    both = numbers["isp_rj"].keys() & numbers["soudapaz_rj"].keys()
    logs = [
        math.log(
            (statistics.fmean(numbers["isp_rj"][cell] for cell in both if cell[0] == place) + 0.5)
            / (statistics.fmean(numbers["soudapaz_rj"][cell] for cell in both if cell[0] == place) + 0.5)
        )
        for place in {place for place, _ in both}
    ]
    ratio = given["geometric_mean_ratio"]
    assert (ratio["n"], ratio["n_entered"], ratio["n_none"]) == (len(logs), len(both), 31) == (73, 360, 31)
    middle, spread = statistics.fmean(logs), 1.96 * statistics.stdev(logs)
    expected = [math.exp(middle), math.exp(middle - spread), math.exp(middle + spread)]
    assert [float(ratio[name]) for name in ("value", "low", "high")] == pytest.approx(expected, abs=5e-5)
    assert ratio["reasons"][0].endswith("agreement proves nothing about either.")


def test_no_other_set_has_enough_to_say_how_far_two_sources_agree(full: Path) -> None:
    rows = ask(full, "select * from agreement where place_set <> 'BR-RJ'")
    assert {row["value"] for row in rows} == {None}
    said = {(row["source_a"], row["source_b"], row["place_set"]): row["withheld"] for row in rows}
    assert said["atf_trace_flows", "gva", "USA"] == "None of the 94 pair(s) of figures may be set against each other."
    assert said["gitoc_oci", "unodc_iafq", "M49:001"].startswith("None of the 40 pair(s)")
    assert said["sinesp_vde", "soudapaz_rj", "BRA"].endswith("agreement proves nothing about either.")
    (ratio,) = [
        row["withheld"]
        for row in rows
        if (row["source_a"], row["source_b"], row["statistic"]) == ("sinesp_vde", "soudapaz_rj", "geometric_mean_ratio")
    ]
    assert ratio == "1 place(s) have figures of both sources that may be compared; at least 8 are asked for."


def test_sao_paulo_firearms_and_items(full: Path) -> None:
    sinesp = total(full, "sinesp_vde", "BR-SP")
    guns = total(full, "soudapaz_sp", "BR-SP")
    others = total(full, "soudapaz_sp", "BR-SP", "x_other_items_seized")
    years = [str(year) for year in range(2019, 2023)]
    assert [sinesp[year] for year in years] == [12525, 11026, 11272, 10414]
    assert [guns[year] for year in years] == [16481, 13979, 13341, 11588]
    assert [guns[year] + others[year] for year in years] == [16567, 14029, 13409, 11625]
    assert [round(guns[year] / sinesp[year], 3) for year in years] == [1.316, 1.268, 1.184, 1.113]


def test_brazil(full: Path) -> None:
    iafq, sinesp = total(full, "unodc_iafq", "BRA"), total(full, "sinesp_vde", "BRA")
    assert [iafq[year] for year in ("2016", "2017", "2018")] == [4794, 2284, 89615]
    assert [sinesp[year] for year in ("2016", "2017", "2018")] == [104122, 109881, 107758]


def test_brazil_2016_is_partial_and_says_of_how_many_states(full: Path) -> None:
    figure = ask(
        full,
        "select value, completeness, n_parts, n_expected, derived from figure where source = 'sinesp_vde'"
        " and place = 'BRA' and period = '2016' and dimension = 'total'",
    )
    assert figure == [{"value": 104122, "completeness": "partial", "n_parts": 17, "n_expected": 27, "derived": True}]


def test_united_states_traces(full: Path) -> None:
    assert total(full, "unodc_iafq", "USA")["2020"] == 392063
    assert total(full, "atf_trace_flows", "USA", "arms_traced")["2020"] == 306686
    flows = "select sum(value) as s from figure where source = 'atf_trace_flows' and period = '2020' and not derived"
    assert ask(full, flows) == [{"s": 306686}]


def test_mexico(full: Path) -> None:
    assert total(full, "unodc_iafq", "MEX")["2010"] == 30291
    assert total(full, "cide_ppd", "MEX")["2010"] == 3928


def test_colombia_first_quarter_with_grenade_launchers_apart(full: Path) -> None:
    where = "source = 'policia_colombia' and place = 'COL' and dimension = 'total' and concept = 'arms_seized'"
    months = ask(
        full, f"select period, sum(value) as s from figure where {where} and period_kind = 'month' group by all"
    )
    assert {row["period"]: row["s"] for row in months} == {"2019-01": 1773, "2019-02": 2169, "2019-03": 2267}
    quarter = ask(full, f"select unit, value, completeness from figure where {where} and period = '2019-Q1' order by 1")
    assert quarter == [
        {"unit": "grenade_launcher", "value": 4, "completeness": "complete"},
        {"unit": "weapon", "value": 6205, "completeness": "complete"},
    ]
    year = ask(full, f"select distinct completeness from figure where {where} and period = '2019'")
    assert year == [{"completeness": "partial"}]
    assert total(full, "unodc_iafq", "COL")["2019"] == 20598


def iafq_2022(real_data: Path, tmp: Path) -> Path:
    run("add", str(real_data / "unodc-iafq" / "data_iafq_firearms_trafficking_2022-09.csv"), data=tmp)
    run("build", data=tmp)
    return tmp


def test_iafq_release_of_2022_alone(real_data: Path, tmp_path: Path) -> None:
    data = iafq_2022(real_data, tmp_path)
    where = "concept = 'arms_seized' and dimension = 'total' and period_kind = 'year'"
    rows = ask(data, f"select period, place, value from figure where {where}")
    by_year: dict[str, dict[str, int]] = defaultdict(dict)
    for row in rows:
        by_year[row["period"]][row["place"]] = row["value"]
    years = ["2016", "2017", "2018", "2019", "2020"]
    assert [len(by_year[year]) for year in years] == [78, 78, 52, 43, 32]
    assert sum(by_year["2016"].values()) == 553807
    assert sum(by_year["2017"].values()) == 545779
    without = {year: {p: v for p, v in by_year[year].items() if p != "USA"} for year in years}
    assert [sum(without[year].values()) for year in ("2016", "2020")] == [265647, 92775]
    panel = set.intersection(*(set(without[year]) for year in years))
    assert len(panel) == 16
    assert [sum(without[year][place] for place in panel) for year in ("2016", "2020")] == [69935, 54974]
    types = ask(
        data,
        "select place, period, category, value from figure where concept = 'arms_seized' and dimension ="
        " 'firearm_type' and period in ('2016', '2017') and not derived",
    )
    pistols = sum(row["value"] for row in types if row["category"] == "PISTOL")
    assert round(100 * pistols / sum(row["value"] for row in types), 1) == 45.1
    others = [row for row in types if row["place"] != "USA"]
    pistols = sum(row["value"] for row in others if row["category"] == "PISTOL")
    assert round(100 * pistols / sum(row["value"] for row in others), 1) == 20.5


def test_acre_and_rondonia_have_no_figure_rather_than_zero(full: Path) -> None:
    count = (
        "select count(*) as n from figure where source = 'sinesp_vde' and ((place = 'BR-AC' and period_start <"
        " '2019-01-01') or (place = 'BR-RO' and period_start < '2021-01-01'))"
    )
    assert ask(full, count) == [{"n": 0}]
    after = (
        "select count(*) > 0 as some from figure where source = 'sinesp_vde' and place = 'BR-AC' and period = '2019'"
    )
    assert ask(full, after) == [{"some": True}]


def test_isp_rj_2025_has_january_only(full: Path) -> None:
    months = "select distinct period from figure where source = 'isp_rj' and period_kind = 'month' and period >= '2025'"
    assert ask(full, months) == [{"period": "2025-01"}]
    year = "select distinct completeness from figure where source = 'isp_rj' and period = '2025'"
    assert ask(full, year) == [{"completeness": "partial"}]


def test_no_figure_of_cide_ppd_contains_a_9999(full: Path, real_data: Path) -> None:
    """Mexico's sums by year, added up here from the workbooks without the cells that say 9999."""
    counted = {"ARL": "arms_seized", "ARC": "arms_seized", "CARG": "magazines_seized", "CART": "ammunition_seized"}
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for name in ("A-A", "A-E"):
        sheet = fastexcel.read_excel(real_data / "cide-ppd" / f"{name}.xlsx").load_sheet(0, dtypes="string").to_polars()
        for row in sheet.iter_rows(named=True):
            for column, concept in counted.items():
                if row[column] != "9999":
                    sums[concept, row["AÑO"]] += int(row[column])
    figures = ask(
        full,
        "select concept, period, value from figure where source = 'cide_ppd' and place = 'MEX' and period_kind = 'year'"
        " and dimension = 'total'",
    )
    assert {(row["concept"], row["period"]): row["value"] for row in figures} == dict(sums)


def test_municipalities_of_rio_meet_under_the_same_codes(full: Path, real_data: Path) -> None:
    """They meet; that they differ there while their state totals agree is in the files themselves."""
    shared = ask(
        full,
        "select count(distinct place) as n from figure as a inner join figure as b"
        " using (place, period, concept, dimension, category, variant)"
        " where a.source = 'isp_rj' and b.source = 'soudapaz_rj' and a.place_level = 'admin2' and period = '2021'"
        " and dimension = 'total'",
    )
    assert shared == [{"n": 71}]
    with (real_data / "soudapaz" / "rj_municipio_ano_tipo.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["cod_ibge"] == "3300100.0" and row["ano"] == "2021"]
    assert total(full, "soudapaz_rj", "BR-IBGE:3300100")["2021"] == sum(int(row["quantidade"]) for row in rows) == 94
    folder = real_data / "isp-rj"
    with (folder / "Relacao_RISPxAISPxCISP.csv").open(encoding="iso-8859-1") as file:
        areas = {row["CISP"] for row in csv.DictReader(file, delimiter=";") if row["Município"] == "Angra dos Reis"}
    with (folder / "br_rj_isp_estatisticas_seguranca_armas_apreendidas_mensal.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["id_cisp"] in areas and row["ano"] == "2021"]
    assert total(full, "isp_rj", "BR-IBGE:3300100")["2021"] == sum(int(row["total"]) for row in rows) == 132


def test_areas_of_several_municipalities_stay_where_they_are_true(full: Path) -> None:
    overlaps = ask(full, "select child, list(parent) as parents from place_member where kind = 'overlaps' group by all")
    assert len(overlaps) == 9
    assert {len(row["parents"]) for row in overlaps} == {2, 3}
    area = ask(
        full,
        "select place_level, place_name from figure where source = 'isp_rj' and place = 'BR-RJ-CISP:108'"
        " and period = '2020' and dimension = 'total'",
    )
    assert len(area) == 1
    assert area[0]["place_level"] == "area"
    noted = ask(full, "select count(*) as n from issue where source = 'isp_rj' and kind = 'area_in_several'")
    assert noted == [{"n": 9}]


def test_cide_ppd_municipalities(full: Path, real_data: Path) -> None:
    issue = ask(full, "select distinct value from issue where source = 'cide_ppd' and kind = 'coarser_place'")
    assert issue == [{"value": "MX-INEGI:17093"}]
    places = "select count(distinct place) as n from figure where source = 'cide_ppd' and place_level = 'admin2'"
    held = ask(full, places)[0]["n"]
    assert 0 < held <= 773  # a municipality of which nothing was recorded but 9999 has no figure


def test_only_the_newest_release_of_a_source_is_used(full: Path) -> None:
    rows = ask(full, "select file_name, current from snapshot where source = 'unodc_iafq' order by released")
    assert [row["current"] for row in rows] == [False, True]
    used = ask(full, "select count(distinct snapshot) as n from figure where source = 'unodc_iafq'")
    assert used == [{"n": 1}]


def test_figure_ids_outlive_a_new_release_of_the_source(full: Path, real_data: Path, tmp_path: Path) -> None:
    """The same cells in the 2022 and the 2024 release have the same identifiers."""
    data = iafq_2022(real_data, tmp_path)
    query = "select figure_id, place, period, value from figure where source = 'unodc_iafq' and dimension = 'total'"
    old = {row["figure_id"]: (row["place"], row["period"]) for row in ask(data, query)}
    new = {row["figure_id"]: (row["place"], row["period"]) for row in ask(full, query)}
    common = old.keys() & new.keys()
    assert all(old[figure] == new[figure] for figure in common)
    assert len(common) / len(old) > 0.99


def test_a_rebuild_is_the_same_release(full: Path) -> None:
    before = current_id(Folder(full))
    run("build", data=full)
    assert current_id(Folder(full)) == before
    assert "same release" in run("verify", data=full)


def test_starter_tables_say_what_the_real_files_say(full: Path, tmp_path: Path) -> None:
    """The shipped figures, through the same pipeline, equal those of the real files: number, id and completeness."""
    run("starter", data=tmp_path)
    query = "select figure_id, value, completeness from figure"
    with open_release(Folder(full)) as con:
        real = {row[0]: row[1:] for row in con.execute(query).fetchall()}
    with open_release(Folder(tmp_path)) as con:
        shipped = {row[0]: row[1:] for row in con.execute(query).fetchall()}
    assert len(shipped) > 30_000
    assert {figure: told for figure, told in shipped.items() if real.get(figure) != told} == {}


def test_full_files_replace_the_starter_figures(real_data: Path, tmp_path: Path) -> None:
    run("starter", data=tmp_path)
    file = real_data / "sinesp-vde" / "sinesp_vde_arma_de_fogo_apreendida_2015_2025.csv"
    run("add", str(file), data=tmp_path)
    run("build", data=tmp_path)
    assert total(tmp_path, "sinesp_vde", "BR-RJ")["2020"] == 6440
    assert ask(tmp_path, "select count(distinct snapshot) as n from figure where source = 'sinesp_vde'") == [{"n": 1}]


def test_every_figure_adds_up_from_the_rows_its_lineage_names(full: Path) -> None:
    """A random sample per source: the rows' numbers add up to the figure, and the file says what was read."""
    folder = Folder(full)
    chance = random.Random(20221)
    with open_release(folder) as con:
        known = con.execute("select source, figure_id, n_rows from figure where n_rows < 20000 order by all").fetchall()
    by_source: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for source, figure, n_rows in known:
        by_source[source].append((figure, n_rows))
    assert len(by_source) == 13
    for figures in by_source.values():
        for figure, n_rows in chance.sample(figures, 4):
            found = lineage(folder, figure, limit=20000)
            numbers = [cell["value"] for cell in found["cells"] if cell["value"] is not None]
            assert sum(numbers, Decimal(0)) == found["figure"]["value"], found["figure"]
            assert found["n_rows"] == n_rows == len(found["cells"])
            for cell in found["cells"][:30]:
                if cell["source_column"] and cell["value"] is not None:
                    assert Decimal(cell["text"].replace(",", "") or "0") == cell["value"]


def test_broader_types_are_the_sum_of_their_narrower_ones_at_every_place(full: Path) -> None:
    """Also where a town has pistols and no revolvers; Colombia's first quarter is 1,490 and 2,510 by the file."""
    with open_release(Folder(full)) as con:
        wrong = con.execute(
            "with narrow as (select 'x_HANDGUN' as broader, unnest(['PISTOL', 'REVOLVER']) as category union all"
            " select 'x_LONG_GUN', unnest(['RIFLE', 'SHOTGUN', 'SMG', 'MG'])),"
            " summed as (select source, concept, unit, place, period, period_basis, broader, sum(value) as value,"
            " count(*) as n from figure inner join narrow using (category) where dimension = 'firearm_type'"
            " and variant = '' group by all)"
            " select b.source, count(*) from figure as b inner join summed as s on b.source = s.source"
            " and b.concept = s.concept and b.unit = s.unit and b.place = s.place and b.period = s.period"
            " and b.period_basis = s.period_basis and b.category = s.broader"
            " where b.derived and b.dimension = 'firearm_type' and b.value <> s.value group by all"
        ).fetchall()
    assert wrong == []
    quarter = ask(
        full,
        "select category, value from figure where source = 'policia_colombia' and place = 'COL' and period = '2019-Q1'"
        " and category in ('PISTOL', 'REVOLVER', 'x_HANDGUN') and variant = '' order by 1",
    )
    assert [row["value"] for row in quarter] == [1490, 2510, 4000]


def test_arms_of_unknown_type_make_no_zero(full: Path) -> None:
    """A State that puts all arms under “unknown type” has not said that none was a handgun."""
    zero = ask(
        full,
        "select count(*) as n from figure as b inner join figure as u using (source, concept, unit, place, period)"
        " where b.category in ('x_HANDGUN', 'x_LONG_GUN') and b.derived and u.category = 'UNKNOWN' and u.value > 0"
        " and u.dimension = 'firearm_type' and u.variant = '' and (b.value = 0 or b.completeness <> 'partial')",
    )
    assert zero == [{"n": 0}]


def test_sinesp_recounted_with_nothing_but_csv(full: Path, real_data: Path) -> None:
    """Every state and year of SINESP, added up by other means."""
    sums: dict[tuple[str, str], float] = defaultdict(float)
    reported: set[tuple[str, str]] = set()
    with (real_data / "sinesp-vde" / "sinesp_vde_arma_de_fogo_apreendida_2015_2025.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["total"]:
                sums[f"BR-{row['uf']}", row["ano"]] += float(row["total"])
                reported.add((f"BR-{row['uf']}", row["ano"]))
    figures = ask(
        full,
        "select place, period, value from figure where source = 'sinesp_vde' and place_level = 'admin1'"
        " and period_kind = 'year' and dimension = 'total'",
    )
    assert {(row["place"], row["period"]): row["value"] for row in figures} == {key: sums[key] for key in reported}


def side_by_side(data: Path, a: str, b: str, place: str) -> dict[str, dict[str, Any]]:
    """Period → the comparison of two sources' totals of arms seized (or traced) at one place."""
    rows = ask(
        data,
        "select period, value_a, value_b, difference, ratio, verdict, same_origin, reasons from comparison"
        f" where dimension = 'total' and source_a = '{a}' and source_b = '{b}' and place = '{place}'"
        " and concept_a in ('arms_seized', 'arms_traced') and concept_b in ('arms_seized', 'arms_traced')"
        " and unit_a in ('weapon', 'traced_weapon')",
    )
    found = {row["period"]: row for row in rows}
    assert len(found) == len(rows) > 0, (a, b, place)
    return found


@pytest.mark.parametrize(
    ("a", "b"), [("isp_rj", "sinesp_vde"), ("isp_rj", "soudapaz_rj"), ("sinesp_vde", "soudapaz_rj")]
)
def test_rio_three_sources_of_one_origin(full: Path, a: str, b: str) -> None:
    found = side_by_side(full, a, b, "BR-RJ")
    years = [str(year) for year in range(2018, 2024)]
    assert [found[year]["difference"] for year in years] == [0, 0, 0, 0, 78 if b == "soudapaz_rj" else 0, 0]
    for year in years:
        assert (found[year]["verdict"], found[year]["same_origin"]) == ("with_caveat", True)
        assert any("agreement proves nothing" in reason for reason in found[year]["reasons"])


def test_a_year_cut_short_is_not_comparable(full: Path) -> None:
    for a, b, place, period in (
        ("isp_rj", "sinesp_vde", "BR-RJ", "2025"),
        ("sinesp_vde", "soudapaz_sp", "BR-SP", "2023"),
        ("policia_colombia", "unodc_iafq", "COL", "2019"),
    ):
        row = side_by_side(full, a, b, place)[period]
        assert (row["verdict"], row["difference"], row["ratio"]) == ("not_comparable", None, None)
        assert any("does not reach over the whole of" in reason for reason in row["reasons"])


def test_sao_paulo_ratios_of_firearms_and_not_of_items(full: Path) -> None:
    found = side_by_side(full, "sinesp_vde", "soudapaz_sp", "BR-SP")
    others = total(full, "soudapaz_sp", "BR-SP", "x_other_items_seized")
    years = [str(year) for year in range(2019, 2023)]
    assert [round(1 / found[year]["ratio"], 3) for year in years] == [1.316, 1.268, 1.184, 1.113]
    items = [(found[year]["value_b"] + others[year]) / found[year]["value_a"] for year in years]
    assert [round(ratio, 3) for ratio in items] == [1.323, 1.272, 1.190, 1.116]
    assert {(found[year]["verdict"], found[year]["same_origin"]) for year in years} == {("with_caveat", True)}
    apart = ask(
        full,
        "select distinct verdict, difference, ratio from comparison where place = 'BR-SP'"
        " and 'x_other_items_seized' in (concept_a, concept_b)",
    )
    assert apart == [{"verdict": "not_comparable", "difference": None, "ratio": None}]


def test_brazil_21_7_fold_in_2016_and_1_20_in_2018(full: Path) -> None:
    found = side_by_side(full, "sinesp_vde", "unodc_iafq", "BRA")
    assert [round(found[year]["ratio"], 2) for year in ("2016", "2018")] == [21.72, 1.20]
    for year in ("2016", "2018"):
        assert (found[year]["verdict"], found[year]["same_origin"]) == ("with_caveat", False)
        assert "sinesp_vde is partial: at least this number." in found[year]["reasons"]


def test_mexico_2010_is_a_subset_by_definition(full: Path) -> None:
    row = side_by_side(full, "cide_ppd", "unodc_iafq", "MEX")["2010"]
    assert (row["value_a"], row["value_b"]) == (3928, 30291)
    assert (row["verdict"], row["difference"], row["ratio"]) == ("not_comparable", None, None)
    assert "cide_ppd covers only guns seized at armed events." in row["reasons"]


def test_rows_labelled_atf_are_compared_with_nothing(full: Path) -> None:
    row = side_by_side(full, "atf_trace_flows", "unodc_iafq", "USA")["2020"]
    assert (row["value_a"], row["value_b"], row["same_origin"]) == (306686, 392063, True)
    rows = ask(
        full,
        "select verdict, difference, ratio, reasons from comparison inner join figure on figure_id in (figure_a,"
        " figure_b) where figure.source = 'unodc_iafq' and origin_label = 'ATF'",
    )
    assert len(rows) > 5
    for row in rows:
        assert (row["verdict"], row["difference"], row["ratio"]) == ("not_comparable", None, None)
        assert any("takes this row from the ATF" in reason for reason in row["reasons"])


def test_an_expert_score_beside_any_number_gives_neither_difference_nor_ratio(full: Path) -> None:
    rows = ask(full, "select * from comparison where 'arms_trafficking_score' in (concept_a, concept_b)")
    assert {row["source_a"] for row in rows} == {"gitoc_oci"}
    assert {row["source_b"] for row in rows} == {"sinesp_vde", "un_sdg_16_4_2", "unodc_iafq"}
    assert len({row["concept_b"] for row in rows}) > 8
    for row in rows:
        assert row["verdict"] == "rank_only"
        assert (row["difference"], row["ratio"], row["ratio_low"], row["ratio_high"]) == (None,) * 4
        assert row["reasons"][0].startswith("An expert score is not a ")


def test_persons_cases_and_rounds_are_not_firearms(full: Path) -> None:
    rows = ask(
        full,
        "select concept_a, concept_b, verdict, difference, ratio from comparison"
        " where concept_a <> concept_b and 'arms_trafficking_score' not in (concept_a, concept_b)",
    )
    assert {"seizure_cases", "persons_arrested_trafficking", "ammunition_seized", "arms_found", "arms_surrendered"} <= {
        row["concept_b"] for row in rows
    }
    assert {(row["verdict"], row["difference"], row["ratio"]) for row in rows} == {("not_comparable", None, None)}


def test_every_kept_comparison_is_the_one_worked_out_for_its_place(full: Path) -> None:
    """compare() gives the rows of the view, and those of pairs that no rule names together, which are refused."""
    for place, concept, period in (("BR-RJ", "arms_seized", "2022"), ("MEX", "arms_seized", "2010"),
                                   ("COL", "arms_seized", "2019"), ("USA", "arms_traced", "2020")):  # fmt: skip
        kept = ask(
            full,
            f"select * from comparison where place = '{place}' and period = '{period}'"
            f" and '{concept}' in (concept_a, concept_b)",
        )
        made = ask(full, f"select * from compare('{place}', '{concept}', '{period}')")
        assert kept
        assert [row for row in made if row in kept] == sorted(kept, key=lambda row: (row["figure_a"], row["figure_b"]))
        assert {row["verdict"] for row in made if row not in kept} <= {"not_comparable"}


POLICE = {"isp_rj", "sinesp_vde", "soudapaz_rj", "soudapaz_sp"}
COPIES = (POLICE, {"un_sdg_16_4_2", "unodc_iafq"}, {"atf_trace_flows", "unodc_iafq"})
BESIDE = ("weapon_per_100_people", "grenade_launcher")


def test_comparisons_recounted_from_the_raw_files(full: Path, real_data: Path) -> None:
    """Both numbers of every kept comparison whose place the recount can name, and all that is made of them."""
    with open_release(Folder(full)) as con:
        names = dict(
            con.execute(
                "select lower(name), code from place where level = 'country'"
                " or (level = 'admin1' and country = 'USA' and kind <> 'own_register')"
            ).fetchall()
        )
        found = con.execute("select * from comparison")
        columns = [column[0] for column in found.description]
        rows = [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
    counted = numbers(real_data, names)
    recounted = 0
    for row in rows:
        sides = []
        for s in "ab":
            unit = row[f"unit_{s}"]
            part = unit if unit in BESIDE else "" if row["dimension"] == "total" else row["category"]
            sides.append(counted.get((row[f"source_{s}"], row[f"concept_{s}"], row["place"], row["period"], part)))
        if None not in sides:
            recounted += 1
            assert sides == [row["value_a"], row["value_b"]], row
        both = {row["source_a"], row["source_b"]}
        assert row["same_origin"] == any(both <= copies for copies in COPIES), row
        given = row["concept_a"] == row["concept_b"] and both != {"cide_ppd", "unodc_iafq"}
        given = given and not any("does not reach over" in reason for reason in row["reasons"])
        if "arms_trafficking_score" in (row["concept_a"], row["concept_b"]):
            assert row["verdict"] == "rank_only"
        else:
            # Every two of these sources have something that must be said: none is plainly comparable.
            assert row["verdict"] == ("with_caveat" if given else "not_comparable"), row
        if given and row["verdict"] == "with_caveat":
            assert row["difference"] == row["value_a"] - row["value_b"]
            small = min(row["value_a"], row["value_b"]) < 10
            expected = None if small else float(row["value_a"] / row["value_b"])
            assert row["ratio"] == (None if expected is None else pytest.approx(expected))
        else:
            assert (row["difference"], row["ratio"], row["ratio_low"], row["ratio_high"]) == (None,) * 4
    assert (len(rows), recounted) == (1222, 1124)
    # An interval asks for five years of two independent sources: no two of the real files have them.
    assert {row["ratio_low"] for row in rows if not row["same_origin"]} == {None}
