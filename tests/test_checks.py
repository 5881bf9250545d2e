"""The release gate: it holds for the samples, every rule of it can fail, and a failure leaves the current release."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sampled import accept_small, keep_samples

from ingest.accept import Report, report
from ingest.declarations import sources
from ingest.folder import Folder
from warehouse import build as building
from warehouse import checks, inputs, quality
from warehouse.publish import build
from warehouse.release import current_id, manifest

SOURCES = ("atf_trace_flows", "cide_ppd", "gitoc_oci", "isp_rj", "sinesp_vde", "soudapaz_rj", "unodc_iafq")


@dataclass
class Built:
    """A finished release, copied so that a test can break it as a defect of the build would have."""

    staged: Path
    facts: dict[str, Any]
    reports: dict[tuple[str, str], Report]

    def part(self, view: str, name: str) -> dict[str, Any]:
        return next(part for part in self.facts["parts"] if (part["view"], part["name"]) == (view, name))

    def rewrite(self, view: str, name: str, query: str, *, listed: bool = True) -> int:
        """Replaces a part by a query over `part`; the manifest agrees, where the build would have written both."""
        part = self.part(view, name)
        path = self.staged / part["file"]
        with duckdb.connect() as con:
            con.execute(f"create table part as select * from read_parquet('{path}')")
            con.execute(f"copy ({query}) to '{path}' (format parquet)")
            rows = con.execute(f"select count(*) from '{path}'").fetchone()
        assert rows is not None
        if listed:
            part["rows"] = rows[0]
        return int(rows[0])

    def change(self, statement: str) -> None:
        """Changes a table of the widest tier's database."""
        with duckdb.connect(str(self.staged / "amber.duckdb")) as con:
            con.execute(statement)

    def failed(self) -> dict[str, int]:
        """Rule → rows that break it, of those that do not hold."""
        outcome = checks.run(self.staged, self.facts, self.reports, sources())
        return {check.name: check.failed for check in outcome if not check.holds}


@pytest.fixture(scope="module")
def commons(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Folder]:
    """A commons of the samples of some sources, of every shape, with one release."""
    root = tmp_path_factory.mktemp("commons")
    folder = Folder(root / "data")
    keep_samples(folder, SOURCES, root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inputs, "accept", accept_small)
        build(folder)
        yield folder


@pytest.fixture
def built(commons: Folder, tmp_path: Path) -> Built:
    release = current_id(commons)
    shutil.copytree(commons.releases / release, tmp_path / "staged")
    facts = manifest(commons, release)
    reports = {(file["source"], file["snapshot"]): report(commons.accepted / file["rows"]) for file in facts["inputs"]}
    return Built(tmp_path / "staged", facts, reports)


def test_the_samples_keep_every_rule(built: Built) -> None:
    outcome = checks.run(built.staged, built.facts, built.reports, sources())
    assert {check.name: check.failed for check in outcome if not check.holds} == {}
    assert [check.name for check in outcome][len(checks.CONTRACTS) :] == [rule.name for rule in checks.RULES]
    looked_at = {check.name: check.rows for check in outcome}
    # No sample is of a protected source, or has a stricter column: these rules are looked at with such a one
    # (test_disclosure.py, test_sensitivity.py).
    protected = [
        "opened_columns",
        "protected_columns",
        *(rule.name for rule in checks.RULES if rule.query == "protected"),
    ]
    assert [name for name, rows in looked_at.items() if rows == 0] == protected
    assert looked_at["figure_has_row"] == sum(part["rows"] for part in built.facts["parts"] if part["view"] == "figure")
    checks.demand(outcome)


def test_every_rule_says_where_its_threshold_comes_from_and_has_its_question() -> None:
    names = [rule.name for rule in checks.RULES]
    assert len(set(names)) == len(names)
    assert all(rule.why.endswith(".") and rule.says.endswith(".") for rule in checks.RULES)
    gate = Path(checks.__file__).parent / "gate"
    assert all((gate / f"{rule.query}.sql").exists() for rule in checks.RULES)


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("n_rows", "0", {"figure_has_row": 2}),
        ("n_rows", "null", {"figure_has_row": 2}),
        ("period", "null", {"figure_has_key": 2}),
        ("completeness", "'mostly'", {"completeness_in_words": 2}),
        ("completeness", "'partial'", {"partial_means_partial": 2}),
        ("completeness", "'unknown'", {"partial_means_partial": 2}),
        ("n_expected", "9", {"partial_means_partial": 2}),
        ("period_end", "date '1999-01-01'", {"period_runs_forward": 2, "coverage_as_figures_say": 2}),
        ("n_rows", "2", {"stated_is_one_row": 2}),
        ("snapshot", "repeat('0', 64)", {"figure_from_file_in_use": 2}),
        ("tier", "'TLP:RED'", {"terms_kept": 2 * len(checks.TIERS)}),
    ],
)
def test_a_broken_figure_fails_its_own_rule(built: Built, column: str, value: str, expected: dict[str, int]) -> None:
    """The first two of the published scores; none is added up, so that nothing else is touched."""
    first = "figure_id in (select figure_id from part order by figure_id limit 2)"
    changed = f"case when {first} then {value} else {column} end as {column}"
    query = f"select * replace ({changed}) from part"
    built.rewrite("figure", "gitoc_oci", query)
    assert built.failed() == expected


def test_an_identifier_twice_in_a_part(built: Built) -> None:
    built.rewrite("figure", "gitoc_oci", "(select * from part limit 1) union all select * from part")
    assert built.failed() == {"figure_id_once_in_a_part": 1, "stated_numbers_kept": 1, "sums_recounted": 1}


def test_a_number_below_zero(built: Built) -> None:
    built.rewrite("figure", "gitoc_oci", "select * replace (-value as value) from part")
    assert built.failed()["figure_has_number"] == built.part("figure", "gitoc_oci")["rows"]


def test_a_score_that_was_added_up(built: Built) -> None:
    built.rewrite("figure", "gitoc_oci", "select * replace (true as derived, 2 as n_rows) from part")
    assert built.failed()["shares_not_added"] == built.part("figure", "gitoc_oci")["rows"]


def test_an_identifier_in_two_sources(built: Built) -> None:
    other = built.staged / built.part("figure", "unodc_iafq")["file"]
    query = (
        "select * replace (case when row_number() over (order by figure_id) = 1 then"
        f" (select min(figure_id) from read_parquet('{other}')) else figure_id end as figure_id) from part"
    )
    built.rewrite("figure", "gitoc_oci", query)
    assert built.failed() == {"figure_id_once": 1}


def test_a_figure_lost_after_it_was_counted(built: Built) -> None:
    rows = built.rewrite("figure", "gitoc_oci", "select * from part offset 2", listed=False)
    assert rows == built.part("figure", "gitoc_oci")["rows"] - 2
    wanted = {"figures_as_listed": 2, "stated_numbers_kept": 2, "sums_recounted": 1, "coverage_as_figures_say": 2}
    assert built.failed() == wanted


def test_a_published_zero_that_is_lost_changes_no_sum(built: Built) -> None:
    zero = "place_level = 'admin1' and not derived and value = 0"
    query = f"select * from part where not ({zero}) or figure_id <> (select min(figure_id) from part where {zero})"
    built.rewrite("figure", "sinesp_vde", query)
    failed = built.failed()
    failed.pop("comparison_has_figures", None)
    assert failed == {"stated_numbers_kept": 1}


@pytest.mark.parametrize("name", ["isp_rj", "sinesp_vde", "cide_ppd", "atf_trace_flows"])
def test_a_sum_that_counts_a_row_twice(built: Built, name: str) -> None:
    """One figure at a country, a state or a municipality nothing lies above, with one more than its rows hold."""
    widest = "(place_level in ('country') or (source = 'isp_rj' and place_level = 'admin1'))"
    one = (
        f"(select min(figure_id) from part where derived and {widest} and category = 'TOTAL' and period_kind = 'year')"
    )
    built.rewrite("figure", name, f"select * replace (value + (figure_id = {one})::int as value) from part")
    assert built.failed() == {"sums_recounted": 1}


@pytest.mark.parametrize(
    ("change", "rule", "rows"),
    [
        ("update snapshot set rows_in = rows_in + 3 where source = 'gitoc_oci'", "no_row_lost", 3),
        ("update snapshot set cells_missing = cells_missing + 2 where source = 'gitoc_oci'", "no_cell_lost", 2),
        (
            "update snapshot set cells_with_number = cells_with_number - 1, cells_missing = cells_missing + 1"
            " where source = 'gitoc_oci'",
            "numbers_recounted",
            1,
        ),
        ("delete from issue where source = 'gitoc_oci' and fate = 'row_refused'", "every_refusal_has_its_reason", None),
        ("delete from place where code = 'BR-RJ'", "places_known", None),
    ],
)
def test_what_the_tables_of_a_release_say(built: Built, change: str, rule: str, rows: int | None) -> None:
    built.change(change)
    failed = built.failed()
    assert failed[rule] == rows if rows else failed[rule] > 0
    assert rule == "places_known" or failed.keys() == {rule}


def test_a_file_without_numbers(built: Built) -> None:
    built.change(
        "update snapshot set cells = 1000, cells_missing = 981, cells_refused = 0, cells_with_number = 19"
        " where layout = 'attacks'"
    )
    failed = built.failed()
    assert failed.pop("numbers_recounted") == 14
    assert failed == {"not_mostly_empty": 1}


@pytest.mark.parametrize(
    ("stated", "summed", "holds"),
    [("156338", "156346", True), ("2592", "2595", True), ("10000", "10100", False), ("abc", "10", False)],
)
def test_totals_a_file_states_of_itself(built: Built, stated: str, summed: str, holds: bool) -> None:
    built.change(
        "insert into issue select * replace ('total_differs' as kind, 'noted' as fate,"
        f" '{stated}' as value, '{summed}' as known) from issue where source = 'gitoc_oci' limit 1"
    )
    assert built.failed() == ({} if holds else {"totals_close": 1})


COMPARISONS = [
    ("* replace (source_b as source_a, source_a as source_b)", {"comparison_in_order"}),
    ("* replace ('perhaps' as verdict, null as difference, null as ratio)", {"verdict_in_words"}),
    ("* replace ('not_comparable' as verdict, 1.5 as ratio, null as difference)", {"difference_only_of_like"}),
    ("* replace ('rank_only' as verdict, null as ratio, 1 as difference)", {"difference_only_of_like"}),
    ("* replace ('with_caveat' as verdict, value_b - value_a + 1 as difference, ['x'] as reasons)",
     {"difference_is_the_difference"}),
    ("* replace ('not_comparable' as verdict, null as ratio, null as difference, []::varchar[] as reasons)",
     {"comparison_has_reason"}),
    ("* replace ('0123456789abcdef' as figure_b)", {"comparison_has_figures"}),
    ("* replace ('comparable' as verdict, value_a - value_b as difference, null as ratio, null as ratio_low,"
     " null as ratio_high, ['x'] as reasons)", {"comparable_without_reserve"}),
    ("* replace ('with_caveat' as verdict, value_a - value_b as difference, 1.01 * value_a / value_b as ratio,"
     " ['x'] as reasons)", {"ratio_is_the_ratio"}),
    ("* replace ('with_caveat' as verdict, 3 as value_a, 4 as value_b, -1 as difference, 0.75 as ratio,"
     " ['x'] as reasons)", {"ratio_is_the_ratio"}),
    ("* replace ('with_caveat' as verdict, 30 as value_a, 40 as value_b, -10 as difference, 0.75 as ratio,"
     " 0.8 as ratio_low, 0.9 as ratio_high, false as same_origin, ['x'] as reasons)", {"ratio_is_the_ratio"}),
    ("* replace ('with_caveat' as verdict, 30 as value_a, 40 as value_b, -10 as difference, 0.75 as ratio,"
     " 0.7 as ratio_low, 0.9 as ratio_high, true as same_origin, ['x'] as reasons)", {"ratio_is_the_ratio"}),
]  # fmt: skip


@pytest.mark.parametrize(("columns", "expected"), COMPARISONS)
def test_a_broken_comparison_fails_its_own_rule(built: Built, columns: str, expected: set[str]) -> None:
    name = next(part["name"] for part in built.facts["parts"] if part["view"] == "comparison" and part["rows"])
    rows = built.rewrite("comparison", name, f"select {columns} from part")
    assert built.failed() == dict.fromkeys(expected, rows)


TABLES = [
    ("update trend set first_all = first_all + 1", {"trends_added_again", "change_is_the_change"}),
    ("update trend set n_last = n_last + 1", {"trends_added_again"}),
    ("update trend set panel = panel[2:] where len(panel) > 0", {"trends_added_again"}),
    ("update trend set change_panel = change_panel + 0.01, headline = headline + 0.01", {"change_is_the_change"}),
    ("update trend set headline = 9", {"headline_or_reason"}),
    ("update trend set headline = null, reasons = []", {"headline_or_reason"}),
    ("update share set pooled = 1.5, headline = null, reasons = ['x']", {"shares_in_range", "shares_added_again"}),
    ("update share set mean_of_places = -0.1", {"shares_in_range"}),
    ("update share set part = part + 1", {"shares_added_again"}),
    ("update share set whole = whole + 1", {"shares_added_again"}),
    ("update share set headline = 0.123456", {"share_or_reason"}),
    ("update share set headline = null, reasons = []", {"share_or_reason"}),
    ("update coverage set status = 'silent' where status = 'no_file_held'", {"coverage_in_words", "coverage_adds_up"}),
    ("insert into coverage select * from coverage where status = 'no_file_held' limit 1", {"coverage_once"}),
    ("update coverage set status = 'reported_zero' where status = 'reported_number'", {"coverage_as_figures_say"}),
    ("update coverage set status = 'reported_zero' where status = 'no_file_held'", {"coverage_as_figures_say"}),
    ("update flow set value = value + 1", {"flows_are_figures"}),
    ("delete from flow where figure_id = (select min(figure_id) from flow)", {"flows_are_figures"}),
    ("update flow_place set total_in = total_in + 1 where own_source_share is null", {"flows_add_up"}),
    ("update flow_place set outflow = outflow + 1", {"flows_add_up"}),
    ("update flow_place set own_source_share = 100 - own_source_share / 2", {"own_share_of_its_parts"}),
    ("update flow_place set no_share = 'none'", {"own_share_of_its_parts"}),
]


@pytest.mark.parametrize(("statement", "expected"), TABLES)
def test_what_is_derived_from_figures_is_held_against_them(built: Built, statement: str, expected: set[str]) -> None:
    built.change(statement)
    assert built.failed().keys() == expected


@pytest.mark.parametrize(
    "columns",
    [
        "'changed' as change, 5 as value_old, 5 as value_new",
        "'unchanged' as change, 5 as value_old, 6 as value_new",
        "'added' as change, 0 as value_old, 5 as value_new",
        "'gone' as change, 5 as value_old, 0 as value_new",
        "'not_matched' as change, 5 as value_old, null as value_new, null as reason",
        "'not_matched' as change, 5 as value_old, 5 as value_new, 'x' as reason",
    ],
)
def test_a_revision_called_otherwise_than_its_numbers_say(built: Built, columns: str) -> None:
    name = next(part["name"] for part in built.facts["parts"] if part["view"] == "revision" and part["rows"])
    rows = built.rewrite("revision", name, f"select * replace ({columns}) from part")
    assert built.failed() == {"revision_in_words": rows}


def test_a_revision_lost_after_it_was_counted(built: Built) -> None:
    name = next(part["name"] for part in built.facts["parts"] if part["view"] == "revision" and part["rows"])
    built.rewrite("revision", name, "select * from part offset 1", listed=False)
    assert built.failed() == {"revisions_as_listed": 1}


def test_a_comparison_lost_after_it_was_counted(built: Built) -> None:
    name = next(part["name"] for part in built.facts["parts"] if part["view"] == "comparison" and part["rows"])
    built.rewrite("comparison", name, "select * from part offset 1", listed=False)
    assert built.failed() == {"comparisons_as_listed": 1}


GIVEN = "null as withheld, 12 as n_agreeing, 1.5 as value"
AGREEMENTS = [
    ("* replace (n_none + 1 as n_none)", {"agreement_adds_up"}),
    ("* replace (n_refused + 1 as n_refused)", {"agreement_adds_up"}),
    ("* replace (null as withheld)", {"agreement_withheld_in_words"}),
    ("* replace (1 as value, 'geometric_mean_ratio' as statistic)", {"agreement_withheld_in_words"}),
    ("* replace (1 as low)", {"agreement_withheld_in_words"}),
    (f"* replace ({GIVEN}, 'kendall_tau_b' as statistic, false as same_origin)", {"agreement_within_limits"}),
    (f"* replace ({GIVEN}, 'direction' as statistic, false as same_origin)", {"agreement_within_limits"}),
    (f"* replace ({GIVEN}, 'trend_ratio' as statistic, false as same_origin, 2 as low, 3 as high)",
     {"agreement_within_limits"}),
    (f"* replace ({GIVEN}, 'geometric_mean_ratio' as statistic, 1 as low, 2 as high)", set()),
    (f"* replace ({GIVEN}, 'trend_ratio' as statistic, true as same_origin, 1 as low, 2 as high)",
     {"agreement_proves_nothing"}),
]  # fmt: skip


@pytest.mark.parametrize(("columns", "expected"), AGREEMENTS)
def test_a_broken_agreement_fails_its_own_rule(built: Built, columns: str, expected: set[str]) -> None:
    name = next(part["name"] for part in built.facts["parts"] if part["view"] == "agreement" and part["rows"])
    rows = built.rewrite("agreement", name, f"select {columns} from part")
    assert built.failed() == dict.fromkeys(expected, rows)


def test_an_agreement_lost_after_it_was_counted(built: Built) -> None:
    name = next(part["name"] for part in built.facts["parts"] if part["view"] == "agreement" and part["rows"])
    built.rewrite("agreement", name, "select * from part offset 1", listed=False)
    assert built.failed() == {"agreements_as_listed": 1}


@pytest.mark.parametrize(
    "query",
    [
        "select * exclude (figure_id), figure_id from part",
        "select * exclude (tier) from part",
        "select *, 1 as grade from part",
    ],
)
def test_other_columns_than_the_contract(built: Built, query: str) -> None:
    rows = built.rewrite("figure", "gitoc_oci", query)
    assert built.failed() == {"figure_columns": rows}


def test_a_tier_that_reads_too_much(built: Built) -> None:
    """The sums of ATF, had they been shared under amber, would not be for everyone."""
    rows = built.rewrite("figure", "atf_trace_flows", "select * replace ('TLP:AMBER' as tier) from part")
    assert built.failed() == {"terms_kept": 2 * rows}


def test_a_release_without_a_comparison(built: Built) -> None:
    built.facts["parts"] = [part for part in built.facts["parts"] if part["view"] == "figure"]
    assert built.failed() == {}


def test_a_failed_check_leaves_the_current_release(commons: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    before, acts = current_id(commons), commons.ledger.read_bytes()
    releases = sorted(path.name for path in commons.releases.iterdir())
    whole = building.sql

    def twice(name: str) -> str:
        text = whole(name)
        return text.replace("cross join reach", "cross join reach cross join range(2)") if "figure" in name else text

    monkeypatch.setattr(inputs, "accept", accept_small)
    monkeypatch.setattr(building, "sql", twice)
    with pytest.raises(checks.CheckFailed, match=r"figure_id_once_in_a_part: .* \([\d,]+ of [\d,]+ rows\)"):
        build(commons)
    assert current_id(commons) == before
    assert commons.ledger.read_bytes() == acts
    assert sorted(path.name for path in commons.releases.iterdir()) == releases


def test_a_rule_that_cannot_be_asked_is_no_yes(built: Built, monkeypatch: pytest.MonkeyPatch) -> None:
    rule = checks.Rule("odd", "Odd.", "None.", "ids", "no_such_column", "figures")
    monkeypatch.setattr(checks, "RULES", (rule,))
    with pytest.raises(RuntimeError, match="odd could not be made"):
        built.failed()


def test_demand_names_each_failed_check_and_its_rows() -> None:
    held = checks.Check("a", "A holds.", True, 5, 0)
    broken = checks.Check("b", "B holds.", False, 12000, 1500)
    checks.demand([held])
    with pytest.raises(checks.CheckFailed, match=r"b: B holds\. \(1,500 of 12,000 rows\)$"):
        checks.demand([held, broken])


def test_the_outcome_stands_in_the_manifest_and_on_the_page(commons: Folder) -> None:
    facts = manifest(commons, current_id(commons))
    assert len(facts["checks"]) == len(checks.RULES) + len(checks.CONTRACTS)
    assert all(check["holds"] for check in facts["checks"])
    page = (commons.releases / current_id(commons) / "quality.html").read_text(encoding="utf-8")
    assert f"All {len(facts['checks'])} rules hold." in page
    assert quality.escape(checks.RULES[0].says) in page


def test_nothing_is_loaded_before_it_is_needed_nor_printed_nor_sent(commons: Folder, tmp_path: Path) -> None:
    """Great Expectations is loaded by run() alone; nothing is looked up, sent, printed or logged."""
    release = commons.releases / current_id(commons)
    files = {f"{f['source']} {f['snapshot']}": str(commons.accepted / f["rows"]) for f in
             manifest(commons, release.name)["inputs"]}  # fmt: skip
    (tmp_path / "files.json").write_text(json.dumps(files))
    code = f"""
import json, sys
from pathlib import Path
import warehouse.build, warehouse.checks, warehouse.quality
assert not {{"great_expectations", "scipy", "statsmodels"}} & set(sys.modules)
def closed(event, given):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        raise SystemExit(f"{{event}} {{given}}")
sys.addaudithook(closed)
from ingest.accept import report
from ingest.declarations import sources
release = Path({str(release)!r})
files = json.loads(Path({str(tmp_path / "files.json")!r}).read_text())
reports = {{tuple(key.split()): report(Path(rows)) for key, rows in files.items()}}
outcome = warehouse.checks.run(release, json.loads((release / "manifest.json").read_text()), reports, sources())
assert outcome and all(check.holds for check in outcome)
assert "great_expectations" in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["files.json"]
