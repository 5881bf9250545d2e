"""Which place a row speaks of: the country, and the level of each column, by which names of the register fit best."""

from dataclasses import dataclass, field
from typing import Any

import polars as pl

from ingest.draft.roles import Found, usable
from ingest.draft.said import YOUR_ANSWER, Guess, Question
from ingest.draft.words import plain, says
from ingest.places import one_way
from ingest.register.gazetteer import Gazetteer, bare, normalise_text
from schemas.declaration import Layout, PlaceTry, Read, Recognise, fields
from schemas.said import said

LEVELS = ("admin1", "admin2")
MOST_NAMES = 6000
MOST_ASKED = 40
FITS = 0.6
AHEAD = 0.15
SURE = 0.9
DIRECTIONS = (
    *("central", "centre", "center", "centro", "north", "south", "norte", "northern", "southern", "eastern", "western"),
    *("littoral", "coast", "capital", "federal", "nacional", "oriental", "occidental", "islands", "lakes"),
)
"""Names of states that are also plain words of titles."""
LEVEL_WORDS = {"admin1": said("states or provinces"), "admin2": said("municipalities or districts")}
CODES = ("CO-DANE:{%s:05}", "MX-INEGI:{%s:05}", "BR-IBGE:{%s:07}", "US-FIPS:{%s:05}")


@dataclass
class Where:
    """The ways to find the place, as a declaration writes them, finest first, and what shows or asks for them."""

    tries: list[dict[str, Any]] = field(default_factory=list)
    guesses: list[Guess] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    used: dict[str, str] = field(default_factory=dict)
    """Column → its level."""
    pending: set[str] = field(default_factory=set)
    """Columns that are known for what they are, and wait for the country."""


def countries_named(text: str, gazetteer: Gazetteer) -> list[str]:
    """Countries whose name a text says, in any of seven languages."""
    compared = f" {normalise_text(plain(text))} "
    held = gazetteer.places.filter(level="country").select("code", "name")
    names = pl.concat([held, gazetteer.names.join(held.select("code"), on="code").select("code", "name")])
    found: dict[str, str] = {}
    for code, name in names.iter_rows():
        # 'МВД Республики Молдова' names it but for the word for what kind of country it is.
        for word in (normalise_text(name), bare(name)):
            long = len(word) > 3 or any(ord(sign) > 0x3000 for sign in word)
            if long and says(compared.strip(), word) and len(word) > len(found.get(code, "")):
                found[code] = word
    # 'Guinea' inside 'Equatorial Guinea' names one country, not two.
    return [c for c, word in found.items() if not any(word != other and word in other for other in found.values())]


def placed(
    rows: pl.DataFrame, columns: list[Found], title: str, answers: dict[str, str], gazetteer: Gazetteer
) -> Where:
    """How the rows' places are found."""
    where = Where()
    names = [one for one in columns if _may_be_place(one, answers)]
    coded = _codes(columns, gazetteer)
    country_column = next((one for one in names if one.role == "country"), None)
    country = _country(where, country_column, names, title, answers, gazetteer)
    if coded is not None:
        one, pattern, share = coded
        where.used[one.column.name] = "code"
        shown = said("{} of its cells are codes of the form “{}”", f"{share:.0%}", pattern)
        where.guesses.append(Guess(f"column:{one.column.name}", "place_code", shown, share))
        where.tries.append({"code": pattern})
    if country_column is None and not any(one.role == "admin1" for one in names):
        country = _state(where, country, names, title, answers, gazetteer)
    if country is None:
        _pend(where, names)
        return where
    levels = _levels(where, [one for one in names if one is not country_column], country, answers, gazetteer)
    above: Any = country["within"]
    chain: list[dict[str, Any]] = []
    for level in LEVELS:
        if level in levels:
            found, scheme = levels[level]
            attempt: dict[str, Any] = {"name": f"{{{found.column.name}}}", "level": level, "within": above}
            if scheme != "name":
                attempt["scheme"] = scheme
            _lookup(where, attempt, rows, found, answers, gazetteer)
            chain.insert(0, attempt)
            above = attempt
    if not chain:
        chain = [country["try"]]
        if country_column is not None:
            _lookup(where, country["try"], rows, country_column, answers, gazetteer)
    where.tries += chain
    return where


def _apart(names: list[Found]) -> None:
    """'Canton' may be a word for either level: beside a column of provinces it is the lower one."""
    upper = [one for one in names if one.role == "admin1" and one.whole]
    either = [one for one in upper if "admin2" in one.likely]
    if len(upper) == 2 and len(either) == 1:
        either[0].role = "admin2"


def _pend(where: Where, names: list[Found]) -> None:
    """Columns of places by their headers, of which it is not known yet in which country they lie."""
    _apart(names)
    for level in LEVELS:
        those = [one for one in names if one.role == level and one.column.name not in where.used]
        for one in those if len(those) == 1 or level == "admin2" else []:
            where.pending.add(one.column.name)
            shown = said("its header is “{}”; which places they are is seen once the country is known", one.column.name)
            where.guesses.append(Guess(f"column:{one.column.name}", level, shown))


def _may_be_place(one: Found, answers: dict[str, str]) -> bool:
    if not usable(one.column.name):
        return False
    if one.role in ("country", "admin1", "admin2", "place"):
        return True
    likely = one.role in ("site", "") and (one.numbers is None or one.numbers.share < 0.5)
    short = likely and 0 < len(one.column.texts) <= MOST_NAMES
    return short and float(one.column.texts.str.len_chars().mean() or 99) < 40  # type: ignore[arg-type]


def _codes(columns: list[Found], gazetteer: Gazetteer) -> tuple[Found, str, float] | None:
    """A column of municipality codes of a national register we hold."""
    for one in columns:
        if one.role == "place_code":
            for pattern in CODES:
                width = int(pattern[-2])
                texts = one.column.latin.str.strip_suffix(".0").str.zfill(width)
                share = one.column.share(gazetteer.known(pattern.split("{")[0] + texts))
                if share >= 0.9:
                    return one, pattern % one.column.name, share
    return None


def _country(
    where: Where,
    column: Found | None,
    names: list[Found],
    title: str,
    answers: dict[str, str],
    gazetteer: Gazetteer,
) -> dict[str, Any] | None:
    if column is not None:
        way = _country_column(column, gazetteer)
        if way is not None:
            share, attempt = way
            where.used[column.column.name] = "country"
            shown = said("{} of its cells are countries", f"{share:.0%}")
            where.guesses.append(Guess(f"column:{column.column.name}", "country", shown, share))
            return {"within": attempt, "try": attempt}
    if answers.get("country"):
        code = answers["country"]
        where.guesses.append(Guess("country", code, YOUR_ANSWER))
        return {"within": code, "try": {"code": code}}
    named = countries_named(title, gazetteer)
    each = _shares(names, gazetteer)
    shares = _mean(each)
    ranked = sorted(shares, key=lambda code: -shares[code][0])
    best = ranked[0] if ranked else None
    second = shares[ranked[1]][0] if len(ranked) > 1 else 0
    chosen: str | None = None
    shown = ""
    fits = bool(named) and (named[0] == best or shares.get(named[0], (0, 0))[0] >= FITS)
    if len(named) == 1 and (fits or (best is None and not _of_another_too(title, named[0], gazetteer))):
        chosen, shown = named[0], said("the title or the name of the file says so")
        if chosen in shares:
            there = f"{shares[chosen][0]:.0%}"
            shown = said("the title or the name of the file says so, and {} of the place names lie there", there)
    elif (
        best is not None
        and not named
        and shares[best][0] >= FITS
        and shares[best][1] >= 3
        and second < 0.5 * shares[best][0]
    ):
        there, next_ = f"{shares[best][0]:.0%}", f"{second:.0%}"
        chosen, shown = best, said("{} of the place names lie there, {} in the next country", there, next_)
    elif not named and (alone := _one_column_says(each)):
        chosen, share, name = alone
        shown = said("{} of the place names in “{}” lie there, and few in any other country", f"{share:.0%}", name)
    if chosen is not None:
        where.guesses.append(Guess("country", chosen, shown, shares.get(chosen, (1.0, 0))[0]))
        return {"within": chosen, "try": {"code": chosen}}
    held = dict(gazetteer.places.filter(level="country").select("code", "name").iter_rows())
    options = {code: held[code] for code in dict.fromkeys([*named, *ranked[:5]])}
    where.questions.append(Question("country", said("Which country is the file about?"), options, free=True))
    return None


def states_named(text: str, within: str | None, gazetteer: Gazetteer) -> dict[str, str]:
    """States or provinces whose name a text says → that name; `within` a country, or else anywhere."""
    compared = normalise_text(plain(text))
    held = gazetteer.places.filter(level="admin1").select("code", "country", "name")
    others = pl.concat(
        [
            gazetteer.aliases.filter(scheme="name").select("code", name="alias"),
            gazetteer.names.select("code", "name"),
        ]
    ).join(held.select("code", "country"), on="code")
    plain_words = {normalise_text(name) for name in gazetteer.places.filter(level="country")["name"]} | {*DIRECTIONS}
    found: dict[str, str] = {}
    for code, country, name in pl.concat([held, others.select(held.columns)]).iter_rows():
        for word in (normalise_text(name), bare(name)):
            # Anywhere in the world many a short word is a state's name.
            long = len(word) > (6 if within is None else 4) or any(ord(sign) > 0x3000 for sign in word)
            if within in (None, country) and long and word not in plain_words and says(compared, word):
                found[code] = max(found.get(code, ""), word, key=len)
    return {c: w for c, w in found.items() if not any(w != other and w in other for other in found.values())}


def _state(
    where: Where,
    country: dict[str, Any] | None,
    names: list[Found],
    title: str,
    answers: dict[str, str],
    gazetteer: Gazetteer,
) -> dict[str, Any] | None:
    """The one state a whole file is about, where its title names one: else its rows would stand for the country."""
    named = states_named(title, country["within"] if country else None, gazetteer)
    answer = answers.get("state")
    if not named or answer == "no":
        return country
    if answer not in named:
        of_it = {code: _of_a_town(names, code, gazetteer) for code in named}
        answer = max(of_it, key=lambda code: of_it[code]) if country else ""
        if of_it.get(answer, 0) < SURE:
            official = dict(gazetteer.places.filter(level="admin1").select("code", "name").iter_rows())
            options = {code: official[code] for code in sorted(named)}
            options["no"] = said("no: they lie in other states too, or it is the name of something else")
            word = next(iter(named.values()))
            words = said("The title or the name of the file says “{}”. Do all its rows lie there?", word)
            # Its answer says which country it is.
            where.questions = [question for question in where.questions if question.key != "country"]
            where.questions.append(Question("state", words, options))
            return None
        shown = said(
            "the title or the name of the file says so, and {} of the place names lie there", f"{of_it[answer]:.0%}"
        )
        where.guesses.append(Guess("state", answer, shown, of_it[answer]))
    else:
        where.guesses.append(Guess("state", answer, YOUR_ANSWER))
        where.questions = [question for question in where.questions if question.key != "country"]
    return {"within": answer, "try": {"code": answer}}


def _of_a_town(names: list[Found], state: str, gazetteer: Gazetteer) -> float:
    """The greatest share of a column's names that are municipalities of a state."""
    shares = [float(_resolved(one.column.texts, "admin2", state, "name", gazetteer).mean() or 0) for one in names]  # type: ignore[arg-type]
    return max(shares, default=0)


def _of_another_too(title: str, country: str, gazetteer: Gazetteer) -> bool:
    """Whether what names a country in a title may name a state of another, or a part of another's name: 'Niger State',
    'Georgia', 'Congo'. Then places have to show which is meant."""
    compared = normalise_text(plain(title))
    held = gazetteer.places.filter(pl.col("level").is_in(["country", "admin1"])).select("code", "country", "name")
    own = {word for name in held.filter(code=country)["name"] for word in (normalise_text(name), bare(name))}
    said_ = {word for word in own if word and says(compared, word)}
    others = {normalise_text(name) for name in held.filter(pl.col("country") != country)["name"]}
    return any(word == other or bare(other) == word or says(other, word) for word in said_ for other in others)


def _country_column(column: Found, gazetteer: Gazetteer) -> tuple[float, dict[str, Any]] | None:
    texts = column.column.texts
    template = f"{{{column.column.name}}}"
    if (share := column.column.share(gazetteer.known(texts) & (texts.str.len_chars() == 3))) >= FITS:
        return share, {"code": template}
    for scheme in ("name", "ISO2"):
        found = _resolved(texts, "country", None, scheme, gazetteer)
        if (share := column.column.share(found)) >= FITS:
            attempt = {"name": template, "level": "country"} | ({} if scheme == "name" else {"scheme": scheme})
            return share, attempt
    return None


def _resolved(texts: pl.Series, level: str, within: str | None, scheme: str, gazetteer: Gazetteer) -> pl.Series:
    found = _asked(texts, level, within, scheme, gazetteer)["code"].is_not_null()
    if scheme != "name" or within is None or level != "admin1":
        return found
    return found | pl.Series([len(codes) == 1 for codes in gazetteer.alike(texts, level, within)], dtype=pl.Boolean)


def _asked(texts: pl.Series, level: str, within: str | None, scheme: str, gazetteer: Gazetteer) -> pl.DataFrame:
    asked = pl.DataFrame({"name": texts}).with_columns(
        pl.lit(level).alias("level"), pl.lit(within, pl.String).alias("within")
    )
    return gazetteer.by_name(asked, scheme)


Shares = dict[str, tuple[float, int]]
"""Country → the share of different place names that lie there, and how many do."""


def _shares(names: list[Found], gazetteer: Gazetteer) -> dict[str, Shares]:
    """Column → where its place names lie, by the level that fits best."""
    of = dict(gazetteer.places.select("code", "country").iter_rows())
    columns = [one for one in names if one.role in ("admin1", "admin2", "place")] or names
    found: dict[str, Shares] = {}
    for one in columns:
        texts = one.column.texts
        best = found.setdefault(one.column.name, {})
        # A district may be a state by another name; a province is no municipality.
        of_states = one.whole and one.role == "admin1" and "admin2" not in one.likely
        for level in LEVELS[:1] if of_states else LEVELS:
            asked = _asked(texts, level, None, "name", gazetteer)
            hits = [[code] if code else list(several) for code, several in asked.select("code", "candidates").rows()]
            if level == "admin1":
                loose = gazetteer.alike(texts, level)
                hits = [exact or near for exact, near in zip(hits, loose, strict=True)]
            for country, there in _by_country(texts.to_list(), hits, of).items():
                share = len(there) / len(texts)
                if share > best.get(country, (0, 0))[0]:
                    best[country] = share, len(there)
    return found


def _mean(each: dict[str, Shares]) -> Shares:
    """The mean over all columns."""
    countries = {country for shares in each.values() for country in shares}
    return {
        country: (
            sum(shares.get(country, (0, 0))[0] for shares in each.values()) / len(each),
            max(shares.get(country, (0, 0))[1] for shares in each.values()),
        )
        for country in sorted(countries)
    }


def _one_column_says(each: dict[str, Shares]) -> tuple[str, float, str] | None:
    """The country of which one column names states, where it fits nowhere else and no other column speaks against it.

    The other columns may name towns, which the register does not hold for most countries.
    """
    sure: dict[str, tuple[float, str]] = {}
    for name, shares in each.items():
        ranked = sorted(shares, key=lambda country: -shares[country][0])
        if not ranked:
            continue
        share, hits = shares[ranked[0]]
        second = shares[ranked[1]][0] if len(ranked) > 1 else 0
        if share >= 0.8 and hits >= 3 and second <= 0.5 * share:
            sure[ranked[0]] = max(sure.get(ranked[0], (0.0, name)), (share, name))
    if len(sure) != 1:
        return None
    ((country, (share, name)),) = sure.items()
    return country, share, name


def _by_country(texts: list[str], hits: list[list[str]], of: dict[str, str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for text, codes in zip(texts, hits, strict=True):
        for code in codes:
            found.setdefault(of.get(code) or "?", set()).add(text)
    return found


def _levels(
    where: Where, names: list[Found], country: dict[str, Any], answers: dict[str, str], gazetteer: Gazetteer
) -> dict[str, tuple[Found, str]]:
    """Level → the column that names places of that level, and by which scheme of names."""
    within = country["within"] if isinstance(country["within"], str) else None
    of = dict(gazetteer.places.select("code", "country").iter_rows())
    fits: list[tuple[float, str, Found, str]] = []
    finer: list[Found] = []
    for one in names:
        shares = {level: _best_scheme(one, level, within, gazetteer) for level in LEVELS}
        if within and shares["admin1"][0] < FITS and one.role == "admin2" and not gazetteer.holds("admin2", of[within]):
            # No register of these is held for the country, or its states are called districts.
            finer.append(one)
            continue
        level = _level(where, one, {k: v[0] for k, v in shares.items()}, answers)
        if level:
            fits.append((shares[level][0], level, one, shares[level][1]))
    levels: dict[str, tuple[Found, str]] = {}
    for share, level, one, scheme in sorted(fits, key=lambda fit: (-(fit[2].role == fit[1]), -fit[0])):
        if level in levels:
            if one.role in LEVELS or one.role == "place":
                one.role = ""
            continue
        levels[level] = one, scheme
        where.used[one.column.name] = level
        n, country_ = len(one.column.texts), within or said("their country")
        shown = said("{} of its {:d} names are {} of {}", f"{share:.0%}", n, LEVEL_WORDS[level], country_)
        where.guesses.append(Guess(f"column:{one.column.name}", level, shown, share))
    if not levels:
        levels = _by_its_header(where, names)
    if within and ("admin1" in levels or of[within] != within):
        # The columns are known for what they are, and not used.
        of_both = [one for one in names if one.role in LEVELS and one.whole and "admin2" in one.likely]
        held = gazetteer.holds("admin2", of[within])
        for one in [*finer, *([] if held else of_both)]:
            if one.column.name not in where.used:
                one.role = "site"
    return levels


def _by_its_header(where: Where, names: list[Found]) -> dict[str, tuple[Found, str]]:
    """The one column whose header is a word for states, where none has names that are known: each of its few names can
    be asked."""
    _apart(names)
    said_so = [one for one in names if one.role == "admin1" and one.whole and len(one.column.texts) <= MOST_ASKED]
    if len(said_so) != 1:
        return {}
    (one,) = said_so
    where.used[one.column.name] = "admin1"
    where.guesses.append(Guess(f"column:{one.column.name}", "admin1", said("its header is “{}”", one.column.name)))
    return {"admin1": (one, "name")}


def _best_scheme(one: Found, level: str, within: str | None, gazetteer: Gazetteer) -> tuple[float, str]:
    texts = one.column.texts
    share = float(_resolved(texts, level, within, "name", gazetteer).mean() or 0)  # type: ignore[arg-type]
    if share >= FITS or within is None or level != "admin1":
        return share, "name"
    iso2 = {"BRA": "BR-UF", "MEX": "MX-INEGI-ENT", "COL": "CO-DANE-DEP", "USA": "US-USPS"}.get(within)
    if iso2:
        other = float(_resolved(texts, level, within, iso2, gazetteer).mean() or 0)  # type: ignore[arg-type]
        if other > share:
            return other, iso2
    return share, "name"


def _level(where: Where, one: Found, shares: dict[str, float], answers: dict[str, str]) -> str | None:
    name = one.column.name
    answer = answers.get(f"level:{name}") or answers.get(f"column:{name}")
    if answer in LEVELS:
        return answer
    best = max(shares, key=lambda level: shares[level])
    other = next(level for level in LEVELS if level != best)
    least = 0.8 if one.role in ("", "site") else 0.5
    if shares[best] < least or (one.role == "" and len(one.column.texts) < 3):
        return None
    if shares[best] - shares[other] >= AHEAD:
        return best
    if one.role in LEVELS:
        return one.role
    options = {level: said("{} ({} of the names fit)", LEVEL_WORDS[level], f"{shares[level]:.0%}") for level in LEVELS}
    where.questions.append(Question(f"level:{name}", said("Which places does the column “{}” name?", name), options))
    return None


def _lookup(
    where: Where,
    attempt: dict[str, Any],
    rows: pl.DataFrame,
    found: Found,
    answers: dict[str, str],
    gazetteer: Gazetteer,
) -> None:
    """Names that do not resolve are asked with what the register suggests; answers become the try's lookup."""
    way = PlaceTry.model_validate(attempt)
    columns = sorted({name for text in way.texts() for name in fields(text)})
    unique = rows.select(columns).unique(maintain_order=True) if columns else pl.DataFrame({"_": [0]})
    layout = Layout(name="rows", table="event", read=Read(format="csv"), recognise=Recognise())
    tried = pl.concat([unique, one_way(unique, way, layout, gazetteer)], how="horizontal")
    open_ = tried.filter(pl.col("_code").is_null(), pl.col("_text").is_not_null(), pl.col("_text") != "")
    lookup: dict[str, str] = {}
    for text in open_["_text"].unique(maintain_order=True)[:MOST_ASKED].to_list():
        key = f"place:{found.column.name}:{text}"
        if key in answers:
            if answers[key] != "leave":
                lookup[text] = answers[key]
            continue
        within = attempt.get("within") if isinstance(attempt.get("within"), str) else None
        held = open_.filter(pl.col("_text") == text)
        if within and attempt.get("level") == "admin1" and held["_kind"][0] != "ambiguous_place":
            (codes,) = gazetteer.alike(pl.Series([text]), "admin1", within)
            if len(codes) == 1:
                lookup[text] = codes[0]
                where.guesses.append(
                    Guess(key, codes[0], said("it is its name but for the word for the kind of place"))
                )
                continue
        near = gazetteer.suggest(text, attempt.get("level"), within)
        if held["_kind"][0] == "ambiguous_place":
            codes = str(held["_known"][0]).split(" or ")
            official = dict(gazetteer.places.filter(pl.col("code").is_in(codes)).select("code", "name").iter_rows())
            options = {code: official.get(code, code) for code in codes}
            words = said("Several places are called “{}”. Which one is meant?", text)
        else:
            options = dict(near)
            words = said("No place is known as “{}”. Which one is meant?", text)
        options["leave"] = said("none of these: its rows are refused until somebody says")
        row = found.column.rows.filter(found.column.texts == text)
        where.questions.append(Question(key, words, options, tuple(row.to_list()[:1]), free=True))
    if lookup:
        attempt["lookup"] = lookup
