"""A register of seizures that nobody kept: `python bench/generate.py ROWS FILE`; the same ROWS give the same bytes.

Nine columns, about 74 bytes a row: number, day, state, municipality (real names, accents included), weapon, ground,
quantity and a point near the municipality. Every row is one the commons accepts.
"""

import sys
from pathlib import Path

import numpy as np
import polars as pl

PLACES = Path(__file__).parents[1] / "ingest" / "register" / "places.csv"
WEAPONS = {"Revólver": 40, "Pistola": 30, "Espingarda": 14, "Fuzil": 5, "Carabina": 4, "Garrucha": 4, "Outra": 3}
GROUNDS = {"Posse": 45, "Porte": 30, "Tráfico": 10, "Uso em crime": 9, "Não informado": 6}
FIRST_DAY, DAYS = np.datetime64("2015-01-01"), 3653
BLOCK = 1_000_000


def municipalities() -> pl.DataFrame:
    """Brazil's municipalities with a point: name, uf, lat, lon."""
    held = pl.read_csv(PLACES, infer_schema=False).filter(pl.col("code").str.starts_with("BR-IBGE:"))
    held = held.select(
        "name",
        pl.col("parent").str.slice(3).alias("uf"),
        pl.col("lat").cast(pl.Float64),
        pl.col("lon").cast(pl.Float64),
    )
    return held.drop_nulls().unique(["name", "uf"], keep="first", maintain_order=True)


def block(number: int, rows: int, held: pl.DataFrame) -> pl.DataFrame:
    """One block of the register; each block draws from a stream of its own."""
    random = np.random.default_rng([20, number])
    # A few cities report most seizures.
    where = held[(held.height * random.random(rows) ** 8).astype(np.int64)]
    ids = np.arange(rows, dtype=np.int64) + number * BLOCK + 100_000_000_000
    return pl.DataFrame(
        {
            "registro": ids,
            "data": FIRST_DAY + random.integers(0, DAYS, rows).astype("timedelta64[D]"),
            "uf": where["uf"],
            "municipio": where["name"],
            "arma": _drawn(random, WEAPONS, rows),
            "motivo": _drawn(random, GROUNDS, rows),
            "quantidade": random.geometric(0.8, rows),
            "lat": where["lat"].to_numpy() + random.normal(0, 0.02, rows).round(3),
            "lon": where["lon"].to_numpy() + random.normal(0, 0.02, rows).round(3),
        }
    )


def _drawn(random: np.random.Generator, words: dict[str, int], rows: int) -> pl.Series:
    share = np.array(list(words.values())) / sum(words.values())
    return pl.Series(list(words), dtype=pl.String).gather(random.choice(len(words), rows, p=share))


def write(rows: int, path: Path, first: int = 0) -> None:
    """Writes a register of `rows` rows, its numbers beginning with block `first`."""
    held = municipalities()
    with path.open("wb") as file:
        for number, start in enumerate(range(0, rows, BLOCK), first):
            part = block(number, min(BLOCK, rows - start), held)
            part.write_csv(file, include_header=number == first, date_format="%Y-%m-%d", float_precision=3)


def write_state_counts(rows: int, path: Path, more: int = 0) -> None:
    """A small file in the layout of soudapaz_rj: counts by municipality, year and weapon, each by so many `more`."""
    held = pl.read_csv(PLACES, infer_schema=False).filter(pl.col("parent") == "BR-RJ").head(60)
    years = pl.DataFrame({"ano": list(range(2019, 2024))})
    kinds = pl.DataFrame({"tipo": ["pistola", "revólver", "espingarda", "fuzil", "metralhadora"]})
    named = held.select(pl.col("code").str.slice(8).alias("cod_ibge"), pl.col("name").alias("municipio"))
    table = named.join(years, how="cross").join(kinds, how="cross").head(rows)
    table.with_columns((pl.int_range(pl.len()) * 7 % 90 + 1 + more).alias("quantidade")).write_csv(path)


if __name__ == "__main__":
    write(int(sys.argv[1].replace("_", "")), Path(sys.argv[2]))
