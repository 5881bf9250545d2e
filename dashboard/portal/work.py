"""What the portal does with files: every look into one happens in a child process with limits.

Texts in, plain answers out; nothing of Streamlit. Raises schemas.issue.FileRefused with the reason.
"""

import json
import shutil
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl

from dashboard.language import _, sentence
from dashboard.portal import form
from dashboard.portal.outcome import once
from dashboard.words import say
from ingest import contributions, ledger, quarantine
from ingest.contained import code, run
from ingest.contributions import Contribution
from ingest.declarations import declared, of_text
from ingest.draft.counted import Word, choices, list_of, words_of
from ingest.draft.roles import CHOICES, LOOKUPS
from ingest.folder import Folder
from ingest.keep import digest
from ingest.roles import Actor
from schemas.issue import FileRefused

AS_NEW = "as_new"
"""The answer that a file of a known shape is to be read as a new table."""
ROLES = tuple(CHOICES)
"""What a column can be."""
CANDIDATE, REHEARSAL = "candidate", "rehearsal"
ROOM = 3_000_000_000
"""Bytes a rehearsal may take: it works with the place register and the current release, not with the file alone."""
CHANGES = 200
"""Changed figures that a steward sees at once."""
SHOWN = 12
"""First rows of a file that are shown."""


def look(folder: Folder, contribution: Contribution) -> dict[str, Any]:
    """What an upload is, what cleaning would take away, and where personal data were found."""
    with quarantine.opened(folder, contribution.upload or "") as plain:
        found: dict[str, Any] = run("ingest.intake:look", {"path": str(plain)})
        return found


def clean(folder: Folder, contribution: Contribution, sheet: str, ways: dict[str, str]) -> Path:
    """Makes the cleaned copy that its contributor is to confirm. `ways`: key of a column → remove, hash_ or empty."""
    place = _fresh(folder, contribution, CANDIDATE)
    wishes = {way: [key for key, chosen in ways.items() if chosen == way] for way in ("remove", "hash_", "empty")}
    with quarantine.opened(folder, contribution.upload or "") as plain:
        asked = {"path": str(plain), "into": str(place), "sheet": sheet, **wishes}
        made = run("ingest.clean:clean", asked, seconds=60)
    return place / str(made["name"])


def candidate(folder: Folder, contribution: Contribution) -> Path | None:
    """The cleaned copy that waits to be confirmed, where there is one."""
    return next(iter(sorted((contributions.path(folder, contribution.id) / CANDIDATE).glob("*.*"))), None)


def confirm(folder: Folder, actor: Actor, contribution: Contribution) -> Contribution:
    """Keeps the cleaned copy and destroys the original."""
    copy = candidate(folder, contribution)
    if copy is None:
        raise contributions.ContributionRefused("There is no cleaned copy yet.")
    kept = contributions.confirmed(folder, actor, contribution, copy)
    quarantine.destroy(folder, contribution.upload or "")
    shutil.rmtree(copy.parent)
    return kept


def drop(folder: Folder, actor: Actor, contribution: Contribution) -> None:
    """Throws away a contribution and its original. Raises NotAllowed and ContributionRefused."""
    contributions.drop(folder, actor, contribution)
    if contribution.upload:
        quarantine.destroy(folder, contribution.upload)


def first_rows(copy: Path) -> list[list[str]]:
    """The first rows of a file, as it stands."""
    rows: list[list[str]] = run("ingest.intake:first_rows", {"path": str(copy), "rows": SHOWN})
    return rows


def forget_answers(folder: Folder, actor: Actor, contribution: Contribution, key: str | None = None) -> None:
    """Takes one answer to the draft's questions back, or all of them; the next look drafts anew."""
    left = {} if key is None else {name: answer for name, answer in contribution.answers.items() if name != key}
    contributions.save(folder, actor, contribution, answers=left, drafted={}, asked={})


def columns(contribution: Contribution) -> dict[str, str]:
    """The columns of a drafted file → what each was taken to be."""
    guesses = contribution.asked.get("guesses", [])
    named = {guess["key"].partition(":")[::2]: guess["value"] for guess in guesses}
    return {column: role for (kind, column), role in named.items() if kind == "column"}


def words(contribution: Contribution, column: str) -> tuple[list[Word], dict[str, str]]:
    """The words of a category column with what each was taken to be, and what can be chosen: answer → meaning."""
    role = columns(contribution).get(column, "")
    if role not in (*LOOKUPS, "items"):
        return [], {}
    (layout,) = contribution.drafted["layout"]
    found = words_of(column, role, layout.get("lookup", {}).get(column, {}), contribution.answers)
    return found, choices(list_of(role))


def title(folder: Folder, source: str) -> str:
    """What a source is called."""
    return declared(folder)[source].title


def draft(folder: Folder, actor: Actor, contribution: Contribution, answers: dict[str, str]) -> Contribution:
    """Drafts the declaration anew with these answers beside the earlier ones, and keeps both."""
    given = contribution.answers | answers
    copy = contributions.copy_of(folder, contribution)
    known = {source.name: source for source in contributions.recognisable(folder, contribution.organisation)}
    name = None if AS_NEW in given else _recognised(folder, contribution, copy)
    if name is None:
        asking = {key: answer for key, answer in given.items() if key != AS_NEW}
        told = run("ingest.draft:drafted", {"path": str(copy), "answers": asking}, seconds=60)
        drafted, asked = told["declaration"], told
        (layout,) = drafted["layout"]
        filled = form.drafted(layout["recognise"]["columns"], layout["read"]) if AS_NEW not in given else None
        if filled is not None:
            drafted, asked = drafted | filled, {"guesses": [], "questions": []}
    else:
        drafted, asked = contributions.mapping(known[name]), {"guesses": [], "questions": []}
    return contributions.save(folder, actor, contribution, answers=given, recognised=name, drafted=drafted, asked=asked)


def _recognised(folder: Folder, contribution: Contribution, copy: Path) -> str | None:
    """The source whose layout a file has, of those its organisation may use the layouts of; None where it has none."""
    names: dict[str, str | None] = run(
        "ingest.contributions:recognised",
        {"root": str(folder.root), "organisation": contribution.organisation, "copy": str(copy)},
    )
    return names["source"]


def rehearse(folder: Folder, contribution: Contribution) -> dict[str, Any]:
    """What a build would do with it, and the folder `place` with the tables of the answer.

    Asked again with nothing changed, it is answered from what was kept. Raises FileRefused, DeclarationRefused and
    ContributionRefused.
    """
    copy = contributions.copy_of(folder, contribution)
    asked = {
        "text": contributions.declaration(folder, contribution),
        "name": contributions.name_of(folder, contribution),
        "released": contributions.released(contribution),
    }
    where = {"root": str(folder.root), "copy": str(copy)}

    def made(into: Path) -> dict[str, Any]:
        told: dict[str, Any] = run(
            "warehouse.rehearsal:rehearse", {**asked, **where, "into": str(into)}, seconds=120, memory=ROOM
        )
        return told

    outcomes = contributions.path(folder, contribution.id) / REHEARSAL
    try:
        key = _key(folder, copy, asked)
        outcomes.mkdir(mode=0o700, exist_ok=True)
        told, place = once(outcomes, key, made)
    finally:
        if not copy.is_file():
            # Whoever took it away meanwhile may not have seen what was put here since.
            shutil.rmtree(outcomes, ignore_errors=True)
        contributions.demand_copy(folder, contribution)
    return told | {"place": str(place)}


def _key(folder: Folder, copy: Path, asked: dict[str, Any]) -> str:
    """What a rehearsal depends on. A day can end an embargo; a release becomes the current one after its act."""
    current = folder.current.read_text(encoding="utf-8") if folder.current.exists() else ""
    today = datetime.now(UTC).date().isoformat()
    facts = [asked, digest(copy), ledger.head(folder), current, today, code()]
    return sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:32]


def annotated(folder: Folder, contribution: Contribution) -> bytes:
    """The file with what became of each row and why, in the language in use, as CSV."""
    from warehouse.export import as_csv
    from warehouse.rehearsal import annotated as rows_with_reasons

    told = rehearse(folder, contribution)
    source = of_text(contributions.declaration(folder, contribution), contributions.name_of(folder, contribution))
    rows = rows_with_reasons(
        contributions.copy_of(folder, contribution),
        Path(told["place"]),
        source,
        told["layout"],
        heads=(_("Row"), _("Fate"), _("What is the matter, and what to do")),
        fate=lambda fate: say("fate", fate),
        sentence=sentence,
    )
    return as_csv(rows).encode()


def refusal(refused: FileRefused) -> tuple[str, str]:
    """A refused file in words: what is the matter, and what to do."""
    from ingest.accept import refusal as as_issue

    row = as_issue(refused, source=None, snapshot="0" * 64, file_name="").row(0, named=True)
    return sentence(row["sentence"]), sentence(row["repair"])


def _fresh(folder: Folder, contribution: Contribution, name: str) -> Path:
    place = contributions.path(folder, contribution.id) / name
    # Not where it was thrown away meanwhile.
    with contributions.held(folder, contribution.id):
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(mode=0o700)
    return place


def owned(folder: Folder, actor: Actor) -> dict[str, str]:
    """Sources in force of the actor's organisation: name → title."""
    organisation = actor.organisation or contributions.ALONE
    return {name: source.title for name, source in contributions.own_sources(folder, organisation).items()}


def published(folder: Folder, source: str) -> dict[str, Any]:
    """How many figures of a source the current release holds, its files, and how many organisations adopted it."""
    from warehouse.inputs import held_files
    from warehouse.release import NoRelease, open_release

    figures = 0
    try:
        with open_release(folder, tier="amber") as con:
            found = con.execute("select count(*) from figure where source = ?", [source]).fetchone()
            figures = found[0] if found else 0
    except NoRelease:
        pass
    files = [f"{file.received_at[:10]}: {file.bytes:,} B" for file in held_files(folder).get(source, [])]
    return {"figures": figures, "files": files, "adoptions": len(contributions.adoptions(folder).get(source, ()))}


def offered(folder: Folder) -> list[dict[str, Any]]:
    """Mappings that may be adopted, in the alphabetical order of their titles."""
    adopted = contributions.adoptions(folder)
    known = contributions.adoptable(folder, "").items()
    listed = [
        {
            "name": name,
            "title": source.title,
            "description": source.description,
            "columns": [*dict.fromkeys(column for layout in source.layout for column in layout.recognise.columns)],
            "owners": source.owners,
            "adopted_by": adopted.get(name, set()),
            "adoptions": len(adopted.get(name, ())),
        }
        for name, source in known
    ]
    return sorted(listed, key=lambda one: str(one["title"]).casefold())


def changes_of(told: dict[str, Any]) -> list[dict[str, Any]]:
    """The first figures that are new, changed or gone, in the order of concept, place and period."""
    return pl.read_parquet(Path(told["place"]) / "change.parquet").head(CHANGES).to_dicts()


def withdraw(folder: Folder, actor: Actor, source: str, reason: str) -> str | None:
    """Takes a source back: it goes from the next release, which is built at once. Returns that release, or None."""
    from warehouse.inputs import NothingToBuild
    from warehouse.publish import build
    from warehouse.withdraw import withdraw as take_back

    take_back(folder, actor, source, reason=reason)
    try:
        return build(folder)
    except NothingToBuild:
        return None


def kinds_of(told: dict[str, Any]) -> list[dict[str, Any]]:
    """The issues of a rehearsal by kind and fate, each with an example and the first rows it concerns."""
    from warehouse.rehearsal import kinds

    return kinds(Path(told["place"]))


def pairs_of(folder: Folder, contribution: Contribution, told: dict[str, Any]) -> list[dict[str, Any]]:
    """The first figures of a rehearsal beside those of another source, in the order of place, period and category."""
    from warehouse.rehearsal import pairs

    return pairs(Path(told["place"]), contributions.name_of(folder, contribution), titles(folder, contribution))


def titles(folder: Folder, contribution: Contribution) -> dict[str, str]:
    """Name → title of every source that is known, and of the one a contribution is to be."""
    own = str(contribution.described.get("title") or contribution.shown_name)
    known = {source: one.title for source, one in declared(folder).items()}
    return known | {contributions.name_of(folder, contribution): own}
