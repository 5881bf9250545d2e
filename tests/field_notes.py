"""A source of moderate sensitivity, invented for tests: seizures noted by organisations in Brazilian municipalities."""

import csv
import random
from collections.abc import Iterable
from pathlib import Path

from ingest import ledger
from ingest.declarations import keep_declaration
from ingest.folder import Folder
from ingest.keep import keep

NAME = "field_notes"
STATES = {
    "BR-RJ": ("3300100", "3300209", "3300308", "3304557", "3303302"),
    "BR-SP": ("3550308", "3509502", "3518800", "3500105"),
    "BR-ES": ("3200102", "3205309", "3205002"),
}
TYPES = ("pistol", "revolver", "rifle")
COLUMNS = ("id", "day", "municipality", "state", "told_by", "type", "lat", "lon", "taken")
Row = dict[str, object]

DECLARATION = """
title = "Field notes"
producer = "Organisations in three states"
publisher = "Organisations in three states"
obtained_from = "The organisations"
copy_kind = "copied"
provenance = "non_official"
provenance_subclass = "cso_compiled"
acquisition = "community_report"
licence = "LicenseRef-shared"
address = "https://field-notes.example"
citation = "Field notes"
description = "Seizures seen by organisations."
sensitivity = "moderate"
tlp = "TLP:{tlp}"
succession = "whole"

[disclosure]
threshold = {threshold}
informants = "{informants}"
publish = {publish}

[coverage]
absent = "unknown"

[rollup]
places = ["country", "admin1", "admin2"]
periods = ["month", "year"]

[[definition]]
id = "field_notes:seized"
concept = "arms_seized"
text = "Firearms taken."

[[definition]]
id = "field_notes:cases"
concept = "seizure_cases"
text = "Seizures."

[[layout]]
name = "notes"
table = "event"
event_key = "{{id}}"

[layout.read]
format = "csv"

[layout.recognise]
columns = ["id", "day", "municipality", "state", "told_by", "type", "lat", "lon", "taken"]

[layout.period]
date = "day"

[[layout.place]]
code = "BR-IBGE:{{municipality}}"

[[layout.place]]
code = "{{state}}"

[layout.columns]
told_by = "informant_key"
lat = "lat"
lon = "lon"

[layout.lookup.type]
pistol = {{ firearm_type = "PISTOL" }}
revolver = {{ firearm_type = "REVOLVER" }}
rifle = {{ firearm_type = "RIFLE" }}
"" = {{}}

[[layout.measure]]
concept = "seizure_cases"
unit = "seizure_case"

[[layout.measure]]
column = "taken"
concept = "arms_seized"
unit = "weapon"
"""


def text(threshold: object = 5, informants: object = "column", publish: object = True, tlp: object = "GREEN") -> str:
    """Its declaration."""
    return DECLARATION.format(threshold=threshold, informants=informants, publish=str(publish).lower(), tlp=tlp)


def declare(folder: Folder, **how: object) -> None:
    """Puts its declaration in force in a data folder."""
    sha = keep_declaration(folder, text(**how))
    ledger.append(folder, "declared", source=NAME, declaration=sha)


def rows(seed: int, years: Iterable[int] = (2019, 2020, 2021)) -> list[Row]:
    """Invented seizures: large, small and empty municipalities, some that name a state only."""
    chance = random.Random(seed)
    found: list[Row] = []
    for year in years:
        for state, towns in STATES.items():
            for town in (*towns, ""):
                many = chance.choice((0, 0, 1, 2, 3, 6, 12, 40)) if town else chance.choice((0, 0, 2, 9))
                for _ in range(many):
                    found.append(
                        {
                            "id": f"n{len(found)}",
                            "day": f"{year}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}",
                            "municipality": town,
                            "state": state,
                            "told_by": f"{chance.choice('abcdefgh')}f0e1d2c3",
                            "type": chance.choice((*TYPES, *TYPES, "")),
                            "lat": "-22.123456",
                            "lon": "-43.654321",
                            "taken": chance.choice((1, 1, 1, 2, 5)),
                        }
                    )
    return found


def receive(folder: Folder, found: list[Row], path: Path, released: str | None = None) -> str:
    """Keeps these rows as a file of the source and enters it into the ledger; returns its sha256."""
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, COLUMNS)
        writer.writeheader()
        writer.writerows(found)
    sha, _ = keep(folder, path)
    ledger.append(
        folder,
        "received",
        source=NAME,
        layout="notes",
        snapshot=sha,
        file_name=path.name,
        bytes=path.stat().st_size,
        released=released,
    )
    ledger.append(folder, "accepted", source=NAME, snapshot=sha)
    return sha
