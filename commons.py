"""The command line of the commons. Exit codes: 0 done, 1 rows refused, 2 file or usage refused."""

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    import duckdb

    from ingest.accept import Report
    from ingest.folder import Folder
    from ingest.recognise import Recognised
    from schemas.declaration import Source
    from schemas.issue import FileRefused

# Everything heavy is imported inside the commands: `commons --help` and the dashboard's start stay quick.

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

ROWS_REFUSED, FILE_REFUSED = 1, 2
ISSUES_SHOWN = 20

role = typer.Typer(add_completion=False, no_args_is_help=True, help="Who may do what: list, grant and revoke roles.")
app.add_typer(role, name="role")

Data = Annotated[Path, typer.Option("--data", envvar="COMMONS_DATA", help="The data folder.")]
DEFAULT_DATA = Path("data")


def main() -> None:
    """Entry point; a plain sentence instead of a traceback for what a person can mend."""
    try:
        app()
    except (FileNotFoundError, PermissionError) as error:
        _stop(f"{error.filename}: {error.strerror}." if error.filename else str(error))
    except OSError as error:
        _stop(f"The data folder cannot be written: {error.strerror or error}. Nothing kept before was touched.")
    except Exception as error:
        if (words := _mendable(error)) is None:
            raise
        _stop(words)


def _mendable(error: Exception) -> str | None:
    from ingest.ledger import BrokenLedger
    from schemas.declaration import DeclarationRefused

    if isinstance(error, BrokenLedger):
        return f"The data folder is damaged: {error}. Put the ledger back from a copy; see: commons verify"
    return str(error) if isinstance(error, DeclarationRefused) else None


def _stop(words: str, code: int = FILE_REFUSED) -> None:
    typer.echo(words, err=True)
    sys.exit(code)


def _folder(data: Path) -> "Folder":
    from ingest.folder import Folder

    return Folder(data.absolute())


@contextmanager
def _progress(words: str) -> Iterator[Callable[[int | str], None]]:
    """A progress line on a terminal, told how many rows or which step; silent elsewhere."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(words)

        def tell(what: int | str) -> None:
            said = what if isinstance(what, str) else f"{what:,} rows"
            bar.update(task, description=f"{words}: {said}")

        yield tell


@app.command()
def add(
    files: Annotated[list[Path], typer.Argument(help="Files as their publishers released them.")],
    source: Annotated[str | None, typer.Option(help="The source, where it should not be recognised.")] = None,
    released: Annotated[str | None, typer.Option(help="The publisher's date, where the file has none.")] = None,
    obtained_from: Annotated[str | None, typer.Option(help="Where this copy comes from.")] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Keep files: recognise their source, say what is accepted, refused and skipped."""
    on = _day(released)
    for path in files:
        _readable(path)
    codes = [_add(_folder(data), path, source, on, obtained_from) for path in files]
    raise typer.Exit(max(codes))


def _day(text: str | None, option: str = "--released") -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        _stop(f"{option} is a day such as 2024-08-26, not “{text}”.")
        raise


def _add(folder: "Folder", path: Path, name: str | None, released: date | None, obtained_from: str | None) -> int:
    from ingest import ledger
    from ingest.accept import accept
    from ingest.declarations import declared
    from ingest.ingest import Snapshot
    from ingest.keep import digest, keep
    from ingest.recognise import released as released_on
    from ingest.register.gazetteer import load
    from schemas.issue import FileRefused

    snapshot = ""
    recognised: Recognised | None = None
    try:
        recognised = _recognise(path, name, declared(folder))
        layout = recognised.layout
        # What cannot be taken at all is refused before it is kept.
        snapshot, _ = keep(folder, path)
        kept = Snapshot(snapshot, folder.file(snapshot), path.name)
        with _progress(f"reading {path.name}") as rows:
            report = accept(folder, recognised.source, layout, kept, load(), rows)
        on = released or released_on(layout, kept)
    except FileRefused as refused:
        _say_refused(refused, path, snapshot or digest(path))
        ledger.append(folder, "refused", snapshot=snapshot or digest(path), kind=refused.kind)
        if snapshot:
            _forget(folder, snapshot)
        return FILE_REFUSED
    # Of two who add the same file at once, one receives it and the other finds it kept.
    with ledger.lock(folder):
        if not kept.path.exists():
            # Refused for another source, and forgotten, while this one was reading it.
            keep(folder, path)
        known = _received(folder, recognised.source.name, snapshot)
        if known:
            typer.echo(
                f"{path.name}: already kept (sha256 {snapshot[:12]}…, received {known[:10]}); not counted twice."
            )
        else:
            ledger.append(
                folder,
                "received",
                source=recognised.source.name,
                layout=layout.name,
                snapshot=snapshot,
                file_name=path.name,
                bytes=kept.path.stat().st_size,
                released=on.isoformat() if on else None,
                obtained_from=obtained_from,
            )
        # A kill may have come between the two acts.
        if not known or not _accepted(folder, recognised.source.name, snapshot):
            counts = report.counts
            ledger.append(
                folder,
                "accepted",
                source=recognised.source.name,
                snapshot=snapshot,
                rows=counts.accepted,
                refused=counts.refused,
                skipped=counts.skipped,
            )
    _say_report(path, recognised, report, new=not known)
    return ROWS_REFUSED if report.counts.refused else 0


def _readable(path: Path) -> None:
    if path.is_dir():
        raise FileNotFoundError(f"{path} is a folder. Give the files in it.")
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path}.")


def _recognise(path: Path, name: str | None, known: "dict[str, Source]") -> "Recognised":
    from ingest.recognise import recognise
    from schemas.issue import FileRefused

    if name is None:
        return recognise(path, known.values())
    if name not in known:
        _stop(f"There is no source “{name}”. There are: {', '.join(known)}.")
    try:
        return recognise(path, [known[name]])
    except FileRefused as refused:
        if refused.kind == "not_recognised":
            raise FileRefused("wrong_for_source", known=refused.known) from refused
        raise


def _received(folder: "Folder", source: str, snapshot: str) -> str | None:
    """When this file was first received for this source and not withdrawn since."""
    from ingest import ledger

    when: str | None = None
    for act in ledger.entries(folder):
        if act.get("snapshot") == snapshot and act.get("source") == source:
            when = {"received": when or act["at"], "withdrawn": None}.get(act["act"], when)
    return when


def _accepted(folder: "Folder", source: str, snapshot: str) -> bool:
    from ingest import ledger

    return any(
        act["act"] == "accepted" and act["source"] == source and act["snapshot"] == snapshot
        for act in ledger.entries(folder)
    )


def _forget(folder: "Folder", snapshot: str) -> None:
    """Removes the bytes of a file that was refused, unless a source keeps them."""
    from ingest import ledger

    with ledger.lock(folder):
        if not any(act["act"] == "received" and act.get("snapshot") == snapshot for act in ledger.entries(folder)):
            folder.file(snapshot).unlink(missing_ok=True)


def _say_refused(refused: "FileRefused", path: Path, snapshot: str) -> None:
    from ingest.accept import refusal

    issue = refusal(refused, source=None, snapshot=snapshot or "0" * 64, file_name=path.name).row(0, named=True)
    typer.echo(f"{path.name}: refused. {issue['sentence']} {issue['repair']}", err=True)


def _say_report(path: Path, recognised: "Recognised", report: "Report", *, new: bool) -> None:
    import polars as pl

    counts = report.counts
    source = recognised.source
    typer.echo(f"{path.name}: {source.title} ({source.name}, layout {recognised.layout.name})")
    typer.echo(
        f"  {counts.rows_in:,} rows: {counts.accepted:,} accepted, {counts.refused:,} refused,"
        f" {counts.skipped:,} skipped"
    )
    if counts.cells:
        typer.echo(
            f"  {counts.cells:,} cells: {counts.numbers:,} with a number, {counts.missing:,} without,"
            f" {counts.cells_refused:,} refused"
        )
    issues = report.issue_rows()
    grouped = issues.group_by("kind", "fate", maintain_order=True).agg(
        pl.col("sentence").first(), pl.col("repair").first(), pl.col("n_rows").sum(), pl.len().alias("issues")
    )
    for kind in grouped.head(ISSUES_SHOWN).iter_rows(named=True):
        more = f" ({kind['issues']:,} such issues)" if kind["issues"] > 1 else ""
        typer.echo(f"  - {kind['sentence']} {kind['repair']}{more}")
    if new:
        typer.echo("  kept. Next: commons build")


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="A file.")],
    source: Annotated[str | None, typer.Option(help="The source, where it should not be recognised.")] = None,
    declaration: Annotated[Path | None, typer.Option(help="A declaration to try the file with.")] = None,
) -> None:
    """The same report as `add`, with nothing stored."""
    from ingest.accept import write
    from ingest.declarations import load as load_declaration
    from ingest.declarations import sources
    from ingest.ingest import Snapshot
    from ingest.keep import digest
    from ingest.recognise import recognise
    from ingest.register.gazetteer import load
    from schemas.issue import FileRefused

    _readable(file)
    try:
        recognised = (
            recognise(file, [load_declaration(declaration)]) if declaration else _recognise(file, source, sources())
        )
        with tempfile.TemporaryDirectory() as away, _progress(f"reading {file.name}") as rows:
            snapshot = Snapshot(digest(file), file, file.name)
            report = write(Path(away), recognised.source, recognised.layout, snapshot, load(), rows)
            _say_report(file, recognised, report, new=False)
    except FileRefused as refused:
        _say_refused(refused, file, "")
        raise typer.Exit(FILE_REFUSED) from None
    raise typer.Exit(ROWS_REFUSED if report.counts.refused else 0)


@app.command()
def draft(
    file: Annotated[Path, typer.Argument(help="A file of a shape that no source declares.")],
    to: Annotated[Path | None, typer.Option("-o", "--to", help="The declaration to write.")] = None,
    answer: Annotated[list[str] | None, typer.Option(help="An answer, as KEY=VALUE; once for each question.")] = None,
) -> None:
    """Propose a declaration for a file: what was found and what shows it, and what has to be asked."""
    from ingest.draft import draft as propose
    from schemas.issue import FileRefused

    _readable(file)
    answers = _answers(answer or [])
    try:
        found = propose(file, answers=answers)
    except FileRefused as refused:
        _say_refused(refused, file, "")
        raise typer.Exit(FILE_REFUSED) from None
    for guess in found.guesses:
        agreed = f" ({guess.share:.0%})" if guess.share < 1 else ""
        typer.echo(f"{guess.key}: {guess.value}{agreed} – {guess.evidence}", err=to is None)
    for question in found.questions:
        rows = f" (row {', '.join(map(str, question.rows))})" if question.rows else ""
        typer.echo(f"? {question.words}{rows}", err=to is None)
        for value, words in question.options.items():
            typer.echo(f"    --answer '{question.key}={value}'  {words}", err=to is None)
        if question.free:
            typer.echo(f"    --answer '{question.key}=…'", err=to is None)
    if to is None:
        typer.echo(found.toml(), nl=False)
    else:
        to.write_text(found.toml(), encoding="utf-8")
        typer.echo(f"{to}: written. Next: commons check {file} --declaration {to}")
    raise typer.Exit(ROWS_REFUSED if found.questions else 0)


def _answers(given: list[str]) -> dict[str, str]:
    for text in given:
        if "=" not in text:
            _stop(f"An answer is KEY=VALUE, unlike “{text}”.")
    # The key may hold an equals sign, as a word of the file may; its answer never does.
    return dict(text.rsplit("=", 1) for text in given)


@app.command()
def build(data: Data = DEFAULT_DATA) -> None:
    """Build a release from all kept files, check it and make it the current one."""
    from warehouse.checks import CheckFailed
    from warehouse.inputs import NothingToBuild
    from warehouse.publish import build as build_release

    try:
        with _progress("building") as step:
            release = build_release(_folder(data), step)
    except NothingToBuild as error:
        _stop(str(error))
    except CheckFailed as failed:
        _stop(f"Not published; the current release stays. {failed}")
    typer.echo(f"Release {release} is current.")


@app.command()
def verify(
    key: Annotated[Path | None, typer.Option(help="The operator's public key, had by another way.")] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Check the ledger's chain, signatures and every hash, and rebuild the current release from the kept files."""
    from warehouse.verify import verify as verify_all

    try:
        with _progress("verifying"):
            found = verify_all(_folder(data), key)
    except ValueError as error:
        _stop(str(error))
        return
    for line in found.lines:
        typer.echo(line)
    raise typer.Exit(0 if found.holds else FILE_REFUSED)


@app.command()
def sign(
    make_key: Annotated[bool, typer.Option("--make-key", help="Make the operator's key, once.")] = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Sign the current release with the operator's key; a build does so by itself once there is one."""
    from ingest import keys
    from warehouse import sign as signing
    from warehouse.release import NoRelease, current_id

    folder = _folder(data)
    try:
        if make_key:
            public = signing.make_key(folder)
            typer.echo(f"The key is {keys.path(signing.KEY)}: keep a copy elsewhere. Give {public} to whoever asks.")
        release = current_id(folder)
        if not signing.sign(folder, release):
            _stop("There is no key to sign with. To make one: commons sign --make-key")
        typer.echo(f"Release {release} is signed.")
    except FileExistsError as error:
        _stop(str(error))
    except NoRelease as error:
        if not make_key:
            _stop(str(error))


@app.command()
def withdraw(
    source: Annotated[str, typer.Argument(help="The source.")],
    reason: Annotated[str, typer.Option(help="error, consent, licence, safety or other.")],
    file: Annotated[str | None, typer.Option(help="Only this file of it, by its sha256.")] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Take a source or a file back: its bytes and rows are deleted, and a release is built without it.

    For safety, all earlier releases that held it and older exports in the data folder's exports are deleted too, and
    each of these releases is made anew without it.
    Copies that others have taken cannot be recalled.
    """
    from ingest.roles import LOCAL
    from warehouse.inputs import NothingToBuild, held_files
    from warehouse.publish import build as build_release
    from warehouse.withdraw import REASONS, NothingToWithdraw
    from warehouse.withdraw import withdraw as take_back

    if reason not in REASONS:
        _stop(f"The reason is one of {', '.join(REASONS)}.")
    try:
        with _progress("withdrawing"):
            releases = take_back(_folder(data), LOCAL, source, reason=reason, snapshot=file)
    except NothingToWithdraw as error:
        _stop(str(error))
        return
    typer.echo(f"{source}: withdrawn. Copies that others have taken cannot be recalled.")
    for release in releases:
        typer.echo(f"Release {release} was withdrawn with it.")
    if any(held_files(_folder(data)).values()):
        build(data)
    else:
        with suppress(NothingToBuild):
            build_release(_folder(data))
        typer.echo("No file is left, so no release is shown.")


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help="One select statement.")],
    form: Annotated[str, typer.Option("--format", help="table, csv or json.")] = "table",
    tier: Annotated[str, typer.Option(help="clear, green or amber.")] = "clear",
    release: Annotated[str | None, typer.Option(help="A release; the current one if not given.")] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Ask the current release, for reading only."""
    import duckdb

    from warehouse.release import NoRelease, open_release

    if form not in ("table", "csv", "json"):
        _stop("The format is table, csv or json.")
    try:
        with open_release(_folder(data), release, tier) as con:
            _only_select(query)
            typer.echo(_shown(con, query, form))
        if form != "table":
            typer.echo("These rows come without their caveats; commons export takes them along.", err=True)
    except NoRelease as error:
        _stop(str(error))
    except duckdb.Error as error:
        _stop(f"The query was refused: {error}")


def _only_select(query: str) -> None:
    import duckdb

    statements = duckdb.extract_statements(query)
    # Not EXPLAIN either: `explain analyze copy …` writes.
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        _stop("Give one select statement: a release is read-only.")


def _shown(con: "duckdb.DuckDBPyConnection", query: str, form: str) -> str:
    from warehouse.export import as_csv

    relation = con.sql(query)
    if form == "table":
        return str(relation)
    frame = relation.pl()
    if form == "json":
        return json.dumps(frame.to_dicts(), default=_plain, ensure_ascii=False, indent=1)
    return as_csv(frame).rstrip("\n")


def _plain(value: Any) -> Any:
    """Decimals as the shortest exact number, dates as ISO text."""
    from decimal import Decimal

    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return str(value)


@app.command()
def export(
    view: Annotated[str, typer.Argument(help="figure, comparison, trend, share, coverage, flow, mark, revision …")],
    to: Annotated[Path, typer.Option(help="The file to write: .csv, .csv.gz or .parquet.")],
    source: Annotated[str | None, typer.Option(help="Only this source; either side of a pair.")] = None,
    place: Annotated[str | None, typer.Option(help="Only this place or set of places, by its code.")] = None,
    level: Annotated[str | None, typer.Option(help="Only places of this level, such as country or admin1.")] = None,
    concept: Annotated[str | None, typer.Option(help="Only this concept, such as arms_seized.")] = None,
    tier: Annotated[str, typer.Option(help="clear, green or amber.")] = "clear",
    release: Annotated[str | None, typer.Option(help="A release; the current one if not given.")] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Write figures or another view to a file, each row with caveats, definitions, statements, licence and citation."""
    from ingest.folder import replace
    from warehouse.export import FORMS, batches, write
    from warehouse.release import NoRelease, current_id, open_release

    form = next((form for form in FORMS if to.name.lower().endswith(f".{form}")), None)
    if form is None:
        _stop(f"A file to write ends in {', '.join(f'.{form}' for form in FORMS)}, unlike “{to.name}”.")
        return
    staged = to.with_name(f".{to.name}.part")
    try:
        release = release or current_id(_folder(data))
        only = {"source": source, "place": place, "level": level, "concept": concept}
        with (
            open_release(_folder(data), release, tier) as con,
            _progress(f"writing {to.name}"),
            staged.open("wb") as out,
        ):
            rows = write(batches(con, release, view, **only), out, form)
        replace(staged, to)
    except (NoRelease, ValueError) as error:
        _stop(str(error))
        return
    finally:
        staged.unlink(missing_ok=True)
    typer.echo(f"{to}: {rows:,} rows, each with its caveats.")


@app.command()
def statement(
    source: Annotated[str, typer.Argument(help="The source it is about.")],
    party: Annotated[str, typer.Option(help="The institution that makes it, or is invited to; never a person.")],
    text: Annotated[str | None, typer.Option(help="What it says.")] = None,
    invited: Annotated[bool, typer.Option("--invited", help="Record that it was invited to make one.")] = False,
    status: Annotated[str, typer.Option(help="replied, explained, corrected or disputed.")] = "replied",
    figure: Annotated[str | None, typer.Option(help="The figure it is about, where not the whole source.")] = None,
    dated: Annotated[str | None, typer.Option(help="The day it bears, if not today.")] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Record what a publisher or a government says of a source or figure, or that it was invited to."""
    from ingest.statement import StatementRefused, record

    if invited == (text is not None):
        _stop("Give either --text, for a statement, or --invited, for an invitation to make one.")
    folder = _folder(data)
    if figure is not None:
        _of_source(folder, figure, source)
    try:
        entry = record(folder, source, party, text=text, status=status, figure=figure, dated=_day(dated, "--dated"))
    except StatementRefused as refused:
        _stop(str(refused))
        return
    what = "An invitation" if invited else "A statement"
    typer.echo(f"{what} is recorded as act {entry['n']} of the ledger. The next release shows it: commons build")


def _of_source(folder: "Folder", figure: str, source: str) -> None:
    """Stops where the current release holds no such figure of that source."""
    from warehouse.release import NoRelease, open_release

    try:
        with open_release(folder, tier="amber") as con:
            held = con.execute("select 1 from figure where figure_id = ? and source = ?", [figure, source]).fetchone()
    except NoRelease as error:
        _stop(str(error))
        return
    if held is None:
        _stop(f"The current release holds no figure {figure} of {source}.")


@app.command()
def lineage(
    figure_id: Annotated[str, typer.Argument(help="The identifier of a figure (column figure_id).")],
    form: Annotated[str, typer.Option("--format", help="text or json.")] = "text",
    limit: Annotated[int, typer.Option(help="How many rows to show.")] = 50,
    tier: Annotated[str, typer.Option(help="clear, green or amber.")] = "clear",
    data: Data = DEFAULT_DATA,
) -> None:
    """Where a number comes from: file, row, column, the text there, and each step between."""
    from warehouse.lineage import NoFigure, NoRelease
    from warehouse.lineage import lineage as lead_back

    try:
        found = lead_back(_folder(data), figure_id, tier=tier, limit=limit)
    except (NoFigure, NoRelease) as error:
        _stop(str(error))
    if form == "json":
        typer.echo(json.dumps(found, default=_plain, ensure_ascii=False, indent=1))
        return
    figure = found["figure"]
    at_least = "at least " if figure["completeness"] == "partial" else ""
    typer.echo(
        f"{at_least}{_plain(figure['value']):,} · {figure['concept']} ({figure['unit']}) · {figure['place_name']}"
        f" · {figure['period']} · {figure['dimension']} {figure['category']} · {figure['source']}"
    )
    for step in found["steps"]:
        typer.echo(f"  {step}")
    for cell in found["cells"]:
        column = f", column {cell['source_column']}" if cell["source_column"] else ""
        text = f"“{cell['text']}”" if cell["text"] is not None else "counted as one"
        cited = f" — {cell['citation']} {cell['address']} ({cell['calculation']})" if cell.get("citation") else ""
        typer.echo(
            f"  {cell['file_name']} (sha256 {cell['snapshot']}), row {cell['source_row']}{column}: {text}{cited}"
        )
    if found["n_rows"] > len(found["cells"]):
        typer.echo(f"  … and {found['n_rows'] - len(found['cells']):,} more rows (see --limit)")
    typer.echo(f"  Cite: {found['source']['citation']} {found['source']['address']}")
    for caveat in found["caveats"]:
        typer.echo(f"  Caveat: {caveat}")
    for said in found["statements"]:
        typer.echo(f"  Statement: {said}")


@app.command()
def sources(data: Data = DEFAULT_DATA) -> None:
    """The declared sources: counted by, released by, obtained from, and what is held."""
    from ingest.declarations import declared
    from warehouse.inputs import held_files

    held = held_files(_folder(data))
    for name, source in declared(_folder(data)).items():
        typer.echo(f"{name} · {source.title} · {source.provenance} ({source.provenance_subclass})")
        typer.echo(f"  counted by {source.producer}")
        typer.echo(f"  released by {source.publisher}")
        typer.echo(f"  obtained from {source.obtained_from}")
        files = ", ".join(file.file_name for file in held.get(name, []))
        typer.echo(f"  held: {files or 'no file'}")


@app.command()
def starter(
    write: Annotated[bool, typer.Option(help="Write the starter tables anew from the kept files.")] = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Load the starter set of published figures and build a release, unless there is one already."""
    from warehouse import starter as tables
    from warehouse.release import NoRelease, current_id

    folder = _folder(data)
    if write:
        for name, rows in tables.write(folder):
            typer.echo(f"{name}: {rows:,} figures")
        return
    try:
        current_id(folder)
    except NoRelease:
        codes = [_add(folder, path, None, None, None) for path in tables.files()]
        if max(codes) > 0:
            _stop("The starter set could not be loaded whole.")
        build(data)


Person = Annotated[str | None, typer.Option(help="The code that a person sees after they log in.")]
Issuer = Annotated[str | None, typer.Option(help="Instead of the code: the address of who vouches for them.")]
Subject = Annotated[str | None, typer.Option(help="… and what that one calls them (the claim sub).")]


@role.command("list")
def list_roles(data: Data = DEFAULT_DATA) -> None:
    """Everybody's roles, by their codes."""
    from ingest.roles import actor, held

    today = date.today()
    for grant in sorted(held(_folder(data)).grants, key=lambda grant: (grant.person, grant.role)):
        of = f" of {grant.organisation}" if grant.organisation else ""
        until = f", until {grant.until}" if grant.until else ""
        over = "" if grant.stands(today) else " (over)"
        called = actor(_folder(data), grant.person, today).role_id
        typer.echo(f"{grant.person} · {called} · {grant.role}{of}{until}{over}, granted by {grant.actor}")


@role.command()
def grant(
    name: Annotated[str, typer.Argument(help="The role.")],
    person: Person = None,
    issuer: Issuer = None,
    subject: Subject = None,
    organisation: Annotated[str | None, typer.Option(help="For whom a contributor contributes.")] = None,
    until: Annotated[str | None, typer.Option(help="The last day of the role, where it has one.")] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Give a role to a person."""
    from ingest import roles

    who, day = _person(person, issuer, subject), _day(until, "--until")
    try:
        roles.grant(_folder(data), roles.LOCAL, who, name, organisation=organisation, until=day, today=date.today())
    except roles.RoleRefused as refused:
        _stop(str(refused))
    typer.echo(f"{roles.actor(_folder(data), who, date.today()).role_id} has the role {name}.")


@role.command()
def revoke(
    name: Annotated[str, typer.Argument(help="The role.")],
    person: Person = None,
    issuer: Issuer = None,
    subject: Subject = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Take a role from a person, at once."""
    from ingest import roles

    who = _person(person, issuer, subject)
    try:
        roles.revoke(_folder(data), roles.LOCAL, who, name)
    except roles.RoleRefused as refused:
        _stop(str(refused))
    typer.echo(f"{roles.actor(_folder(data), who, date.today()).role_id} no longer has the role {name}.")


def _person(code: str | None, issuer: str | None, subject: str | None) -> str:
    from ingest.roles import person

    if code and not issuer and not subject:
        return code
    if code or not issuer or not subject:
        _stop("Say whose role it is: either --person, or --issuer and --subject.")
    return person(str(issuer), str(subject))


@app.command()
def serve(
    port: Annotated[int, typer.Option(envvar="PORT", help="The port to listen on.")] = 8501,
    address: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    host: Annotated[
        list[str] | None,
        typer.Option(envvar="COMMONS_HOSTS", help="A name people reach it by, where that is not this machine's own."),
    ] = None,
    tier: Annotated[str, typer.Option(envvar="COMMONS_TIER", help="clear, green or amber.")] = "clear",
    data: Data = DEFAULT_DATA,
) -> None:
    """Open the dashboard on this machine, for reading only. What is stricter than clear needs an account elsewhere."""
    from dashboard import server
    from warehouse.release import TIERS

    hosts = host or []
    if address not in server.LOOPBACK and not hosts:
        _stop("Say by which name or address people reach it, as in: --host commons.example.org")
    if tier not in TIERS:
        _stop(f"There is no tier “{tier}”. There are: {', '.join(TIERS)}.")
    os.environ["COMMONS_TIER"] = tier
    os.environ["COMMONS_DATA"] = str(data.absolute())
    typer.echo(f"The commons opens at http://{address}:{port} (stop with Ctrl+C)")
    server.serve(address, port, hosts)


@app.command()
def portal(
    port: Annotated[int, typer.Option(envvar="PORT", help="The port to listen on.")] = 8601,
    address: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    host: Annotated[
        list[str] | None,
        typer.Option(envvar="COMMONS_HOSTS", help="A name people reach it by, where that is not this machine's own."),
    ] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Open the portal for those who contribute data; on this machine alone it needs no account."""
    from dashboard.portal import server
    from dashboard.server import LOOPBACK

    hosts = host or []
    if address not in LOOPBACK and not hosts:
        _stop("Say by which name or address people reach it, as in: --host portal.example.org")
    os.environ["COMMONS_DATA"] = str(data.absolute())
    typer.echo(f"The portal opens at http://{address}:{port} (stop with Ctrl+C)")
    server.serve(address, port, hosts)


if __name__ == "__main__":
    main()
