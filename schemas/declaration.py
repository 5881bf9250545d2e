"""What a source declares of itself: the shape of `ingest/sources/<name>.toml`. A declaration is data only."""

import tomllib
from collections.abc import Sequence
from datetime import date
from string import Formatter
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from schemas.tables import columns as table_columns
from schemas.vocabulary import category_codes, codes, vocabularies

OPEN = "TO BE SAID:"
"""How the text of a key begins that only the contributor can fill in: good enough to try a file with, refused when
the declaration is submitted."""


class DeclarationRefused(Exception):
    """A declaration that cannot be used; the message names the file, the line and what is wrong."""


def _one_of(vocabulary: str) -> AfterValidator:
    def check(code: str) -> str:
        if code not in codes(vocabulary):
            raise ValueError(f"'{code}' is not in the code list {vocabulary}: {', '.join(codes(vocabulary))}")
        return code

    return AfterValidator(check)


class Strict(BaseModel):
    """Unknown keys are refused: a misspelt key would otherwise be ignored in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Definition(Strict):
    """What the source means by a concept, and whether that is all of it or a part by definition."""

    id: str
    concept: Annotated[str, _one_of("concept")]
    text: str
    subset_of: str | None = None
    """Where the definition covers only a part of the concept: which part, in words."""
    unstated: str | None = None
    """What the source leaves open about its numbers, said with every comparison: which services, which grounds."""


class Caveat(Strict):
    """A sentence that must travel with the source's numbers."""

    text: str
    concepts: list[str] = []
    places: list[str] = []
    first_year: int | None = None
    last_year: int | None = None


class Coverage(Strict):
    """What the source's rows speak for."""

    absent: Literal["listed", "zero", "unknown"]
    """What an absent row means: every cell is listed (so an absent one is missing), it is zero, or nobody knows."""
    first_day: date | None = None
    last_day: date | None = None
    places_of: str | None = None
    """The source should hold every part of this place …"""
    level: str | None = None
    """… at this level."""
    boundaries: str | None = None
    """Edition of the boundaries its places are drawn with, where it is not that of the place register."""


class Rollup(Strict):
    """The partitions along which figures may be added up, always within this one source."""

    places: list[Literal["country", "admin1", "admin2", "city", "area"]] = []
    periods: list[Literal["month", "quarter", "year"]] = []
    total_from: list[str] = []
    """Dimensions whose parts together make the total, where the source publishes no total of its own."""
    variants: bool = False
    """Whether the published rows under one code add up to that code."""
    counterparts: bool = False


class Disclosure(Strict):
    """How figures are kept from giving a person or an informant away, where the source's sensitivity asks for it."""

    threshold: int = Field(5, ge=3, le=10)
    """A figure of fewer incidents than this is not shown outside the source's own audience."""
    informants: Literal["column", "independent", "one"]
    """Who told: `column` (each event's informant_key), `independent` (each incident its own) or `one` for all."""
    publish: bool
    """Whether protected aggregates may be seen by audiences that may not see the source's own figures."""


class Read(Strict):
    """How the bytes become rows of text."""

    format: Literal["csv", "xlsx", "ods", "json", "parquet"]
    encoding: str = "utf-8"
    delimiter: str = Field(",", min_length=1, max_length=1)
    quote: str = Field('"', max_length=1)
    """The sign around a cell that holds delimiters or line ends; '' where none has a meaning."""
    header_row: int = Field(1, ge=0)
    """Row of the headers as a spreadsheet counts; 0 for a grid without any."""
    groups_above: bool = False
    """Whether the row above names groups of columns: the header 'Pistols' below '2021' is the column '2021 Pistols'."""
    sheet: str | None = None
    records: str | None = None
    """For JSON: the key that holds the list of records."""


class Recognise(Strict):
    """How a file of this layout is told from others: its headers, or texts in named cells."""

    columns: list[str] = []
    cells: dict[str, str] = {}
    where: dict[str, str] = {}
    """Column → text its first record must have."""


class Period(Strict):
    """Where the period stands. Exactly one of `label`, `year`, `date`, `file_name` and `given`."""

    label: str | None = None
    """Column with '2019', '2019-03', '2019-Q1' or '2016/2017'."""
    words: dict[str, str] = {}
    """A text of the `label` as it stands in the file, such as 'Jul-Sep 2021' → the period, such as '2021-Q3'."""
    year: str | None = None
    month: str | None = None
    day: str | None = None
    date: str | None = None
    date_format: str | list[str] = "%Y-%m-%d"
    """A pattern, or several tried in order. One without a day gives a month, one without a month a year."""
    months: dict[str, str] = {}
    """A month's name as it stands in the file → '01' to '12', or a quarter's → 'Q1' to 'Q4'."""
    file_name: str | None = None
    """The file's name, without its ending, as a date pattern such as 'trace_%Y'."""
    given: str | None = None
    """The one period of the whole file, where neither a column nor its name says it; or the year of its `month`s."""
    basis: str = "calendar"
    """A period basis, or the column that holds it."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        given = [name for name in ("label", "year", "date", "file_name", "given") if getattr(self, name)]
        if len(given) != 1:
            raise ValueError("give exactly one of label, year, date, file_name and given")
        if self.words and not self.label:
            raise ValueError("only a label has words that stand for periods")
        return self


class PlaceTry(Strict):
    """One way to find the place; ways are tried in order until one has all its columns filled and resolves.

    Texts are templates: '{column}' stands for the cell, '{column:05}' for its whole number padded to five digits.
    """

    code: str | None = None
    name: str | None = None
    level: str | None = None
    within: "str | PlaceTry | None" = None
    """Code of the place it lies in, or how to find that place, such as a state by the name in another column."""
    scheme: str = "name"
    """Which names of the register count: 'name', or a list of codes such as 'MX-INEGI-ENT'."""
    lookup: dict[str, str] = {}
    """A source's own spelling → place code, confirmed by a person."""
    own: bool = False
    """The code belongs to the source's own register (police areas): it is taken as given, inside `within`."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.code is None) == (self.name is None):
            raise ValueError("give either code or name")
        if self.own and not (self.code and self.level and isinstance(self.within, str)):
            raise ValueError("a place of the source's own register needs code, level and within (a code)")
        return self

    def texts(self) -> tuple[str | None, ...]:
        """Its templates, with those of the place it lies in."""
        within = self.within.texts() if isinstance(self.within, PlaceTry) else (self.within,)
        return self.code, self.name, *within


THINGS = ("weapon", "traced_weapon", "round", "magazine", "part", "grenade_launcher", "kg_ammunition", "x_item")
"""Units of what is seized, found or traced, by kinds of which a row's words can tell."""


class Measure(Strict):
    """One number of a row and what it counts; without a column, each row counts as one."""

    column: str | None = None
    period: str | None = None
    """Template of the period the column is about, where periods stand in the headers: '2019' or '{ano:04}-01'."""
    concept: str | None = None
    unit: str | None = None
    dimension: str | None = None
    category: str | None = None
    variant: str | None = None
    firearm_type: str | None = None
    condition: str | None = None
    footnote: str | None = None
    relation: Annotated[str, _one_of("mapping_relation")] = "exactMatch"
    blank: Literal["unknown", "zero"] = "unknown"
    """What an empty cell means."""

    @property
    def of_things(self) -> bool:
        """Whether it counts things, or takes from the row's words what it counts; else people, cases or incidents."""
        return self.unit is None or self.unit in THINGS


class LookupEntry(Strict):
    """What one published word stands for: any of our columns, and how ours relates to it (SKOS)."""

    concept: str | None = None
    unit: str | None = None
    dimension: str | None = None
    category: str | None = None
    variant: str | None = None
    firearm_type: str | None = None
    condition: str | None = None
    legal_justification: str | None = None
    acquisition: str | None = None
    obs_status: str | None = None
    footnote: str | None = None
    relation: Annotated[str, _one_of("mapping_relation")] = "exactMatch"

    @model_validator(mode="after")
    def _codes_exist(self) -> Self:
        for name in (
            "concept",
            "unit",
            "dimension",
            "firearm_type",
            "condition",
            "legal_justification",
            "acquisition",
            "obs_status",
        ):
            code = getattr(self, name)
            if code is not None and code not in codes(name):
                raise ValueError(f"'{code}' is not in the code list {name}")
        if self.category is not None and self.category not in category_codes():
            raise ValueError(f"'{self.category}' is not the code of any category")
        return self


class Skip(Strict):
    """Rows that are no data: titles, footers, totals. A total's number is checked against the rows."""

    where: dict[str, str]
    """Column → text; every one must match ('' for an empty cell)."""
    reason: Literal["title", "footer", "total", "not_published_yet", "left_out"]
    because: str | None = None
    """Why the rows are left out, in the contributor's words."""
    total_of: str | None = None
    tolerance: float = 0


class Items(Strict):
    """A column whose cells name several things with their numbers, such as '3 AK + 200 cartouches'.

    Each part becomes an item: its number, and its word, which the column's lookup translates.
    """

    column: str
    joiners: list[str]
    """What stands between two parts: '+', ',', ' et '."""
    numerals: dict[str, int] = {}
    """Numbers in words: 'deux' → 2."""
    multipliers: dict[str, int] = {}
    """What stands behind a number and multiplies it: 'mil' → 1000, '万' → 10000."""


class Expect(Strict):
    """What a whole file of this layout should hold: too little refuses it, too much is a warning."""

    rows: tuple[int, int] | None = None
    years: tuple[int, int] | None = None


class Released(Strict):
    """Where the publisher's own date stands."""

    cell: str | None = None
    json_key: str | None = None
    file_name: str | None = None
    given: date | None = None
    """For files that carry no date at all: the date the publisher states elsewhere."""
    format: str = "%Y-%m-%d"


class Correction(Strict):
    """A cell a person corrected, with the reason; applied only where the old text still stands."""

    snapshot: str
    row: int
    column: str
    old: str
    new: str
    reason: str


class Layout(Strict):
    """One shape in which files of a source arrive."""

    name: str
    table: Literal["observation", "event", "place"]
    component: str = ""
    """Files of different components add up; within one component a newer release replaces the older."""
    starter: bool = False
    read: Read
    recognise: Recognise
    tidy: bool = False
    """A small function beside a built-in declaration puts an odd shape into rows and columns first."""
    released: Released = Released()
    period: Period | None = None
    place: list[PlaceTry] = []
    counterpart: list[PlaceTry] = []
    counterpart_role: str | None = None
    code: str | None = None
    """For crosswalks: template of the code of the place each row names."""
    level: str | None = None
    event_key: str | None = None
    hide_event_key: bool = False
    """The identifier leads to pages that name people: it tells repeated events apart and is not kept."""
    incident: str | None = None
    """What rows of one incident share, as a template, where an incident may take several rows (one for each weapon):
    disclosure control counts it once. It is not kept."""
    carried: list[str] = []
    """Columns, from the outermost group to the innermost, in which an empty cell says what the cell above it says."""
    columns: dict[str, str] = {}
    """Their column → our column, for what is taken as it stands."""
    constants: dict[str, str] = {}
    measure: list[Measure] = []
    items: Items | None = None
    approximate: dict[str, Literal["about", "at_least", "more_than", "at_most", "less_than", "between"]] = {}
    """Words and signs beside a number that is not exact: 'about', '≥', and '-' between the ends of a range."""
    lookup: dict[str, dict[str, LookupEntry]] = {}
    """Their column → published word → what it stands for."""
    require: dict[str, list[str]] = {}
    """Their column → the only texts it may have; any other refuses the row."""
    ignore: dict[str, str] = {}
    """Their column → why it is not used."""
    sensitivity: dict[str, str] = {}
    """Their column → how sensitive it is, beyond the source; whatever reads it is at least that strict."""
    missing: dict[str, str] = {"": "O"}
    """Text that means 'no number here' → status (SDMX)."""
    zero: list[str] = []
    """Texts that stand for the number zero, such as a dash where the source says so."""
    no_place: list[str] = []
    """Texts that mean 'no place given' in place columns."""
    thousands: str = ""
    decimal: str = "."
    digits: str = Field("0123456789", min_length=10, max_length=10)
    """The signs from zero to nine of numbers and dates, where they are not these."""
    skip: list[Skip] = []
    expect: Expect = Expect()

    @model_validator(mode="after")
    def _every_column_has_a_fate(self) -> Self:
        ours = set(table_columns(self.table)) | (set(table_columns("item")) if self.table == "event" else set())
        for theirs, name in self.columns.items():
            if name not in ours:
                raise ValueError(f"columns: '{theirs}' is mapped to '{name}', which table {self.table} does not have")
        for name in self.constants:
            if name not in ours:
                raise ValueError(f"constants: table {self.table} has no column '{name}'")
        if mixed := self._codes_with_and_without_variant():
            raise ValueError(f"several published words share the code {mixed}: give each of them a variant")
        by_measure = [measure for measure in self.measure if measure.period]
        if by_measure and (self.table == "event" or self.period or len(by_measure) < len(self.measure)):
            raise ValueError("a measure's period needs table observation, no period, and one in every other measure")
        used = self.used_columns()
        silent = [name for name in self.recognise.columns if name not in used]
        if silent and not self.tidy:
            raise ValueError(f"columns without a fate (map them or list them under ignore): {', '.join(silent)}")
        if unknown := [name for name in self.carried if name not in self.recognise.columns]:
            raise ValueError(f"carried: the file has no column '{unknown[0]}'")
        for column, code in self.sensitivity.items():
            if column not in used | {*self.recognise.columns}:
                raise ValueError(f"sensitivity: the file has no column '{column}'")
            if code not in codes("sensitivity"):
                listed = ", ".join(codes("sensitivity"))
                raise ValueError(f"sensitivity: '{code}' of '{column}' is not in the code list sensitivity: {listed}")
        return self

    def _codes_with_and_without_variant(self) -> str | None:
        """A code that stands for one word alone and for another as a part: their sums would share one key."""
        found: dict[tuple[str | None, str], set[str | None]] = {}
        words = (entry for words in self.lookup.values() for entry in words.values())
        entries: list[Measure | LookupEntry] = [*self.measure, *words]
        for entry in entries:
            code = entry.category or entry.firearm_type
            if code and not entry.condition:
                found.setdefault((entry.dimension, code), set()).add(entry.variant)
        return next((code for (_, code), variants in found.items() if None in variants and len(variants) > 1), None)

    def used_columns(self) -> set[str]:
        """Their columns that are mapped, looked up, required or ignored."""
        period = self.period
        used = {*self.columns, *self.lookup, *self.require, *self.ignore}
        if period:
            columns = (period.label, period.year, period.month, period.day, period.date, period.basis)
            used |= {name for name in columns if name}
        used |= {measure.column for measure in self.measure if measure.column}
        used |= {name for measure in self.measure for name in fields(measure.period)}
        used |= {self.items.column} if self.items else set()
        for skip in self.skip:
            used |= set(skip.where)
        for attempt in (*self.place, *self.counterpart):
            for template in attempt.texts():
                used |= fields(template)
        return used | fields(self.event_key) | fields(self.incident) | fields(self.code)


class Score(Strict):
    """What a source says of one item of the quality rubric, and where that can be seen."""

    score: str
    evidence: str = ""


class Source(Strict):
    """Who counted, who released, where this copy was obtained, under what licence, and how its columns map."""

    name: str
    title: str
    producer: str
    publisher: str
    obtained_from: str
    copy_kind: Literal["copied", "transcribed", "aggregated"]
    derived_from: list[str] = []
    """Names of the sources or registers it builds on."""
    owners: list[str] = []
    contributed: bool = False
    """Whether it came through the portal; said by where its text lies, never by the text."""
    adoptable: bool = False
    """Whether other organisations may use its mapping."""
    embargo: date | None = None
    """Nothing of it is published before this day."""
    layouts_of: str | None = None
    """The built-in source whose layouts a contributed one uses: its files have the same shape."""
    provenance: Literal["official", "non_official", "combined"]
    provenance_subclass: str
    acquisition: Annotated[str, _one_of("acquisition")]
    processing_level: Annotated[str, _one_of("processing_level")] = "as_published"
    licence: str
    address: str
    citation: str
    description: str
    sensitivity: Annotated[str, _one_of("sensitivity")]
    tlp: Annotated[str, _one_of("tlp")]
    disclosure: Disclosure | None = None
    """Must be given where the sensitivity is moderate or above."""
    succession: Literal["whole", "part"]
    required_components: list[str] = [""]
    """Components that must all be held before full files replace the starter figures."""
    coverage: Coverage
    rollup: Rollup = Rollup()
    definition: list[Definition] = []
    caveat: list[Caveat] = []
    correction: list[Correction] = []
    quality: dict[str, Score] = {}
    """Item of the quality rubric → the source's own score."""
    layout: list[Layout]

    def embargoed(self, day: date) -> bool:
        """Whether nothing of it may be published on a day."""
        return self.embargo is not None and day < self.embargo

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.provenance_subclass not in _subclasses(self.provenance):
            raise ValueError(f"'{self.provenance_subclass}' is not a sub-class of {self.provenance}")
        if self.provenance == "combined" and not self.derived_from:
            raise ValueError("a combined source must list what it is derived from")
        if not (self.licence.startswith("LicenseRef-") or self.licence.replace("-", "").replace(".", "").isalnum()):
            raise ValueError("licence must be an SPDX id or begin with LicenseRef-")
        if self.sensitivity != "low" and self.disclosure is None:
            raise ValueError(f"sensitivity {self.sensitivity} asks for a section disclosure: how figures are protected")
        if any(layout.table == "event" and layout.measure for layout in self.layout) and not (
            self.rollup.places and self.rollup.periods
        ):
            raise ValueError("a table of events needs a section rollup: places and periods it is added up to")
        maps = [name for layout in self.layout for name in (*layout.columns.values(), *layout.constants)]
        if self.disclosure and self.disclosure.informants == "column" and "informant_key" not in maps:
            raise ValueError('informants = "column" needs a column that is mapped to informant_key')
        if "sensitivity" in maps and self.tlp == codes("tlp")[0]:
            raise ValueError(f"a source whose rows carry their own sensitivity may not be shared as {self.tlp}")
        strictness = codes("tlp")
        least = vocabularies()["default_tlp"][self.sensitivity]
        if strictness.index(self.tlp) < strictness.index(least):
            raise ValueError(f"a source of sensitivity {self.sensitivity} may be shared no wider than {least}")
        return self


def _subclasses(provenance: str) -> list[str]:
    listed: list[str] = vocabularies()["provenance"][provenance]
    return listed


def fields(template: str | None) -> set[str]:
    """Columns a template names."""
    return {name for _, name, _, _ in Formatter().parse(template) if name} if template else set()


def parse(
    text: str, name: str, shared: Sequence[dict[str, Any] | Layout] | None = None, *, contributed: bool = False
) -> Source:
    """A declaration's text → Source. `shared` layouts (the starter table) are added to its own.

    Raises DeclarationRefused with the line for a syntax error, an unknown key or an impossible value.
    """
    try:
        loaded = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DeclarationRefused(f"{name}.toml is not valid TOML: {error}") from error
    if "contributed" in loaded:
        raise DeclarationRefused(f"{name}.toml: 'contributed' is not a key a declaration has")
    loaded["layout"] = [*_likened(loaded.get("layout", [])), *(shared or [])]
    try:
        return Source.model_validate({"name": name, **loaded, "contributed": contributed})
    except ValidationError as error:
        raise DeclarationRefused("\n".join(_in_words(name, text, e) for e in error.errors())) from error


def demand_contributed(source: Source) -> None:
    """Whether a contributed declaration is data alone. Raises DeclarationRefused with what only built-in ones may have.

    A declaration has no key for a regular expression; what could run code or stand for other figures is refused here.
    """
    for layout in source.layout:
        if layout.tidy:
            raise DeclarationRefused(f"{source.name}, layout {layout.name}: 'tidy' runs code: only built-in ones may.")
        if layout.starter:
            raise DeclarationRefused(f"{source.name}, layout {layout.name}: 'starter' is for built-in sources only.")


def open_keys(value: Any, at: str = "") -> list[str]:
    """Keys of a declaration's dict whose text still begins with OPEN, as 'definition.0.text'."""
    if isinstance(value, dict):
        return [key for name, part in value.items() for key in open_keys(part, f"{at}.{name}".lstrip("."))]
    if isinstance(value, list):
        return [key for i, part in enumerate(value) for key in open_keys(part, f"{at}.{i}".lstrip("."))]
    return [at] if isinstance(value, str) and value.startswith(OPEN) else []


def _likened(layouts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """`like = "name"` takes over every key of an earlier layout that the later one does not set itself."""
    known: dict[str, dict[str, Any]] = {}
    for layout in layouts:
        known[layout.get("name", "")] = {**known.get(layout.pop("like", ""), {}), **layout}
    return list(known.values())


def _in_words(name: str, text: str, error: Any) -> str:
    path = tuple(part for part in error["loc"])
    line = line_of(text, path)
    where = f"{name}.toml, line {line}" if line else f"{name}.toml"
    key = ".".join(str(part) for part in path) or "the declaration"
    if error["type"] == "extra_forbidden":
        return f"{where}: '{path[-1]}' is not a key a declaration has ({key}); check its spelling"
    if error["type"] == "missing":
        return f"{where}: '{key}' is missing"
    return f"{where}: {key}: {error['msg'].removeprefix('Value error, ')}"


def line_of(text: str, path: tuple[str | int, ...]) -> int | None:
    """The line (1-based) on which the key at `path` stands, or that of the nearest table above it."""
    names = [str(part) for part in path if not isinstance(part, int)]
    wanted_index = {tuple(names[:1]): next((part for part in path if isinstance(part, int)), 0)}
    best: tuple[int, int] | None = None
    table: list[str] = []
    seen: dict[tuple[str, ...], int] = {}
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if line.startswith("["):
            header = line.split("#")[0].strip()
            table = [part.strip().strip("\"'") for part in header.strip("[] ").split(".")]
            if header.startswith("[["):
                seen[tuple(table)] = seen.get(tuple(table), -1) + 1
            here = table
        elif "=" in line and not line.startswith("#"):
            here = [*table, line.split("=", 1)[0].strip().strip("\"'")]
        else:
            continue
        first = tuple(here[:1])
        if first in seen and first in wanted_index and seen[first] != wanted_index[first]:
            continue
        depth = 0
        while depth < min(len(here), len(names)) and here[depth] == names[depth]:
            depth += 1
        if depth == len(here) and depth and (best is None or depth > best[0]):
            best = (depth, number)
    return best[1] if best else None
