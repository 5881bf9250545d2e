"""What tests of the pages share: a small commons in invented numbers, the app at an address, and what it says."""

import asyncio
import csv
import re
import subprocess
import sys
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from ingest.folder import Folder
from ingest.register.gazetteer import load as gazetteer
from warehouse.release import open_release

ROOT = Path(__file__).parents[1]
APP = str(ROOT / "dashboard" / "public" / "app.py")
HOSTILE = "![x](http://evil) <script>alert(1)</script> <img src=http://evil/x> $a$ :red[b] **c** [d](http://evil)"
STATES = (
    *("AC", "AL", "AM", "AP", "BA", "CE", "DF", "ES", "GO", "MA", "MG", "MS", "MT", "PA"),
    *("PB", "PE", "PI", "PR", "RJ", "RN", "RO", "RR", "RS", "SC", "SE", "SP", "TO"),
)
KINDS = ["Carabina", "Espingarda", "Fuzil", "Metralhadora", "Outra", "Pistola", "Revolver", "Rifle", "Submetralhadora"]


def small_commons(root: Path) -> Path:
    """A commons of three sources in invented numbers: Brazil's states, one state's municipalities, experts' scores.

    No state reported for 2020; Acre reported zeros; São Paulo left one cell blank in 2021.
    """
    made = root / "made"
    made.mkdir(parents=True)
    _monthly(made / "![x](http:evil)<script>.csv")
    _municipalities(made / "rj_municipio_ano_tipo.csv")
    _scores(made / "arms_trafficking_2021.csv")
    held = root / "data"
    for words_ in (["add", *map(str, sorted(made.iterdir()))], ["build"]):
        command = [sys.executable, "-m", "commons", *words_, "--data", str(held)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
        assert done.returncode in (0, 1), done.stdout + done.stderr
    return held


def _monthly(path: Path) -> None:
    head = (
        "uf,municipio,ano,mes,categoria,evento,agente,arma,faixa_etaria,feminino,masculino,nao_informado,total,"
        "total_peso,total_vitima"
    )
    rows = [head.split(",")]
    for at, state in enumerate(STATES):
        for year in (2019, 2021):
            for month in range(1, 13):
                for kind in KINDS:
                    number = "0" if state == "AC" else str(at + month)
                    blank = (state, year, month, kind) == ("SP", 2021, 12, "Pistola")
                    weapon = ["arma de fogo", "Arma de Fogo Apreendida", "", kind, "", "", "", ""]
                    rows.append(
                        [state, "NÃO INFORMADO", str(year), f"{month:02}", *weapon, "" if blank else number, "", ""]
                    )
    _write(path, rows)


def _municipalities(path: Path) -> None:
    places = gazetteer().places.filter(gazetteer().places["code"].str.starts_with("BR-IBGE:33")).sort("code")
    rows = [["cod_ibge", "municipio", "ano", "tipo", "quantidade"]]
    for place in places.iter_rows(named=True):
        number = place["code"].split(":")[1]
        rows += [
            [f"{number}.0", place["name"], str(year), kind, "7"]
            for year in (2019, 2020, 2021)
            for kind in ("pistola", "revólver")
        ]
    _write(path, rows)


def _scores(path: Path) -> None:
    countries = gazetteer().places.filter(gazetteer().places["level"] == "country").sort("code")["name"].to_list()
    chosen = sorted({"Brazil", *countries[:170]})
    _write(path, [["Continent", "Region", "Country", "Arms trafficking"], *[["", "", name, "4.5"] for name in chosen]])


def _write(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_commons(tmp_path_factory.mktemp("small"))


@pytest.fixture
def page(small: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Runs the app at an address; nothing may raise."""
    monkeypatch.setenv("COMMONS_DATA", str(small))

    def run(page_: str = "local", **address: str) -> AppTest:
        app = AppTest.from_file(APP, default_timeout=30)
        if page_ != "overview":
            app.switch_page(f"../pages/{page_}.py")
        for name, value in address.items():
            app.query_params[name.rstrip("_")] = value
        app.run()
        assert not app.exception, app.exception
        return app

    return run


def html(app: AppTest) -> str:
    """All HTML the pages wrote, with entities as they were sent; without the style sheet."""
    bodies = [element.proto.body for element in app.get("html")]
    return "\n".join(body for body in bodies if "<style" not in body)


def said(app: AppTest) -> str:
    """The words a reader sees."""
    return unescape(re.sub(r"<[^>]*>", " ", html(app)))


def apart(work: Coroutine[Any, Any, Any]) -> Any:
    """What it comes to, on a thread and loop of its own: a browser of another test may hold this thread's loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def ask(small: Path, query: str, *values: Any) -> list[tuple[Any, ...]]:
    with open_release(Folder(small)) as con:
        return con.execute(query, list(values)).fetchall()
