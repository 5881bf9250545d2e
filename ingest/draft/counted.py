"""What a number counts, and which of our codes a published word stands for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rapidfuzz import fuzz, process

from ingest.draft.cells import split
from ingest.draft.roles import LOOKUPS, Found
from ingest.draft.said import YOUR_ANSWER, Guess, Question
from ingest.draft.words import entries, left_over, meaning, mentions, plain
from ingest.translate import folded
from schemas.said import said
from schemas.vocabulary import codes

MOST_WORDS = 400
MOST_ASKED = 60
COUNTED = {
    ("weapon", "seized"): ("arms_seized", "weapon"),
    ("weapon", "found"): ("arms_found", "weapon"),
    ("weapon", "surrendered"): ("arms_surrendered", "weapon"),
    ("weapon", "destroyed"): ("arms_destroyed", "weapon"),
    ("weapon", "traced"): ("arms_traced", "traced_weapon"),
    ("round", "seized"): ("ammunition_seized", "round"),
    ("magazine", "seized"): ("magazines_seized", "magazine"),
    ("part", "seized"): ("parts_seized", "part"),
    ("seizure_case", "seized"): ("seizure_cases", "seizure_case"),
    ("person", "arrested"): ("persons_arrested", "person_arrested"),
    ("shooting", ""): ("shootings", "incident"),
    ("x_item", "seized"): ("x_other_items_seized", "x_item"),
}
"""What was counted and what was done to it → concept and unit."""
CONCEPTS = {
    "arms_seized/weapon": said("firearms seized"),
    "arms_found/weapon": said("firearms found"),
    "arms_surrendered/weapon": said("firearms handed in"),
    "arms_destroyed/weapon": said("firearms destroyed"),
    "arms_traced/traced_weapon": said("firearms traced"),
    "ammunition_seized/round": said("rounds of ammunition seized"),
    "magazines_seized/magazine": said("magazines seized"),
    "parts_seized/part": said("parts seized"),
    "seizure_cases/seizure_case": said("cases of seizure"),
    "persons_arrested/person_arrested": said("persons arrested"),
    "shootings/incident": said("shootings"),
    "shootings/victim_killed": said("persons killed in shootings"),
    "shootings/victim_injured": said("persons wounded in shootings"),
    "x_other_items_seized/x_item": said("other things seized"),
    "ignore": said("none of these: leave the column out"),
}
DONE_TO_THINGS = ("seized", "found", "surrendered", "destroyed", "traced", "recovered")
NOT_THINGS = {"arrested": "person", "killed": "killed", "injured": "injured"}
LEAVE_OUT = said("leave these rows out, with a reason")
UNIT_OF = {"ammunition": "round", "magazines": "magazine", "parts": "part", "weapons": "weapon", "other": "x_item"}


@dataclass
class Setting:
    """What speaks of the whole file: its title with the sheet, its name, and all headers."""

    title: str
    file_name: str
    headers: list[str]
    has_types: bool
    answered: set[str] = field(default_factory=set)
    """What a person said the numbers count, as 'concept/unit'."""

    done: str | None = None
    """What a person said was done with the things counted, such as 'seized'."""

    def action(self, header: str) -> tuple[str | None, str]:
        """What was done to the things counted ('seized'), and where that stands; None where it is not settled."""
        if self.done:
            return self.done, YOUR_ANSWER
        for where, text in (("header", header), ("headers", " · ".join(self.headers)), ("title", self.title)):
            named = {name: word for name, word in mentions(text, "actions").items() if name in DONE_TO_THINGS}
            if len(named) == 1 and "recovered" not in named:
                name, word = next(iter(named.items()))
                return name, _stands(word, where)
            if named:
                break
        done = {action for (_, action), pair in COUNTED.items() if action and "/".join(pair) in self.answered}
        return (done.pop(), YOUR_ANSWER) if len(done) == 1 else (None, "")

    def thing(self, header: str) -> tuple[str | None, str]:
        """What is counted ('weapon'), and where that stands."""
        named = mentions(header, "objects")
        if len(named) == 1:
            name, word = next(iter(named.items()))
            return name, _stands(word, "header")
        if named:
            return None, ""
        if self.has_types:
            return "weapon", said("there is a column of kinds of weapons")
        for where, text in (("title", self.title), ("file", self.file_name)):
            named = {name: word for name, word in mentions(text, "objects").items() if name != "seizure_case"}
            if len(named) == 1:
                name, word = next(iter(named.items()))
                return name, _stands(word, where)
            if named:
                return None, ""
        return None, ""


def _stands(word: str, where: str) -> str:
    """Where a word stands that decides: header, headers, title or file."""
    return {
        "header": said("the header says “{}”", word),
        "headers": said("another header says “{}”", word),
        "title": said("the title says “{}”", word),
        "file": said("the name of the file says “{}”", word),
    }[where]


def counts(header: str, setting: Setting, answer: str | None, gives: str | None = None) -> tuple[str, str, str] | None:
    """Concept, unit and evidence of one number; None where it has to be asked. `gives`: what its header counts."""
    if answer:
        concept, unit = answer.split("/")
        return concept, unit, YOUR_ANSWER
    done = {name: word for name, word in mentions(header, "actions").items() if name in NOT_THINGS}
    objects = mentions(header, "objects")
    if len(done) == 1 and not set(objects) - {"person"}:
        name, word = next(iter(done.items()))
        if name == "arrested":
            return "persons_arrested", "person_arrested", _stands(word, "header")
        if mentions(f"{setting.title} {setting.file_name}", "objects").get("shooting"):
            shown = said("the header says “{}”, and the title speaks of shootings", word)
            return "shootings", f"victim_{name}", shown
        return None
    if done or {"prosecuted", "convicted"} & set(mentions(header, "actions")):
        return None
    if mentions(setting.title, "against").get("scale"):
        # Numbers in thousands, shares, rates or sums so far are no counts.
        return None
    thing, why = (gives, said("the header is a kind of thing")) if gives else setting.thing(header)
    if thing is None or (gives is None and left_over(header)):
        return None
    if thing == "shooting":
        return "shootings", "incident", why
    action, where = setting.action(header)
    found = COUNTED.get((thing, action or "?"))
    return (*found, said("what is counted: {}; what was done: {}", why, where)) if found else None


def of_persons(header: str) -> bool:
    """Whether a header speaks of persons arrested, and of no things."""
    done = {name for name in mentions(header, "actions") if name in NOT_THINGS}
    return done == {"arrested"} and not set(mentions(header, "objects")) - {"person"}


def needs_action(header: str, setting: Setting, gives: str | None) -> bool:
    """Whether all that is missing is what was done with the things counted: that is asked once for the whole file."""
    if mentions(header, "actions") or (gives is None and left_over(header)):
        return False
    thing = gives or setting.thing(header)[0]
    return thing in {thing for thing, action in COUNTED if action} and setting.action(header)[0] is None


def asked_action() -> Question:
    """What was done with the things a file counts."""
    options = {
        "seized": said("they were seized"),
        "found": said("they were found"),
        "surrendered": said("they were handed in"),
        "destroyed": said("they were destroyed"),
        "traced": said("they were traced"),
        "other": said("something else, or not always the same"),
    }
    return Question("done", said("What was done with the things this file counts?"), options)


def asked(header: str, rows: tuple[int, ...] = ()) -> Question:
    """What a number counts, as a question."""
    words = said("What does each row count?")
    if header:
        words = said("What does the number in the column “{}” count?", header)
    return Question(f"counts:{header}", words, CONCEPTS, rows)


@dataclass
class Words:
    """The lookups of a column, and what shows or asks for them."""

    entries: dict[str, dict[str, str]] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    guesses: list[Guess] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)


def translated(one: Found, table: str, setting: Setting, answers: dict[str, str]) -> Words:
    """The words of a category column → our codes, for table event or observation."""
    found = Words()
    list_name = list_of(one.role)
    texts = _texts(one)
    open_ = _without_number(one) if one.role == "items" else set()
    for text in texts[:MOST_WORDS]:
        key = f"word:{one.column.name}:{text}"
        known = None if text in open_ else meaning(text, list_name)
        gives = _answer(answers[key], list_name) if key in answers else known
        if answers.get(key) == "leave_out":
            found.left_out.append(text)
            continue
        entry = None if gives is None else _entry(gives, list_name, table, one.column.name, setting)
        if entry is None:
            if len(found.questions) < MOST_ASKED:
                row = one.column.rows.filter(one.column.texts == text)
                found.questions.append(_ask(key, text, list_name, one.column.name, tuple(row.to_list()[:3])))
        else:
            found.entries[text] = entry
    if one.column.filled < one.column.n_rows:
        _blank(found, one, list_name, table, setting, answers)
    _variants(found.entries)
    if found.entries:
        some = ", ".join(f"{text} = {_shown(entry)}" for text, entry in list(found.entries.items())[:6])
        shown, known_ = (
            said("its words are known, such as “{}”", some),
            said("words with a meaning: {:d}", len(found.entries)),
        )
        share = len(found.entries) / max(len(texts), 1)
        found.guesses.append(Guess(f"words:{one.column.name}", known_, shown, share))
    return found


def _without_number(one: Found) -> set[str]:
    """Words of things without a number in which digits stand, which may be its number or its calibre: 'rounds 20',
    '9 mm pistol'."""
    parts = [part for cell in split(one.column).values() for part in cell]
    return {word for number, word, _ in parts if not number and any(sign.isdigit() for sign in word)}


def _texts(one: Found) -> list[str]:
    raw = one.column.texts.to_list()
    if one.role == "items":
        raw = [word for cell in split(one.column).values() for number, word, _ in cell if word]
    return list({folded(text): text for text in reversed(raw)}.values())[::-1]


@dataclass(frozen=True)
class Word:
    """One word of a category column: the answer that gives what it is taken to be ('' for nothing), whether a person
    gave it, and the key of that answer."""

    text: str
    taken: str
    answered: bool
    key: str


def words_of(column: str, role: str, lookup: Mapping[str, Mapping[str, str]], answers: Mapping[str, str]) -> list[Word]:
    """The words of a column of a draft that a person may change, in the order of its lookup; then those left out."""
    start, list_name = f"word:{column}:", list_of(role)
    said_of = {key.removeprefix(start): answer for key, answer in answers.items() if key.startswith(start)}
    guessed = {text: _given(entry, list_name) for text, entry in lookup.items() if text}
    return [
        Word(text, said_of.get(text, guessed.get(text, "")), text in said_of, start + text)
        for text in {**guessed, **said_of}
    ]


def list_of(role: str) -> str:
    """The code list of a category column's words."""
    return "firearm_type" if role == "items" else role


def choices(list_name: str) -> dict[str, str]:
    """What a word of a list can be taken to be: answer → what it means, in words or as a code."""
    things = {word: word for word in UNIT_OF} if list_name == "firearm_type" else {}
    return {code: code for code in codes(list_name)} | things | {"leave_out": LEAVE_OUT}


def _given(entry: Mapping[str, str], list_name: str) -> str:
    """The answer that gives an entry of a lookup; '' where it says nothing."""
    if concept := next((word for word, unit in UNIT_OF.items() if unit == entry.get("unit")), None):
        return concept
    if entry.get("dimension", list_name) != list_name:
        return f"OTHER+{entry['category']}"
    code = entry.get("category") or entry.get(list_name, "")
    return "+".join(filter(None, (code, entry.get("condition") if list_name == "firearm_type" else None)))


def _blank(found: Words, one: Found, list_name: str, table: str, setting: Setting, answers: dict[str, str]) -> None:
    """An empty cell: it says nothing of how a row was come by; of a kind it is asked."""
    if list_name in ("acquisition", "condition", "legal_justification") or one.role == "items":
        found.entries[""] = {}
        return
    key = f"word:{one.column.name}:"
    if answers.get(key) == "leave_out":
        found.left_out.append("")
    elif key in answers:
        gives = _answer(answers[key], list_name)
        found.entries[""] = _entry(gives, list_name, table, one.column.name, setting) or {}
    else:
        found.questions.append(_ask(key, "", list_name, one.column.name, ()))


def _answer(answer: str, list_name: str) -> dict[str, str]:
    """'PISTOL', 'SHOTGUN+x_CRAFT', 'ammunition' → what a word gives."""
    gives: dict[str, str] = {}
    for part in answer.split("+"):
        if part in UNIT_OF:
            gives |= {"concept": part, "unit": UNIT_OF[part]}
        elif list_name == "firearm_type" and part in codes("condition") and gives:
            gives["condition"] = part
        else:
            gives[list_name] = part
    return gives


def _entry(gives: dict[str, str], list_name: str, table: str, column: str, setting: Setting) -> dict[str, str] | None:
    """What the declaration says of a word; None where it cannot be said without asking."""
    entry: dict[str, str] = {}
    if concept := gives.get("concept"):
        if concept == "weapons":
            return {} if table == "event" else None
        action, _ = setting.action(column)
        pair = COUNTED.get((UNIT_OF[concept], action or "?"))
        if pair is None:
            return None
        return {"concept": pair[0], "unit": pair[1]}
    code = gives.get(list_name, "")
    if table == "event" or list_name in ("acquisition",):
        entry = {key: value for key, value in gives.items() if key != "relation"}
    elif list_name == "firearm_type" and code == "OTHER" and gives.get("condition"):
        entry = {"dimension": "condition", "category": gives["condition"]}
    elif gives.get("condition") and list_name == "firearm_type":
        return {"dimension": list_name, "category": code, "relation": "broadMatch"}
    else:
        entry = {"dimension": list_name, "category": code}
    return entry | ({"relation": gives["relation"]} if "relation" in gives else {})


def _variants(words: dict[str, dict[str, str]]) -> None:
    """Several published words under one code are kept apart by their own text."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for text, entry in words.items():
        code = entry.get("category") or entry.get("firearm_type")
        if code:
            groups.setdefault((entry.get("dimension", ""), code), []).append(text)
    for texts in groups.values():
        if len(texts) > 1:
            for text in texts:
                words[text]["variant"] = text
                words[text].setdefault("relation", "broadMatch")


def _shown(entry: dict[str, str]) -> str:
    code = entry.get("category") or entry.get("firearm_type") or entry.get("concept") or next(iter(entry.values()), "–")
    return f"{code} {entry['condition']}" if "condition" in entry and code != entry["condition"] else code


def _ask(key: str, text: str, list_name: str, column: str, rows: tuple[int, ...]) -> Question:
    known = entries(list_name)
    near = (
        process.extract(plain(text), list(known), scorer=fuzz.token_set_ratio, limit=8, score_cutoff=60) if text else []
    )
    options: dict[str, str] = {}
    for word, _, _ in near:
        gives = known[word]
        code = gives.get("concept") or "+".join(v for k, v in gives.items() if k in (list_name, "condition"))
        options.setdefault(code, said("the same as “{}”", word))
    options = dict(list(options.items())[:4])
    options |= {code: words for code, words in choices(list_name).items() if code not in options}
    words = said("What does an empty cell of the column “{}” mean?", column)
    if text:
        words = said("What does the word “{}” in the column “{}” mean?", text, column)
    return Question(key, words, options, rows)


def lookups(columns: Iterable[Found]) -> list[Found]:
    """Columns whose words are translated."""
    return [one for one in columns if one.role in LOOKUPS or one.role == "items"]


def measure_of(entry: dict[str, Any], table: str) -> dict[str, str]:
    """What a column of numbers whose header is a kind of weapon says in its measure."""
    if table == "event":
        return {key: value for key, value in entry.items() if key in ("firearm_type", "condition")}
    return {key: value for key, value in entry.items() if key in ("dimension", "category")}
