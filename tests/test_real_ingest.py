"""The real files give what is known of them; each number is counted again here with plain code."""

import csv
import json
import re
from collections import Counter
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import polars as pl
import pytest
from sampled import layout_of

from ingest.declarations import sources
from ingest.ingest import Batch, Snapshot, collect
from ingest.recognise import recognise
from ingest.register.gazetteer import load as gazetteer

pytestmark = pytest.mark.real

FILES = {
    ("unodc_iafq", "csv"): "unodc-iafq/data_iafq_firearms_trafficking_2022-09.csv",
    ("unodc_iafq", "workbook"): "unodc-iafq/data_iafq_firearms_trafficking_2024-08-26.xlsx",
    ("un_sdg_16_4_2", "json"): "un-sdg-16-4-2/firearmsTracing.json",
    ("un_sdg_16_4_2", "csv"): "un-sdg-16-4-2/indicator_16-4-2_central-asia-platform.csv",
    ("atf_trace_flows", "matrix"): "atf-trace-matrix/trace_2020.xlsx",
    ("sinesp_vde", "monthly"): "sinesp-vde/sinesp_vde_arma_de_fogo_apreendida_2015_2025.csv",
    ("isp_rj", "monthly"): "isp-rj/br_rj_isp_estatisticas_seguranca_armas_apreendidas_mensal.csv",
    ("isp_rj", "crosswalk"): "isp-rj/Relacao_RISPxAISPxCISP.csv",
    ("policia_colombia", "seizures"): "policia-colombia/Incautaci_n_armas_de_fuego_2019.csv",
    ("cide_ppd", "confrontations"): "cide-ppd/A-E.xlsx",
    ("cide_ppd", "attacks"): "cide-ppd/A-A.xlsx",
    ("cide_ppd", "municipalities"): "cide-ppd/ARCH535.CSV",
    ("soudapaz_rj", "counts"): "soudapaz/rj_municipio_ano_tipo.csv",
    ("soudapaz_sp", "counts"): "soudapaz/sp_cidade_ano_tipo.csv",
    ("gva", "incidents"): "gva/gva_confiscations_2013_2018.csv",
    ("gitoc_oci", "scores"): "gitoc-oci/arms_trafficking_2023.csv",
    ("small_arms_survey", "holdings"): "small-arms-survey/gun_ownership_2017.csv",
    ("fogo_cruzado", "occurrences"): "fogo-cruzado/ocorrencias_2024.csv",
}
REFUSED = {("small_arms_survey", "holdings"): 3}
"""Rows that cannot be taken as they stand; every other file is taken whole."""
SKIPPED = {
    ("un_sdg_16_4_2", "csv"): 1,
    ("atf_trace_flows", "matrix"): 2 + 1 + 6,
    ("isp_rj", "monthly"): 11 * 137,
    ("policia_colombia", "seizures"): 1,
}


@cache
def read(path: Path, source: str, layout: str) -> Batch:
    return collect(*layout_of(source, layout), Snapshot("0" * 64, path, path.name), gazetteer())


def records(path: Path, encoding: str = "utf-8-sig", delimiter: str = ",") -> list[dict[str, str]]:
    with path.open(encoding=encoding, newline="") as text:
        return list(csv.DictReader(text, delimiter=delimiter))


def noted(batch: Batch, kind: str) -> int:
    """Rows that issues of one kind concern."""
    return int(batch.issues.filter(pl.col("kind") == kind)["n_rows"].sum())


def total(rows: pl.DataFrame, **cells: object) -> Decimal:
    """Sum of the values of the rows that have these cells."""
    number = "value" if "value" in rows.columns else "quantity"
    return Decimal(rows.filter(*(pl.col(name) == cell for name, cell in cells.items()))[number].sum())


@pytest.mark.parametrize(("source", "layout"), list(FILES))
def test_every_file_is_recognised_and_each_row_has_one_fate(real_data, source: str, layout: str) -> None:
    path = real_data / FILES[source, layout]
    found = recognise(path, sources().values())
    assert (found.source.name, found.layout.name) == (source, layout)
    counts = read(path, source, layout).counts
    assert counts.refused == REFUSED.get((source, layout), 0)
    assert counts.skipped == SKIPPED.get((source, layout), 0)
    assert counts.rows_in == counts.accepted + counts.refused + counts.skipped


def test_every_layout_is_tried_on_a_real_file() -> None:
    layouts = {(s.name, layout.name) for s in sources().values() for layout in s.layout if layout.name != "starter"}
    assert layouts == set(FILES)


# --- SINESP


def test_sinesp_blank_cells_are_missing_and_never_zero(real_data) -> None:
    path = real_data / FILES["sinesp_vde", "monthly"]
    plain = records(path)
    blank = Counter(row["uf"] for row in plain if row["total"] == "")
    batch = read(path, "sinesp_vde", "monthly")
    rows = batch.rows["observation"]
    missing = rows.filter(pl.col("value").is_null())
    assert sum(blank.values()) == 3932 == batch.counts.missing == missing.height
    assert missing["obs_status"].unique().to_list() == ["O"]
    assert dict(missing.group_by("place").len().iter_rows()) == {f"BR-{uf}": n for uf, n in blank.items()}
    zeros = sum(row["total"] != "" and float(row["total"]) == 0 for row in plain)
    assert rows["period_end"].max() == date(2025, 5, 31)
    assert rows.filter(pl.col("value") == 0).height == zeros > 0


def test_sinesp_sums_are_the_known_ones(real_data) -> None:
    rows = read(real_data / FILES["sinesp_vde", "monthly"], "sinesp_vde", "monthly").rows["observation"]
    by_year = {2019: 12525, 2020: 11026, 2021: 11272, 2022: 10414}
    years = (
        rows.filter(pl.col("place") == "BR-SP").group_by(pl.col("period_start").dt.year()).agg(pl.col("value").sum())
    )
    assert {year: value for year, value in years.iter_rows() if year in by_year} == by_year
    brazil = {2016: 104122, 2017: 109881, 2018: 107758}
    years = rows.group_by(pl.col("period_start").dt.year()).agg(pl.col("value").sum())
    assert {year: value for year, value in years.iter_rows() if year in brazil} == brazil


# --- IAFQ


def test_iafq_tracing_rows_have_a_dimension_of_their_own(real_data) -> None:
    path = real_data / FILES["unodc_iafq", "csv"]
    tracing = re.compile(r"^(Not u|U)niquely identifiable - |^Total not uniquely|^Unknown status regarding marking$")
    plain = [row for row in records(path) if row["Dimension"] == "by location" and tracing.search(row["Category"])]
    rows = read(path, "unodc_iafq", "csv").rows["observation"]
    kept = rows.filter(pl.col("dimension") == "tracing_outcome", pl.col("category") != "TOTAL")
    assert len(plain) == 1115 == kept.height
    assert sum(Decimal(row["VALUE"]) for row in plain) == total(kept)
    assert not rows.filter(pl.col("dimension") == "location")["category"].str.contains("UID|MARKING").any()


def test_iafq_repeated_keys_are_all_kept_apart(real_data) -> None:
    path = real_data / FILES["unodc_iafq", "csv"]
    key = ("Iso3_code", "Indicator", "Dimension", "Category", "Sex", "Age", "Year")
    repeated = [n for n in Counter(tuple(row[name] for name in key) for row in records(path)).values() if n > 1]
    batch = read(path, "unodc_iafq", "csv")
    shared = ("label_shared_decided", "label_shared_additive", "label_shared_undecided")
    assert len(repeated) == 198
    assert sum(noted(batch, kind) for kind in shared) == sum(repeated) == 396
    assert batch.counts.accepted == batch.counts.rows_in == len(records(path))


def test_iafq_totals_are_the_known_ones(real_data) -> None:
    path = real_data / FILES["unodc_iafq", "csv"]
    rows = read(path, "unodc_iafq", "csv").rows["observation"]
    seized = rows.filter(
        pl.col("concept") == "arms_seized", pl.col("dimension") == "total", pl.col("category") == "TOTAL"
    )
    years = dict(seized.group_by(pl.col("period_start").dt.year()).len().iter_rows())
    assert {year: years[year] for year in range(2016, 2021)} == {2016: 78, 2017: 78, 2018: 52, 2019: 43, 2020: 32}
    assert total(seized, period_start=date(2016, 1, 1)) == 553807
    assert total(seized, period_start=date(2017, 1, 1)) == 545779
    everything = [row for row in records(path) if row["Indicator"] == "Arms seized" and row["Year"] == "2017"]
    assert sum(int(row["VALUE"]) for row in everything) == 2380826
    assert total(seized, place="USA", period_start=date(2020, 1, 1)) == 392063
    assert seized.filter(pl.col("place") == "USA")["origin_label"].unique().to_list() == ["ATF"]
    brazil = {2016: 4794, 2017: 2284, 2018: 89615}
    assert {year: total(seized, place="BRA", period_start=date(year, 1, 1)) for year in brazil} == brazil


# --- SDG


def test_sdg_averages_carry_both_years(real_data) -> None:
    path = real_data / FILES["un_sdg_16_4_2", "json"]
    plain = json.loads(path.read_text(encoding="utf-8"))["records"]
    spans = [re.findall(r"(\d{4})-(\d{4}) average", " ".join(row["footnotes"])) for row in plain]
    averages = sum(bool(found) and found[0][0] != found[0][1] for found in spans)
    batch = read(path, "un_sdg_16_4_2", "json")
    rows = batch.rows["observation"]
    assert rows.filter(pl.col("period_basis") == "average").height == averages == 73
    assert rows.filter(pl.col("period_kind") == "average")["period_basis"].unique().to_list() == ["average"]
    assert rows.height == len(plain) == 104
    assert total(rows) == sum(Decimal(str(row["valuePercent"])) for row in plain)
    assert noted(batch, "period_unclear") == 1


def test_sdg_csv_repeats_one_row(real_data) -> None:
    batch = read(real_data / FILES["un_sdg_16_4_2", "csv"], "un_sdg_16_4_2", "csv")
    assert noted(batch, "same_row_twice") == 1
    assert batch.issues["source_row"].to_list() == [29]
    assert batch.rows["observation"]["period_basis"].unique().to_list() == ["reporting"]


# --- ATF


@pytest.mark.parametrize(("year", "traced"), [(2012, 156346), (2014, None), (2018, None), (2020, 306686)])
def test_atf_body_is_a_quarter_of_the_naive_sum(real_data, year: int, traced: int | None) -> None:
    path = real_data / "atf-trace-matrix" / f"trace_{year}.xlsx"
    batch = read(path, "atf_trace_flows", "matrix")
    rows = batch.rows["observation"]
    assert batch.counts.cells == batch.counts.numbers == rows.height
    assert rows["counterpart"].null_count() == 0
    stated = batch.issues.filter(pl.col("kind") == "total_agrees")
    assert stated.height == 1
    assert int(stated["value"][0]) == int(stated["known"][0]) == total(rows)
    if traced:
        assert total(rows) == traced


def test_atf_2012_total_column_differs_and_is_said_so(real_data) -> None:
    batch = read(real_data / "atf-trace-matrix" / "trace_2012.xlsx", "atf_trace_flows", "matrix")
    differs = batch.issues.filter(pl.col("kind") == "total_differs")
    column = differs.filter(pl.col("source_column") == "TOTAL column")
    assert column.select("value", "known").rows() == [("156338", "156346")]
    rows = differs.filter(pl.col("source_column") != "TOTAL column")
    assert rows.select((pl.col("known").cast(int) - pl.col("value").cast(int)).sum()).item() == 156346 - 156338


# --- ISP-RJ


def test_isp_months_to_come_are_not_zero(real_data) -> None:
    path = real_data / FILES["isp_rj", "monthly"]
    plain = records(path)
    ahead = [row for row in plain if row["ano"] == "2025" and int(row["mes"]) >= 2]
    assert {row["total"] for row in ahead} == {"0"}
    batch = read(path, "isp_rj", "monthly")
    assert noted(batch, "skipped_not_published_yet") == len(ahead) == 1507
    assert batch.rows["observation"]["period_start"].max() == date(2025, 1, 1)
    assert noted(batch, "total_differs") == 0


def test_isp_totals_are_the_known_ones_and_the_sum_of_their_types(real_data) -> None:
    rows = read(real_data / FILES["isp_rj", "monthly"], "isp_rj", "monthly").rows["observation"]
    known = [8956, 9010, 8706, 8721, 8423, 6440, 6833, 6795, 6281, 6148]
    of_year = rows.group_by(pl.col("period_start").dt.year().alias("year"), pl.col("dimension") == "total").agg(
        pl.col("value").sum()
    )
    totals = {year: value for year, is_total, value in of_year.iter_rows() if is_total}
    parts = {year: value for year, is_total, value in of_year.iter_rows() if not is_total}
    assert [totals[year] for year in range(2015, 2025)] == known
    assert totals == parts


def test_isp_areas_in_several_municipalities(real_data) -> None:
    plain = records(real_data / FILES["isp_rj", "crosswalk"], "iso-8859-1", ";")
    batch = read(real_data / FILES["isp_rj", "crosswalk"], "isp_rj", "crosswalk")
    areas = batch.rows["place"]
    towns: dict[str, set[str]] = {}
    for row in plain:
        towns.setdefault(row["CISP"], set()).add(row["Município"])
    several = sum(len(found) > 1 for found in towns.values())
    assert (areas.height, areas["code"].n_unique()) == (len(plain), len(towns)) == (147, 137)
    assert noted(batch, "area_in_several") == several == 9
    used = read(real_data / FILES["isp_rj", "monthly"], "isp_rj", "monthly").rows["place"]
    assert set(used["code"]) - set(areas["code"]) == {"BR-RJ-CISP:45"}


# --- Colombia


def test_colombia_every_date_comes_back(real_data) -> None:
    path = real_data / FILES["policia_colombia", "seizures"]
    plain = records(path)[:-1]
    batch = read(path, "policia_colombia", "seizures")
    events = batch.rows["event"].sort("source_row")
    days = events["date_start"].to_list()
    assert len(set(days)) == 90
    assert (min(days), max(days)) == (date(2019, 1, 1), date(2019, 3, 31))
    assert days == sorted(days)
    weekdays = ("Lunes", "Martes", "Miércoles", "Jueves", "Viernes", "Sábado", "Domingo")
    assert [weekdays[day.weekday()] for day in days] == [row["DÍA"] for row in plain]
    written = [(row["FECHA"][:10], day) for row, day in zip(plain, days, strict=True) if row["FECHA"]]
    assert all(text == day.strftime("%d/%m/%Y") for text, day in written)
    assert noted(batch, "date_order") == len(written) == 2130
    assert noted(batch, "date_recovered") == len(plain) - len(written) == 3542
    assert all(day.day > 12 for row, day in zip(plain, days, strict=True) if not row["FECHA"])


def test_colombia_total_agrees_and_launchers_are_apart(real_data) -> None:
    path = real_data / FILES["policia_colombia", "seizures"]
    batch = read(path, "policia_colombia", "seizures")
    items = batch.rows["item"].join(
        batch.rows["event"].select("event_key", "date_start", "description"), on="event_key"
    )
    assert sum(int(row["CANTIDAD"]) for row in records(path)[:-1]) == 6209 == total(items)
    assert noted(batch, "total_agrees") == 1
    assert (total(items, unit="weapon"), total(items, unit="grenade_launcher")) == (6205, 4)
    months = items.group_by(pl.col("date_start").dt.month()).agg(pl.col("quantity").sum())
    assert dict(months.iter_rows()) == {1: 1773, 2: 2169, 3: 2267}
    assert items.filter(pl.col("description") == "CON PERMISO").height == 388
    assert set(batch.rows["event"]["place_level"]) == {"admin2"}
    bogota = sum(row["CÓDIGO DANE"] == "11,001,000" for row in records(path))
    assert batch.rows["event"].filter(pl.col("place") == "CO-DANE:11001").height == bogota > 0


# --- CIDE-PPD


@pytest.mark.parametrize("layout", ["confrontations", "attacks"])
def test_cide_nothing_recorded_is_unknown(real_data, layout: str) -> None:
    batch = read(real_data / FILES["cide_ppd", layout], "cide_ppd", layout)
    items = batch.rows["item"]
    unknown = items.filter(pl.col("value_raw") == "9999")
    assert unknown["quantity"].null_count() == unknown.height == noted(batch, "cells_unknown") > items.height / 2
    guns = items.filter(pl.col("concept") == "arms_seized")
    assert guns.filter(pl.col("quantity") == 0).height == 0


def test_cide_guns_of_2010_are_the_known_ones(real_data) -> None:
    found = Decimal(0)
    for layout in ("confrontations", "attacks"):
        batch = read(real_data / FILES["cide_ppd", layout], "cide_ppd", layout)
        events = batch.rows["event"].filter(pl.col("date_start").dt.year() == 2010)
        items = batch.rows["item"].filter(pl.col("event_key").is_in(events["event_key"].implode()))
        found += total(items, concept="arms_seized")
    assert found == 3928


# --- Sou da Paz


def test_soudapaz_sums_are_the_known_ones(real_data) -> None:
    rio = read(real_data / FILES["soudapaz_rj", "counts"], "soudapaz_rj", "counts").rows["observation"]
    known = [8721, 8423, 6440, 6833, 6717, 6281]
    assert [total(rio, period_start=date(year, 1, 1)) for year in range(2018, 2024)] == known
    paulo = read(real_data / FILES["soudapaz_sp", "counts"], "soudapaz_sp", "counts").rows["observation"]
    years = [date(year, 1, 1) for year in range(2019, 2023)]
    assert [total(paulo, period_start=day) for day in years] == [16567, 14029, 13409, 11625]
    firearms = [total(paulo, period_start=day, concept="arms_seized") for day in years]
    assert firearms == [16481, 13979, 13341, 11588]


# --- Gun Violence Archive, GI-TOC, Small Arms Survey, Fogo Cruzado


def test_gva_empty_counts_are_unknown(real_data) -> None:
    path = real_data / FILES["gva", "incidents"]
    plain = records(path)
    batch = read(path, "gva", "incidents")
    items = batch.rows["item"]
    unknown = sum(row["n_guns_involved"] == "" for row in plain)
    assert unknown == 2020 == batch.counts.missing == items["quantity"].null_count()
    assert total(items) == sum(int(row["n_guns_involved"] or 0) for row in plain)
    assert items["concept"].unique().to_list() == ["guns_involved"]
    events = batch.rows["event"]
    assert events["lat"].null_count() == events["lon"].null_count() == events.height  # no point, no identifier
    assert not set(events["event_key"]) & {row["incident_id"] for row in plain if len(row["incident_id"]) > 5}
    kept = [*batch.rows["event"].iter_rows(), *items.iter_rows()]
    assert not any("gunviolencearchive" in str(cell) for row in kept[:100] for cell in row)
    assert batch.rows["event"]["evidence_ref"].null_count() == batch.rows["event"].height


@pytest.mark.parametrize("year", [2021, 2023])
def test_gitoc_every_country_has_a_code(real_data, year: int) -> None:
    path = real_data / "gitoc-oci" / f"arms_trafficking_{year}.csv"
    batch = read(path, "gitoc_oci", "scores")
    rows = batch.rows["observation"]
    assert rows.height == rows["place"].n_unique() == len(records(path)) == 193
    assert rows["value"].is_between(1, 10).all()
    assert rows["period_start"].unique().to_list() == [date(year, 1, 1)]
    assert batch.issues.height == 0


def test_small_arms_survey_places_without_a_code_are_said(real_data) -> None:
    path = real_data / FILES["small_arms_survey", "holdings"]
    batch = read(path, "small_arms_survey", "holdings")
    unknown = batch.issues.filter(pl.col("kind") == "unknown_place")
    assert unknown["value"].to_list() == ["Channel Islands", "Puntland", "Somaliland"]
    assert batch.issues.filter(pl.col("kind") == "not_a_number")["value"].to_list() == ["<0.1"]
    rows = batch.rows["observation"]
    left_out = {"Channel Islands", "Puntland", "Somaliland"}
    plain = [row for row in records(path, "mac_roman") if row["Country"] not in left_out]
    assert total(rows, unit="weapon") == sum(Decimal(row["Firearms"]) for row in plain)
    parts = rows.filter(pl.col("place_level") == "admin1", pl.col("unit") == "weapon")
    assert sorted(parts["place"]) == ["GB-EAW", "GB-NIR", "GB-SCT"]


def test_fogo_cruzado_counts_rows_and_blank_as_none_hit(real_data) -> None:
    path = real_data / FILES["fogo_cruzado", "occurrences"]
    plain = records(path)
    items = read(path, "fogo_cruzado", "occurrences").rows["item"]
    assert total(items, unit="incident") == len(plain) == 6075
    for column, unit, variant in (
        ("civis_mortos_ocorrencia", "victim_killed", "civilians"),
        ("civis_feridos_ocorrencia", "victim_injured", "civilians"),
        ("agentes_mortos_ocorrencia", "victim_killed", "agents"),
        ("agentes_feridos_ocorrencia", "victim_injured", "agents"),
    ):
        assert total(items, unit=unit, variant=variant) == sum(Decimal(row[column] or 0) for row in plain)
    assert items["quantity"].null_count() == 0
