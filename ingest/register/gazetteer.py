"""Read the place register and resolve names to place codes.

Nothing here guesses: a name has exactly one match or none. Where several places bear it the candidates are listed,
and `suggest` only words the question "did you mean ...?" that a person answers.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from pathlib import Path

import polars as pl
from rapidfuzz import fuzz, process

FOLDER = Path(__file__).parent
FILES = ("places.csv", "names.csv", "aliases.csv", "members.csv")
MOST_KEPT = 64
"""Levels in places of which the names are kept to suggest from."""
NAME_SCHEME = "name"

Columns = dict[str, type[pl.DataType]]

PLACES: Columns = {
    "code": pl.String,
    "name": pl.String,
    "level": pl.String,
    "parent": pl.String,
    "country": pl.String,
    "m49": pl.String,
    "kind": pl.String,
    "valid_from": pl.Date,
    "valid_to": pl.Date,
    "lat": pl.Float64,
    "lon": pl.Float64,
    "note": pl.String,
}
MEMBERS: Columns = {
    "parent": pl.String,
    "child": pl.String,
    "valid_from": pl.Date,
    "valid_to": pl.Date,
    "kind": pl.String,
}
NAMES: Columns = {"code": pl.String, "lang": pl.String, "name": pl.String}
ALIASES: Columns = {"code": pl.String, "alias": pl.String, "scheme": pl.String}
ABOVE_COUNTRY = ("world", "region")

# Spelt out rather than left to \p{M} and \p{P}: Python and polars carry different Unicode versions, and both
# normalisers below have to give the same text.
MARKS = "[\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
PUNCTUATION = "['`\"‘’“”´ʹʻʼʾʿ.,:;/()\\[\\]_*†•·\u2010-\u2015\u2212-]"
SPACE = r"[\s\x1c-\x1f]+"
# Letters that carry a stroke or are joined, and so do not come apart under NFKD.
LETTERS = {
    "ß": "ss",
    "æ": "ae",
    "œ": "oe",
    "ø": "o",
    "đ": "d",
    "ð": "d",
    "ł": "l",
    "ħ": "h",
    "ı": "i",
    "þ": "th",
    "ς": "σ",
    "&": " and ",
}

KINDS = frozenset(
    " ".join(
        (
            "state states province provinces provincia provincias region regions regiao department departamento",
            "departement governorate gouvernorat estado wilaya wilayat prefecture county oblast oblysy облысы",
            "область обл край республика регион محافظة ولاية إقليم اقليم de del da do dos das du des d of the l",
        )
    ).split()
)
"""Words of a name, as compared, that only say what kind of place it is."""


def normalise_text(text: str) -> str:
    """Return `text` without accents, case, punctuation or doubled spaces, for comparing names.

    >>> normalise_text("  Côte d’Ivoire & São-Tomé ")
    'cote d ivoire and sao tome'
    """
    plain = re.sub(MARKS, "", unicodedata.normalize("NFKD", text)).lower()
    for letter, plain_letters in LETTERS.items():
        plain = plain.replace(letter, plain_letters)
    return re.sub(SPACE, " ", re.sub(PUNCTUATION, " ", plain)).strip(" ")


def bare(text: str) -> str:
    """A name without words that only say what kind of place it is, and without articles; '' where nothing is left.

    >>> bare("Província do Cuanza-Sul"), bare("محافظة الأنبار"), bare("Акмолинская область")
    ('cuanza sul', 'انبار', 'акмолинская')
    """
    parts = [part for part in normalise_text(text).split() if part not in KINDS]
    return " ".join(part.removeprefix("ال") for part in parts).replace("ة", "ه").replace("ى", "ي")


def normalise(expr: pl.Expr) -> pl.Expr:
    """Return the expression that does to a text column what `normalise_text` does to one text; null stays null."""
    return (
        expr.str.normalize("NFKD")
        .str.replace_all(MARKS, "")
        .str.to_lowercase()
        .str.replace_many(LETTERS)
        .str.replace_all(PUNCTUATION, " ")
        .str.replace_all(SPACE, " ")
        .str.strip_chars(" ")
    )


@dataclass(frozen=True, eq=False)
class Gazetteer:
    """Places, their memberships and their other names.

    `places`, `members`, `aliases` and `names` have the columns of the CSV files; `version` is the first 16 hex digits
    of the sha256 over the shipped files, and does not change when rows are added by `with_extra`.
    """

    places: pl.DataFrame
    members: pl.DataFrame
    aliases: pl.DataFrame
    names: pl.DataFrame
    version: str

    def with_extra(self, places: pl.DataFrame, members: pl.DataFrame) -> Gazetteer:
        """Return a gazetteer with the rows of an ingested crosswalk added, such as police areas below `BR-RJ`.

        `places` needs code, name, level and parent, `members` parent and child; other columns are filled: a missing
        `country` is taken from the parent. Raises ValueError for a code held twice or a parent or child not held.
        """
        added = _with_columns(places, PLACES)
        parents = pl.concat([self.places, added]).select(parent="code", parent_country="country")
        country = pl.coalesce("country", "parent_country").alias("country")
        added = added.join(parents.unique("parent"), on="parent", how="left", maintain_order="left")
        added = added.with_columns(country).select(list(PLACES))
        all_places = pl.concat([self.places, added])
        all_members = pl.concat([self.members, _with_columns(members, MEMBERS)])
        _refuse_twice(all_places)
        _refuse_unknown(all_places["parent"], all_places, "parent")
        _refuse_unknown(all_members["parent"], all_places, "parent")
        _refuse_unknown(all_members["child"], all_places, "child")
        return Gazetteer(all_places, all_members, self.aliases, self.names, self.version)

    def known(self, codes: pl.Series) -> pl.Series:
        """Say for each code whether the register holds it; a null code is not held."""
        return codes.is_in(self.places["code"].to_list()).fill_null(False)

    def holds(self, level: str, country: str) -> bool:
        """Whether the register has places of a level in a country."""
        return not self.places.filter(pl.col("level") == level, pl.col("country") == country).is_empty()

    def members_on(self, parent: str, day: date) -> list[str]:
        """Return the sorted codes of the places that belong to `parent` on `day`."""
        held = self.members.filter(
            pl.col("parent") == parent,
            pl.col("valid_from").is_null() | (pl.col("valid_from") <= day),
            pl.col("valid_to").is_null() | (pl.col("valid_to") > day),
        )
        return held["child"].unique().sort().to_list()

    def by_name(self, frame: pl.DataFrame, scheme: str = NAME_SCHEME) -> pl.DataFrame:
        """Resolve names to codes: same rows, same order, with `code`, `candidates` and `how` added.

        `frame` has text columns `name`, `level` (null: any level) and `within` (null: anywhere; else the code of the
        place itself, its parent or its country). The register's own name decides; only where no place bears it are
        the aliases of `scheme` and, for names, the names in other languages looked at. With another scheme, such as
        `BR-UF`, only the aliases of that scheme count. `how` is name, alias, ambiguous or none; `code` is null for
        the last two, and `candidates` lists the codes when there are several.
        """
        keys = ["name", "level", "within"]
        asked = frame.select(pl.col(keys).cast(pl.String)).unique(maintain_order=True).with_row_index("asked")
        hits = self._hits(asked, scheme)
        answers = asked.join(hits, on="asked", how="left").select(
            *keys,
            pl.when(pl.col("found").list.len() == 1).then(pl.col("found").list.first()).alias("code"),
            pl.when(pl.col("found").list.len() > 1).then("found").otherwise([]).alias("candidates"),
            pl.when(pl.col("found").is_null())
            .then(pl.lit("none"))
            .when(pl.col("found").list.len() > 1)
            .then(pl.lit("ambiguous"))
            .when("is_name")
            .then(pl.lit("name"))
            .otherwise(pl.lit("alias"))
            .alias("how"),
        )
        rows = frame.with_columns(pl.col(keys).cast(pl.String))
        return rows.join(answers, on=keys, how="left", nulls_equal=True, maintain_order="left")

    def suggest(self, name: str, level: str | None, within: str | None, n: int = 3) -> list[tuple[str, str]]:
        """Return up to `n` pairs (code, name) that resemble `name`, best first, for a person to confirm."""
        codes, official, keys = self._named(level, within)
        scored = process.extract(
            normalise_text(name), keys, scorer=fuzz.token_sort_ratio, limit=20 * n, score_cutoff=60
        )
        best = sorted(scored, key=lambda hit: (-hit[1], codes[hit[2]]))
        return list({codes[row]: (codes[row], official[row]) for _, _, row in best}.values())[:n]

    def _named(self, level: str | None, within: str | None) -> tuple[list[str], list[str], list[str]]:
        """Codes, official names and compared names of the places of a level in a place: kept, for many ask the same."""
        known = self._asked_for.get((level, within))
        if known is None:
            near = self._keys.filter(pl.col("scheme") == NAME_SCHEME, pl.col("key") != "")
            if level is not None:
                near = near.filter(pl.col("level") == level)
            if within is not None:
                near = near.filter(pl.any_horizontal(pl.col("code", "parent", "country") == within))
            known = near["code"].to_list(), near["official"].to_list(), near["key"].to_list()
            if len(self._asked_for) < MOST_KEPT:
                self._asked_for[level, within] = known
        return known

    @cached_property
    def _asked_for(self) -> dict[tuple[str | None, str | None], tuple[list[str], list[str], list[str]]]:
        return {}

    def alike(self, names: pl.Series, level: str, within: str | None = None) -> list[list[str]]:
        """For each name the sorted codes of the places of that level that bear it, but for words such as 'province'.

        'Акмолинская' for 'Акмолинская область', 'Departamento del Cauca' for 'Cauca'. For a draft's evidence and a
        person's eyes: `by_name` knows exact names only.
        """
        held = self._bare.filter(level=level)
        if within is not None:
            held = held.filter(pl.any_horizontal(pl.col("code", "parent", "country") == within))
        codes = dict(held.group_by("bare").agg(pl.col("code").unique().sort()).iter_rows())
        return [codes.get(bare(name), []) for name in names.to_list()]

    @cached_property
    def _bare(self) -> pl.DataFrame:
        own = self._keys.filter(scheme=NAME_SCHEME).select("code", "level", "parent", "country", "key").unique()
        said = own.with_columns(pl.col("key").map_elements(bare, pl.String).alias("bare")).filter(pl.col("bare") != "")
        # Of 'Almaty oblysy' and the city Almaty neither is known by the bare word, in whatever script it stands.
        shared = said.filter(pl.col("code").n_unique().over("country", "level", "bare") > 1)
        return said.join(shared, on="code", how="anti")

    def ancestors(self) -> pl.DataFrame:
        """Return place, ancestor, ancestor_level: each place with itself and what encloses it, up to its country.

        Worlds and regions have only themselves; regions above a country are `places.parent`, communities `members`.
        """
        step = self.places.select(place="code", ancestor="code", ancestor_level="level")
        enclosing = self.places.select(code="code", up="parent").join(
            self.places.select(up="code", up_level="level"), on="up"
        )
        enclosing = enclosing.filter(~pl.col("up_level").is_in(ABOVE_COUNTRY))
        found = []
        while step.height:
            found.append(step)
            step = step.join(enclosing, left_on="ancestor", right_on="code").select(
                "place", ancestor="up", ancestor_level="up_level"
            )
        return pl.concat(found).sort("place", "ancestor")

    @cached_property
    def _keys(self) -> pl.DataFrame:
        """Every spelling with its normalised key: code, key, scheme, is_name, level, parent, country, official."""
        own = self.places.select("code", spelling="name", scheme=pl.lit(NAME_SCHEME), is_name=pl.lit(True))
        translated = self.names.select("code", spelling="name", scheme=pl.lit(NAME_SCHEME), is_name=pl.lit(False))
        other = self.aliases.select("code", spelling="alias", scheme="scheme", is_name=pl.lit(False))
        facts = self.places.select("code", "level", "parent", "country", official="name")
        spellings = pl.concat([own, translated, other]).with_columns(key=normalise(pl.col("spelling")))
        return spellings.drop("spelling").unique(maintain_order=True).join(facts, on="code")

    def _hits(self, asked: pl.DataFrame, scheme: str) -> pl.DataFrame:
        """Return asked, found (sorted codes of the first stage that has any), is_name."""
        keys = self._keys.filter(pl.col("scheme") == scheme, pl.col("key") != "")
        within = pl.col("within")
        matches = (
            asked.with_columns(key=normalise(pl.col("name")))
            .join(keys, on="key", suffix="_held")
            .filter(
                pl.col("level").is_null() | (pl.col("level") == pl.col("level_held")),
                within.is_null() | pl.any_horizontal(pl.col("code", "parent", "country") == within),
            )
        )
        first_stage = matches.filter(pl.col("is_name") == pl.col("is_name").any().over("asked"))
        return first_stage.group_by("asked").agg(
            pl.col("code").unique().sort().alias("found"), pl.col("is_name").first()
        )


@cache
def load() -> Gazetteer:
    """Read the shipped register. Raises FileNotFoundError if a file is missing."""
    digest = hashlib.sha256()
    for name in FILES:
        digest.update((FOLDER / name).read_bytes())
    return Gazetteer(
        places=_read("places.csv", PLACES),
        members=_read("members.csv", MEMBERS),
        aliases=_read("aliases.csv", ALIASES),
        names=_read("names.csv", NAMES),
        version=digest.hexdigest()[:16],
    )


def _read(name: str, columns: Columns) -> pl.DataFrame:
    return pl.read_csv(FOLDER / name, schema=columns)


def _with_columns(frame: pl.DataFrame, columns: Columns) -> pl.DataFrame:
    """Bring `frame` to exactly `columns`, with nulls where it has none."""
    present = [pl.col(name).cast(kind) for name, kind in columns.items() if name in frame.columns]
    absent = [pl.lit(None, dtype=kind).alias(name) for name, kind in columns.items() if name not in frame.columns]
    return frame.select(*present, *absent).select(list(columns))


def _refuse_twice(places: pl.DataFrame) -> None:
    twice = places.filter(pl.col("code").is_duplicated())["code"].unique().sort().to_list()
    if twice:
        raise ValueError(f"the register would hold these places twice: {', '.join(twice[:5])}")


def _refuse_unknown(codes: pl.Series, places: pl.DataFrame, role: str) -> None:
    unknown = codes.drop_nulls().filter(~codes.drop_nulls().is_in(places["code"].to_list())).unique().sort()
    if unknown.len():
        raise ValueError(f"the register does not hold this {role}: {', '.join(unknown.to_list()[:5])}")
