"""The real files' yearly numbers of countries and states, counted once more with polars alone: nothing of the product
is used but the place register's names, so that a defect of the pipeline cannot hide in its own reflection.

A number is keyed by (source, concept, place, year, category): the category is '' for a total, and the unit for the two
numbers that stand beside a total of another unit (grenade launchers, firearms per 100 people).
"""

import csv
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import fastexcel
import polars as pl

Key = tuple[str, str, str, str, str]
Number = tuple[Key, Decimal]

PORTUGUESE = {
    "PISTOL": ("pistola", "garrucha", "garruchão", "pistolão", "pistolete"),
    "REVOLVER": ("revólver", "revolver"),
    "SHOTGUN": ("espingarda", "cartucheira", "escopeta"),
    "RIFLE": ("carabina", "fuzil", "rifle", "mosquetão"),
    "MG": ("metralhadora",),
    "SMG": ("submetralhadora",),
    "OTHER": ("outros", "outra", "outras armas de fogo", "outra arma de fogo"),
    "x_CRAFT": ("arma de fabricação caseira", "arma de fogo artesanal", "arma_fabricacao_caseira"),
}
TYPE = {word: code for code, words in PORTUGUESE.items() for word in words}
BROADER = {"x_HANDGUN": ("PISTOL", "REVOLVER"), "x_LONG_GUN": ("RIFLE", "SHOTGUN", "SMG", "MG")}
NO_FIREARM = ("arma branca", "colete", "granada", "bomba")


def numbers(folder: Path, names: dict[str, str]) -> dict[Key, Decimal]:
    """Every number; `names` leads from a country's or state's English name, in small letters, to its code."""
    found: dict[Key, Decimal] = {}
    for key, value in (
        *_sinesp(folder),
        *_isp(folder),
        *_sou_da_paz(folder),
        *_colombia(folder),
        *_cide(folder),
        *_gva(folder, names),
        *_atf(folder, names),
        *_iafq(folder),
        *_sdg(folder),
        *_by_name(folder, names),
    ):
        found[key] = found.get(key, Decimal(0)) + value
    for broader, narrower in BROADER.items():
        for source, concept, place, year, category in list(found):
            key = (source, concept, place, year, broader)
            if category in narrower and key not in found:
                parts = [found.get((*key[:4], code)) for code in narrower]
                found[key] = sum((part for part in parts if part is not None), Decimal(0))
    return found


def _rows(path: Path, **how: str) -> Iterator[dict[str, str]]:
    with path.open(encoding=how.pop("encoding", "utf-8-sig"), newline="") as file:
        yield from csv.DictReader(file, **how)  # type: ignore[arg-type]


def _counted(source: str, frame: pl.DataFrame, concept: str = "arms_seized") -> Iterator[Number]:
    """From place, year, category, value: each category, and their sum."""
    for place, year, category, value in frame.group_by("place", "year", "category").agg(pl.sum("value")).rows():
        yield (source, concept, place, year, category), value
    for place, year, value in frame.group_by("place", "year").agg(pl.sum("value")).rows():
        yield (source, concept, place, year, ""), value


def _frame(rows: list[tuple[str, str, str, Decimal]]) -> pl.DataFrame:
    shape = {"place": pl.String, "year": pl.String, "category": pl.String, "value": pl.Decimal(38, 6)}
    return pl.DataFrame(rows, schema=shape, orient="row")


def _sinesp(folder: Path) -> Iterator[Number]:
    (path,) = (folder / "sinesp-vde").glob("*.csv")
    rows = [
        (f"BR-{row['uf']}", row["ano"], TYPE[row["arma"].lower().split(" (")[0]], Decimal(row["total"]))
        for row in _rows(path)
        if row["total"]
    ]
    yield from _counted("sinesp_vde", _frame(rows))
    yield from _counted("sinesp_vde", _frame([("BRA", *row[1:]) for row in rows]))


def _isp(folder: Path) -> Iterator[Number]:
    (path,) = (folder / "isp-rj").glob("br_rj*.csv")
    frame = pl.read_csv(path, infer_schema=False).filter(
        (pl.col("ano") < "2025") | ((pl.col("ano") == "2025") & (pl.col("mes") == "1"))
    )
    types = [name for name in frame.columns if name.startswith("quantidade_")]
    plain = {"revolver": "revólver", "garruchao": "garruchão"}
    rows = [
        ("BR-RJ", year, TYPE[plain.get(name := column.removeprefix("quantidade_"), name)], Decimal(number))
        for column in types
        for year, number in frame.select("ano", column).rows()
    ]
    yield from _counted("isp_rj", _frame(rows))


def _sou_da_paz(folder: Path) -> Iterator[Number]:
    rio = [
        ("BR-RJ", row["ano"], TYPE[row["tipo"]], Decimal(row["quantidade"]))
        for row in _rows(folder / "soudapaz" / "rj_municipio_ano_tipo.csv")
    ]
    yield from _counted("soudapaz_rj", _frame(rio))
    paulo = [
        ("BR-SP", row["ANO_BO"], row["DESCR_ARMA_FOGO"].lower(), Decimal(row["n"]))
        for row in _rows(folder / "soudapaz" / "sp_cidade_ano_tipo.csv")
    ]
    guns = [(*row[:2], TYPE.get(row[2], "UNKNOWN"), row[3]) for row in paulo if row[2] not in NO_FIREARM]
    yield from _counted("soudapaz_sp", _frame(guns))
    others = [row for row in paulo if row[2] in NO_FIREARM]
    yield from _counted("soudapaz_sp", _frame(others), "x_other_items_seized")


def _colombia(folder: Path) -> Iterator[Number]:
    (path,) = (folder / "policia-colombia").glob("*.csv")
    for row in _rows(path):
        if row["DEPARTAMENTO"]:
            grenades = "GRANADA" in row["CLASE DE ARMA"]
            key = ("policia_colombia", "arms_seized", "COL", "2019", "grenade_launcher" if grenades else "")
            yield key, Decimal(row["CANTIDAD"].replace(",", ""))


def _cide(folder: Path) -> Iterator[Number]:
    columns = {
        "ARL": ("arms_seized", "x_LONG_GUN"),
        "ARC": ("arms_seized", "x_HANDGUN"),
        "CARG": ("magazines_seized", ""),
        "CART": ("ammunition_seized", ""),
    }
    for name in ("A-A", "A-E"):
        sheet = fastexcel.read_excel(folder / "cide-ppd" / f"{name}.xlsx").load_sheet(0, dtypes="string").to_polars()
        for row in sheet.iter_rows(named=True):
            for column, (concept, category) in columns.items():
                if row[column] != "9999":
                    for part in dict.fromkeys(("", category)):
                        yield ("cide_ppd", concept, "MEX", row["AÑO"], part), Decimal(row[column])


def _gva(folder: Path, names: dict[str, str]) -> Iterator[Number]:
    for row in _rows(folder / "gva" / "gva_confiscations_2013_2018.csv"):
        if row["n_guns_involved"]:
            for place in ("USA", names[row["state"].lower()]):
                yield ("gva", "guns_involved", place, row["date"][:4], ""), Decimal(row["n_guns_involved"])


def _atf(folder: Path, names: dict[str, str]) -> Iterator[Number]:
    for path in (folder / "atf-trace-matrix").glob("trace_*.xlsx"):
        grid = fastexcel.read_excel(path).load_sheet(0, header_row=None, dtypes="string").to_polars().rows()
        wanted = {at: name.strip() for at, name in enumerate(grid[1]) if at > 1 and name and "TOTAL" not in name}
        last = next(at for at, row in enumerate(grid) if row[1] and row[1].strip().startswith("TOTAL"))
        for row in grid[2:last]:
            for at, name in wanted.items():
                for place in ("USA", names.get(name.lower(), name)):
                    yield ("atf_trace_flows", "arms_traced", place, path.stem[-4:], ""), Decimal(row[at])


IAFQ = {
    "Arms seized": "arms_seized",
    "Arms found": "arms_found",
    "Arms surrendered": "arms_surrendered",
    "Parts and components seized": "parts_seized",
    "Ammunition seized": "ammunition_seized",
    "Instances/cases of seizures": "seizure_cases",
    "Individuals arrested/suspected for illicit trafficking in weapons": "persons_arrested_trafficking",
    "Individuals prosecuted for illicit trafficking in weapons": "persons_prosecuted_trafficking",
    "Individuals convicted for illicit trafficking in weapons": "persons_convicted_trafficking",
    "Individuals targeted by criminal justice system due to illicit trafficking in weapons":
        "persons_targeted_trafficking",
}  # fmt: skip
IAFQ_TYPE = {
    "pistol": "PISTOL",
    "revolver": "REVOLVER",
    "rifle (Inlcuding Carbine)": "RIFLE",
    "shotgun (Including Short Carbine)": "SHOTGUN",
    "submachine gun": "SMG",
    "machine gun": "MG",
    "other weapons": "OTHER",
}


def _iafq(folder: Path) -> Iterator[Number]:
    """Arms surrendered may have their total in two places, with one number."""
    seen: dict[Key, Decimal] = {}
    book = fastexcel.read_excel(folder / "unodc-iafq" / "data_iafq_firearms_trafficking_2024-08-26.xlsx")
    for row in book.load_sheet(0, header_row=2, dtypes="string").to_polars().iter_rows(named=True):
        concept = IAFQ.get(row["Indicator"])
        if concept is None or row["VALUE"] in (None, "", "na"):
            continue
        key = ("unodc_iafq", concept, row["Iso3_code"], row["Year"])
        whole = row["Category"] in ("Total", "Surrendered") and row["Sex"] in ("Total", "na")
        headline = row["Dimension"] == "Total" or (
            concept in ("arms_found", "arms_surrendered")
            and (row["Dimension"], row["Category"]) in (("by type", "Total"), ("by marking", "Surrendered"))
        )
        if whole and headline:
            seen[(*key, "")] = Decimal(row["VALUE"])
        if row["Dimension"] == "by type" and row["Category"] in IAFQ_TYPE:
            seen[(*key, IAFQ_TYPE[row["Category"]])] = Decimal(row["VALUE"])
    yield from seen.items()


def _sdg(folder: Path) -> Iterator[Number]:
    loaded = json.loads((folder / "un-sdg-16-4-2" / "firearmsTracing.json").read_text(encoding="utf-8"))
    for row in loaded["records"]:
        if not row["footnotes"] or "average" not in str(row["footnotes"]).lower():
            key = ("un_sdg_16_4_2", "arms_traced_share", row["iso3"], str(row["year"]), "")
            yield key, Decimal(str(row["valuePercent"]))


def _by_name(folder: Path, names: dict[str, str]) -> Iterator[Number]:
    for year in ("2021", "2023"):
        for row in _rows(folder / "gitoc-oci" / f"arms_trafficking_{year}.csv"):
            place = names.get(row["Country"].lower(), row["Country"])
            yield ("gitoc_oci", "arms_trafficking_score", place, year, ""), Decimal(row["Arms trafficking"])
    for row in _rows(folder / "small-arms-survey" / "gun_ownership_2017.csv", encoding="mac_roman"):
        place = names.get(row["Country"].lower(), row["Country"])
        key = ("small_arms_survey", "civilian_holdings", place, "2017")
        for unit, column in (("", "Firearms"), ("weapon_per_100_people", "Firearms/100")):
            if row[column].replace(".", "").isdecimal():
                yield (*key, unit), Decimal(row[column])
