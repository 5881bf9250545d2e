"""Contributions: what an organisation is preparing, what it has submitted, and what became of it.

Each lies in a folder of its own below `drafts`: its state as JSON, and the cleaned copy its contributor confirmed.
Every step is kept at once, so that nothing is lost with a closed tab. What is submitted becomes a kept file under a
random name, and what people decide about it is an act of the ledger; comments stay here, for they may name people.
"""

import json
import re
import secrets
import shutil
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from dataclasses import replace as altered
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ingest import declarations, keys, ledger
from ingest.draft.written import toml as written
from ingest.folder import Folder, alone, replace, staging, sync
from ingest.keep import digest, keep
from ingest.roles import LOCAL, Actor, NotAllowed, allowed, demand, who
from schemas.declaration import DeclarationRefused, Layout, Source, demand_contributed, open_keys
from schemas.issue import FileRefused
from schemas.said import said
from schemas.vocabulary import vocabularies

ID = re.compile(r"[0-9a-f]{16}")
STATE = "state.json"
SENDING = "sending"
"""The stage of a file that is not wholly here yet."""
OPEN = ("received", "confirmed", "returned")
"""Stages in which the contributor goes on working."""
DONE = ("submitted", "accepted", "refused", "withdrawn")
LOOSE = (SENDING, *OPEN, "refused")
"""Stages in which it can be thrown away."""
ALONE = "local"
"""The organisation of whoever works without an account, on the machine itself."""
BROKEN_EXPECTATIONS = ("too_many_rows", "unexpected_year", "total_differs", "correction_stale")
"""Kinds of issue with which an owner's later file waits for a steward."""


class ContributionRefused(Exception):
    """A step that cannot be taken; the message says why and what to do."""


@dataclass(frozen=True)
class Contribution:
    """One dataset on its way: whose it is, how far it is, and all that was said about it."""

    id: str
    organisation: str
    actor: str
    """Role id of who began it."""
    at: str
    stage: str = "received"
    upload: str | None = None
    """Name in quarantine, until the cleaned copy is confirmed."""
    shown_name: str = ""
    """The file's own name, for its contributor alone; gone when it is submitted."""
    mark: str | None = None
    """What a file that is still being sent is recognised by, when its sender goes on; gone when it is here."""
    size: int | None = None
    """The bytes it has, as its sender said beforehand; gone when it is here."""
    copy: str | None = None
    """Name of the cleaned copy beside the state."""
    answers: dict[str, str] = field(default_factory=dict)
    """Answers to the draft's questions, and what was changed of its guesses."""
    recognised: str | None = None
    """The source whose layout the file has, where one is known."""
    drafted: dict[str, Any] = field(default_factory=dict)
    """The declaration as drafted."""
    asked: dict[str, Any] = field(default_factory=dict)
    """The draft's guesses, with their evidence, and its questions."""
    said: dict[str, Any] = field(default_factory=dict)
    """What the contributor said under Describe, field by field."""
    described: dict[str, Any] = field(default_factory=dict)
    """The same in the shape of a declaration."""
    source: str | None = None
    """The source it belongs to, once it is submitted; before that, the own source it replaces a file of."""
    snapshot: str | None = None
    comment: str = ""
    """What the steward said, for the contributor."""
    changed: str = ""


def begin(
    folder: Folder,
    actor: Actor,
    *,
    upload: str,
    shown_name: str,
    mark: str,
    size: int,
    replaces: str | None = None,
) -> Contribution:
    """A new contribution of the actor's organisation, of a file that is being sent to quarantine. Raises NotAllowed."""
    organisation = _organisation(actor)
    demand(actor, "draft", organisation)
    begun = Contribution(
        *(secrets.token_hex(8), organisation, actor.role_id, _now(), SENDING),
        upload=upload,
        shown_name=shown_name,
        mark=mark,
        size=size,
    )
    if replaces is not None:
        if replaces not in own_sources(folder, organisation):
            raise ContributionRefused(said("Only the owners of a source may add a file to it."))
        before = [one for one in every(folder) if one.source == replaces and one.stage == "accepted"]
        if before:
            last = max(before, key=lambda one: one.changed)
            begun = altered(begun, said=last.said, described=last.described)
        begun = altered(begun, source=replaces)
    # Here alone: whatever else is kept of one that was thrown away would bring it back.
    path(folder, begun.id).mkdir(mode=0o700, parents=True)
    return _put(folder, begun)


def arrived(folder: Folder, actor: Actor, contribution: Contribution) -> Contribution:
    """Its file is wholly here. Raises NotAllowed, and ContributionRefused where it is not being sent any more."""
    demand(actor, "draft", contribution.organisation)
    with held(folder, contribution.id) as now:
        if now.stage != SENDING:
            raise _nowhere()
        return _put(folder, altered(now, stage="received", mark=None, size=None))


def save(folder: Folder, actor: Actor, contribution: Contribution, **changes: Any) -> Contribution:
    """Keeps these changes of a contribution; they are on the disk before this returns.

    What another tab changed meanwhile stays. Raises NotAllowed, and ContributionRefused for one that is gone or done.
    """
    demand(actor, "draft", contribution.organisation)
    with held(folder, contribution.id) as now:
        if now.stage in DONE:
            raise ContributionRefused(said("This has been submitted already."))
        return _put(folder, altered(now, **changes))


@contextmanager
def held(folder: Folder, name: str) -> Iterator[Contribution]:
    """A contribution as it stands now; nobody else changes it meanwhile. Raises ContributionRefused where it is gone.

    Whoever needs the ledger's lock too takes that one first.
    """
    with alone(path(folder, name)) as there:
        if not there:
            raise _nowhere()
        yield _read(folder, name)


def _read(folder: Folder, name: str) -> Contribution:
    try:
        return Contribution(**json.loads((path(folder, name) / STATE).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError) as error:
        # Thrown away meanwhile, or not to be read: neither may keep anybody else from theirs.
        raise _nowhere() from error


def _otherwise_now() -> ContributionRefused:
    return ContributionRefused(said("Meanwhile this was decided, changed or withdrawn. Open it again."))


def _nowhere() -> ContributionRefused:
    return ContributionRefused(said("There is no contribution of that name."))


def _put(folder: Folder, contribution: Contribution) -> Contribution:
    """Writes the state, for whoever holds the contribution."""
    kept = altered(contribution, changed=_now())
    place = path(folder, kept.id)
    with staging(place) as away:
        staged = away / STATE
        staged.write_text(json.dumps(asdict(kept), ensure_ascii=False), encoding="utf-8")
        sync(staged)
        replace(staged, place / STATE)
    return kept


def path(folder: Folder, name: str) -> Path:
    """The folder of a contribution. Raises ContributionRefused for what is no name of one."""
    if not ID.fullmatch(name):
        raise _nowhere()
    return folder.drafts / name


def load(folder: Folder, actor: Actor, name: str) -> Contribution:
    """A contribution as it was last kept. Raises NotAllowed, ContributionRefused.

    It is for its organisation and, from when it is submitted, for a steward; while it is sent for its sender alone.
    """
    loaded = _read(folder, name)
    if loaded.stage not in DONE or not allowed(actor, "review", loaded.organisation):
        demand(actor, "draft", loaded.organisation)
    _demand_sender(actor, loaded)
    return loaded


def is_by(contribution: Contribution, actor: Actor) -> bool:
    """Whether this very person began it, whatever role they have since."""
    return who(contribution.actor) == who(actor.role_id)


def _demand_sender(actor: Actor, contribution: Contribution) -> None:
    """A file that is being sent is, for anybody but its sender, one that is not there."""
    if contribution.stage == SENDING and not is_by(contribution, actor):
        raise _nowhere()


def every(folder: Folder) -> list[Contribution]:
    """All that can be read, whosever they are: not to be shown to anybody as they stand."""
    found = []
    for state in folder.drafts.glob(f"*/{STATE}"):
        with suppress(ContributionRefused):
            found.append(_read(folder, state.parent.name))
    return found


def seen_by(folder: Folder, actor: Actor) -> list[Contribution]:
    """Contributions the actor may see, in the order in which they were begun."""
    found = []
    for state in folder.drafts.glob(f"*/{STATE}"):
        with suppress(NotAllowed, ContributionRefused):
            found.append(load(folder, actor, state.parent.name))
    return sorted(found, key=lambda one: (one.at, one.id))


def confirmed(folder: Folder, actor: Actor, contribution: Contribution, copy: Path) -> Contribution:
    """Takes a cleaned copy as the one that was confirmed. Raises NotAllowed.

    Raises ContributionRefused where nothing waits to be confirmed: another tab was first.
    """
    demand(actor, "draft", contribution.organisation)
    name = f"copy{copy.suffix}"
    with held(folder, contribution.id) as now:
        if now.stage != "received" or not copy.is_file():
            raise _nowhere()
        place = path(folder, now.id)
        with staging(place) as away:
            staged = away / name
            shutil.copyfile(copy, staged)
            staged.chmod(0o600)
            sync(staged)
            replace(staged, place / name)
        return _put(folder, altered(now, stage="confirmed", copy=name, upload=None))


def drop(folder: Folder, actor: Actor, contribution: Contribution, stages: Collection[str] = LOOSE) -> None:
    """Throws a contribution away that is in one of these stages. Raises NotAllowed, ContributionRefused."""
    demand(actor, "draft", contribution.organisation)
    with held(folder, contribution.id) as now:
        _demand_sender(actor, now)
        if now.stage not in stages:
            raise ContributionRefused(said("What is submitted can be withdrawn, not thrown away."))
        remove(folder, now)


def remove(folder: Folder, contribution: Contribution) -> None:
    """Removes all that is kept of a contribution, for whoever holds it."""
    with staging(folder.drafts) as away:
        # Out of its place in one step: what is still at work for it finds nowhere to leave anything.
        removed = away / contribution.id
        replace(path(folder, contribution.id), removed)
        shutil.rmtree(removed)


def copy_of(folder: Folder, contribution: Contribution) -> Path:
    """The cleaned copy. Raises ContributionRefused before there is one."""
    if contribution.copy is None:
        raise ContributionRefused(said("The file is not confirmed yet."))
    return path(folder, contribution.id) / contribution.copy


def demand_copy(folder: Folder, contribution: Contribution) -> None:
    """Raises ContributionRefused where the copy is gone: another tab may have dropped the contribution."""
    if not copy_of(folder, contribution).is_file():
        raise _nowhere()


def released(contribution: Contribution) -> str | None:
    """The day its file was released, where that was said, as the ledger has it."""
    return str(contribution.described.get("released") or "") or None


def declaration(folder: Folder, contribution: Contribution) -> str:
    """The whole declaration of a contribution as text: what was drafted, and over it what was described.

    Two that say the same have the same text. Raises DeclarationRefused.
    """
    name = name_of(folder, contribution)
    made = _whole(folder, contribution, name)
    # In the order of the model and without what is not said, so that the same declaration is the same text.
    source = declarations.of_text(written(made), name)
    return written(source.model_dump(mode="json", exclude_defaults=True, exclude={"name", "contributed", *_lent(made)}))


def _lent(made: Mapping[str, Any]) -> set[str]:
    return {"layout"} if made.get("layouts_of") else set()


def _whole(folder: Folder, contribution: Contribution, name: str) -> dict[str, Any]:
    made = contribution.drafted | contribution.described
    made.pop("released", None)  # of the file, not of the source
    made["layout"] = [layout | {"sensitivity": said} for layout, said in _sensitivities(made)]
    made.pop("stricter", None)
    if not made["layout"]:
        del made["layout"]
    if made.get("sensitivity") == "low":
        made.pop("disclosure", None)
    elif "disclosure" not in made:
        # Until its contributor has said how it is to be protected, nothing of it is shown.
        made["disclosure"] = {"threshold": 10, "informants": "one", "publish": False}
    known = own_sources(folder, contribution.organisation)
    if contribution.source in known and not contribution.recognised:
        made["layout"] = _layouts(known[contribution.source], made.get("layout", []))
        made["rollup"] = _both(known[contribution.source].rollup.model_dump(), made.get("rollup", {}))
    made["definition"] = [one | {"id": f"{name}:{one['concept']}"} for one in made.get("definition", [])]
    return made | {"owners": [contribution.organisation]}


def _both(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Along what the files of either may be added up: the older files go on as they were."""
    both = {
        key: [*dict.fromkeys([*held, *other.get(key, [])])] if isinstance(held, list) else held or other.get(key, False)
        for key, held in one.items()
    }
    return {key: value for key, value in both.items() if value}


def _sensitivities(made: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, str]]]:
    """Each layout with how sensitive its columns are: as its mapping has it, and over it as its contributor said."""
    for layout in made.get("layout", []):
        said_of = {
            column: code
            for column, code in made.get("stricter", {}).items()
            if column in layout["recognise"].get("columns", ())
        }
        whole = layout.get("sensitivity", {}) | said_of
        yield layout, {column: code for column, code in whole.items() if code}


def stricter(contribution: Contribution) -> dict[str, str]:
    """Column → how sensitive it is, where that is said of a column by itself."""
    found = _sensitivities(contribution.drafted | contribution.described)
    return {column: code for _layout, said_of in found for column, code in said_of.items()}


def _layouts(known: Source, drafted: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Layouts of a source with a new one, which keeps the name of one that is the same: older files stay readable.

    Files of one shape are as sensitive as was said last.
    """
    held = [layout.model_dump(mode="json", exclude_defaults=True) for layout in known.layout]
    for new in drafted:
        plain = Layout.model_validate(new).model_dump(mode="json", exclude_defaults=True)
        for old in held:
            if old["recognise"] == plain["recognise"]:
                old["sensitivity"] = plain.get("sensitivity", {})
        plain["sensitivity"] = plain.get("sensitivity", {})
        if any({**plain, "name": old["name"]} == old for old in held):
            continue
        held.append({**plain, "name": f"layout_{len(held) + 1}"})
    return held


def name_of(folder: Folder, contribution: Contribution) -> str:
    """The name of the source it belongs to: its organisation and its title in small letters, unlike any other's."""
    if contribution.source:
        return contribution.source
    title = unicodedata.normalize("NFKD", str(contribution.described.get("title", ""))).encode("ascii", "ignore")
    short = re.sub(r"[^a-z0-9]+", "_", title.decode().lower()).strip("_")[:40] or "dataset"
    wanted = f"{re.sub(r'[^a-z0-9]+', '_', contribution.organisation)}_{short}"
    taken = {*declarations.declared(folder), *(one.source for one in every(folder) if one.id != contribution.id)}
    name, number = wanted, 1
    while name in taken:
        number += 1
        name = f"{wanted}_{number}"
    return name


def parsed(folder: Folder, contribution: Contribution) -> Source:
    """The declaration as it would be read. Raises DeclarationRefused, with what is still to be said."""
    source = declarations.of_text(declaration(folder, contribution), name_of(folder, contribution))
    demand_contributed(source)
    if left := open_keys(source.model_dump()):
        raise DeclarationRefused(f"Still to be said: {', '.join(left)}.")
    return source


def layout_for(folder: Folder, contribution: Contribution, source: Source) -> Layout:
    """The layout of a source that the confirmed copy has. Raises schemas.issue.FileRefused."""
    from ingest.recognise import recognise

    return recognise(copy_of(folder, contribution), [source]).layout


def submit(
    folder: Folder, actor: Actor, contribution: Contribution, counts: Mapping[str, int], kinds: list[str]
) -> Contribution:
    """Hands a contribution in: its copy becomes a kept file, and waits for a steward unless it may flow.

    `counts` (accepted, refused, skipped) and `kinds` of issue are those of its rehearsal. An owner's later file flows
    to the next release where the declaration is word for word the one in force and its expectations hold.
    Raises NotAllowed, ContributionRefused, DeclarationRefused and FileRefused.
    """
    demand(actor, "submit", contribution.organisation)
    if contribution.stage not in OPEN or contribution.copy is None:
        raise ContributionRefused(said("This has been submitted already."))
    source = parsed(folder, contribution)
    layout = layout_for(folder, contribution, source)
    copy = copy_of(folder, contribution)
    text = declaration(folder, contribution)
    sha, content = declarations.keep_declaration(folder, text), keys.blinded(digest(copy))
    snapshot = secrets.token_hex(32)
    with ledger.lock(folder), held(folder, contribution.id) as now:
        if now.stage not in OPEN:
            raise ContributionRefused(said("This has been submitted already."))
        if altered(now, changed="") != altered(contribution, changed=""):
            # What was rehearsed is what is handed in: another tab may have described it anew.
            raise _otherwise_now()
        if content in _standing(folder, source.name).values():
            raise ContributionRefused(said("This very file was submitted before. Nothing is counted twice."))
        keep(folder, copy, snapshot)
        ledger.append(
            folder,
            "received",
            source=source.name,
            layout=layout.name,
            snapshot=snapshot,
            digest=content,
            declaration=sha,
            file_name=f"{source.name}{copy.suffix}",
            bytes=copy.stat().st_size,
            released=released(contribution),
            obtained_from=source.obtained_from,
            actor=actor.role_id,
        )
        handed = _put(
            folder,
            altered(contribution, stage="submitted", source=source.name, snapshot=snapshot, shown_name="", comment=""),
        )
    known = declarations.contributed(folder).get(source.name)
    flows = (
        known is not None
        and contribution.organisation in known.owners
        and declarations.declarations_in_force(folder).get(source.name) == sha
    )
    if flows and not counts["refused"] and not set(kinds) & set(BROKEN_EXPECTATIONS):
        with ledger.lock(folder), held(folder, handed.id) as now:
            if now.stage == "submitted" and snapshot in _standing(folder, source.name):
                return _accepted(folder, actor, now, counts, by_rule=True)
    return handed


def review(
    folder: Folder,
    actor: Actor,
    contribution: Contribution,
    decision: str,
    *,
    comment: str = "",
    provenance: tuple[str, str] | None = None,
    counts: Mapping[str, int] | None = None,
) -> Contribution:
    """A steward accepts ('accepted'), gives back ('returned') or refuses ('refused') what was submitted.

    `provenance` is the class and sub-class the steward sets; `counts` are those of the rehearsal. Raises NotAllowed,
    ContributionRefused and DeclarationRefused.
    """
    demand(actor, "review", contribution.organisation)
    if decision not in ("accepted", "returned", "refused"):
        raise ContributionRefused(said("A submission is accepted, returned or refused."))
    if decision != "accepted" and not comment.strip():
        raise ContributionRefused(said("Say why: the contributor reads it and knows what to do."))
    with ledger.lock(folder), held(folder, contribution.id) as now:
        source, snapshot = now.source, now.snapshot
        if decided := _decided(folder, now):
            # Whoever decided was cut off before that was noted here.
            if decided == "accepted":
                _forget(folder, now)
            _put(folder, altered(now, stage=decided, snapshot=snapshot if decided == "accepted" else None))
            raise _otherwise_now()
        if now.stage != "submitted" or source is None or snapshot is None:
            raise ContributionRefused(said("This is not waiting for a review."))
        # What was looked at is what is decided on: another steward, or its owner, may have been quicker.
        if snapshot != contribution.snapshot or snapshot not in _standing(folder, source):
            raise _otherwise_now()
        if decision == "accepted":
            described = dict(now.described)
            if provenance is not None:
                described |= {"provenance": provenance[0], "provenance_subclass": provenance[1]}
            judged = altered(now, described=described, comment=comment)
            parsed(folder, judged)
            sha = declarations.keep_declaration(folder, declaration(folder, judged))
            if declarations.declarations_in_force(folder).get(source) != sha:
                ledger.append(folder, "declared", source=source, declaration=sha, actor=actor.role_id)
            return _accepted(folder, actor, judged, counts or {})
        ledger.append(folder, decision, source=source, snapshot=snapshot, actor=actor.role_id)
        folder.file(snapshot).unlink(missing_ok=True)
        return _put(folder, altered(now, stage=decision, comment=comment.strip(), snapshot=None))


def _accepted(
    folder: Folder, actor: Actor, contribution: Contribution, counts: Mapping[str, int], *, by_rule: bool = False
) -> Contribution:
    """Says that a contribution is accepted, for whoever holds it."""
    ledger.append(
        folder,
        "accepted",
        source=contribution.source,
        snapshot=contribution.snapshot,
        rows=counts.get("accepted"),
        refused=counts.get("refused"),
        skipped=counts.get("skipped"),
        by_rule=by_rule,
        actor=actor.role_id,
    )
    _forget(folder, contribution)
    return _put(folder, altered(contribution, stage="accepted", copy=None, drafted={}, asked={}))


def _decided(folder: Folder, contribution: Contribution) -> str | None:
    """What the ledger says was decided on what still waits for it here."""
    if contribution.stage != "submitted":
        return None
    ours = [act["act"] for act in ledger.entries(folder) if act.get("snapshot") == contribution.snapshot]
    return ours[-1] if ours and ours[-1] in ("accepted", "returned", "refused") else None


def _standing(folder: Folder, source: str) -> dict[str, str | None]:
    """Snapshots of a source that wait or were accepted → the blinded hash of their bytes."""
    found: dict[str, str | None] = {}
    for act in ledger.entries(folder):
        if act.get("source") == source and act["act"] == "received":
            found[act["snapshot"]] = act.get("digest")
        elif act.get("source") == source and act["act"] in ("returned", "refused", "withdrawn"):
            found.pop(act.get("snapshot", ""), None)
    return found


def withdrawn(folder: Folder, source: str) -> None:
    """Marks the contributions of a source that was withdrawn; their copies and what was said of them go."""
    for one in every(folder):
        if one.source == source and one.stage in DONE and one.stage != "withdrawn":
            # One that was refused may be thrown away meanwhile.
            with suppress(ContributionRefused), held(folder, one.id):
                _forget(folder, one)
                gone = Contribution(one.id, one.organisation, one.actor, one.at, stage="withdrawn", source=source)
                _put(folder, gone)


def _forget(folder: Folder, contribution: Contribution) -> None:
    """Removes the copy and the rehearsal: what was accepted is a kept file, what was refused is nobody's business."""
    if contribution.copy:
        # First, for a rehearsal that ends meanwhile looks whether it is still there.
        copy_of(folder, contribution).unlink(missing_ok=True)
    for left in path(folder, contribution.id).iterdir():
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        elif left.name != STATE:
            left.unlink()


def own_sources(folder: Folder, organisation: str) -> dict[str, Source]:
    """Contributed sources in force of which an organisation is an owner."""
    return {name: one for name, one in declarations.contributed(folder).items() if organisation in one.owners}


def adoptable(folder: Folder, organisation: str) -> dict[str, Source]:
    """Contributed sources in force whose owners let others use their mapping."""
    known = declarations.contributed(folder).items()
    return {name: one for name, one in known if one.adoptable and organisation not in one.owners}


def adopt(folder: Folder, actor: Actor, source: str) -> None:
    """Records that the actor's organisation uses the mapping of a source; files of that shape are recognised then."""
    organisation = _organisation(actor)
    demand(actor, "adopt", organisation)
    if source not in adoptable(folder, organisation):
        raise ContributionRefused(said("The mapping of this source is not offered to others."))
    if organisation not in adoptions(folder).get(source, set()):
        ledger.append(folder, "adopted", source=source, organisation=organisation, actor=actor.role_id)


def adoptions(folder: Folder) -> dict[str, set[str]]:
    """Source → organisations that adopted its mapping."""
    found: dict[str, set[str]] = {}
    for act in ledger.entries(folder):
        if act["act"] == "adopted":
            found.setdefault(act["source"], set()).add(act["organisation"])
    return found


def recognisable(folder: Folder, organisation: str) -> list[Source]:
    """Sources whose layouts an organisation's file may have: the built-in, its own, and those it adopted."""
    adopted = {name for name, by in adoptions(folder).items() if organisation in by}
    others = adoptable(folder, organisation)
    return [
        *own_sources(folder, organisation).values(),
        *(others[name] for name in sorted(adopted & set(others))),
        *declarations.sources().values(),
    ]


def recognised(root: str, organisation: str, copy: str) -> dict[str, str | None]:
    """The source whose layout a file has, of those an organisation may use the layouts of. Made for a child process."""
    from ingest.recognise import recognise

    try:
        return {"source": recognise(Path(copy), recognisable(Folder(Path(root)), organisation)).source.name}
    except FileRefused:
        return {"source": None}


MAPPING = ("layout", "rollup", "coverage", "definition")
"""What of a declaration is its mapping: the practice that others can adopt."""


def mapping(source: Source) -> dict[str, Any]:
    """The mapping of a source as a draft of another organisation's declaration; nothing of who and what it counted."""
    lent = source.layouts_of or (None if source.contributed else source.name)
    taken = source.model_dump(mode="json", include=set(MAPPING), exclude_defaults=True)
    if lent:
        taken = {key: value for key, value in taken.items() if key != "layout"} | {"layouts_of": lent}
    return taken


def classes() -> dict[str, list[str]]:
    """Provenance class → its sub-classes."""
    listed: dict[str, list[str]] = vocabularies()["provenance"]
    return listed


def missing(folder: Folder, contribution: Contribution) -> str | None:
    """What is still to be said before a contribution can be submitted, or None."""
    try:
        parsed(folder, contribution)
    except DeclarationRefused as refused:
        return str(refused)
    return None


def _organisation(actor: Actor) -> str:
    if actor == LOCAL:
        return ALONE
    if actor.organisation is None:
        raise NotAllowed(said("Your account belongs to no organisation. Ask the people who run this commons."))
    return actor.organisation


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
