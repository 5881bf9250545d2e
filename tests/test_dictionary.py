"""The data dictionary is true: it is what the models, code lists and comments say now, and nothing is unexplained."""

from pathlib import Path

import pytest

from ingest.folder import Folder
from schemas.tables import TABLES
from warehouse.dictionary import comments, dictionary
from warehouse.publish import build
from warehouse.release import open_release
from warehouse.starter import files

ROOT = Path(__file__).parents[1]


def test_the_page_is_the_one_the_code_gives() -> None:
    assert (ROOT / "docs" / "data-dictionary.md").read_text(encoding="utf-8") == dictionary()


@pytest.mark.parametrize("name", TABLES)
def test_every_column_of_every_table_is_explained(name: str) -> None:
    model = TABLES[name]
    assert model.__doc__
    assert [column for column, said in model.to_schema().columns.items() if not said.description] == []


def test_a_release_explains_every_column_of_its_views(tmp_path: Path) -> None:
    from commons import _add

    folder = Folder(tmp_path)
    assert _add(folder, next(file for file in files() if file.stem == "soudapaz_rj"), None, None, None) == 0
    build(folder)
    with open_release(folder) as con:
        columns = con.execute(
            "select table_name || '.' || column_name, comment from duckdb_columns()"
            " where database_name = 'release' and table_name in ('figure', 'comparison', 'agreement', 'snapshot')"
        ).fetchall()
    assert len(columns) > 80
    assert [name for name, comment in columns if not comment] == []
    explained = {name for name in comments() if name.split(".")[0] in ("figure", "comparison", "agreement", "snapshot")}
    assert {name for name, _ in columns} == {name for name in explained if "." in name}
