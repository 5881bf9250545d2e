"""Accounts in a real browser: who may see what participants see is asked at every step, of the ledger and of the clock.

Most tests bring the cookie that Streamlit sets after a log-in; one logs in with a real provider run here.
"""

import json
import os
import re
import secrets
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from chrome import DESK
from playwright.sync_api import Browser, BrowserContext, Page, expect
from streamlit.auth_util import set_cookie_with_chunks
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value
from viewer import ROOT

from bench.proxy import free_port
from bench.serving import COMMONS
from ingest import roles
from ingest.folder import Folder

pytestmark = [pytest.mark.browser, pytest.mark.slow]

VIEW = "local?place=BR-RJ&concept=arms_seized"
ISSUER = "https://login.example"
REFUSED = "no role that allows this"
TO_LOG_IN = "one has to log in to see them"
SECRET = secrets.token_hex(32)
GREEN = ("serve", "--tier", "green")


@contextmanager
def served(
    data: Path, away: Path, *options: str, port: int, issuer: str = ISSUER, command: tuple[str, ...] = GREEN
) -> Iterator[str]:
    """The viewer of participants, or another command, with settings of a log-in; ended by its own process id."""
    settings = away / "secrets.toml"
    settings.write_text(
        "\n".join(
            (
                "[auth]",
                f'redirect_uri = "http://localhost:{port}/oauth2callback"',
                f'cookie_secret = "{SECRET}"',
                'client_id = "commons"',
                'client_secret = "x"',
                f'server_metadata_url = "{issuer}/.well-known/openid-configuration"',
            )
        ),
        encoding="utf-8",
    )
    argv = [*COMMONS, *command, "--port", str(port), "--data", str(data), *options]
    environment = {**os.environ, "COMMONS_SECRETS": str(settings), "PYTHONPATH": str(ROOT)}
    with (away / "log").open("wb") as log:
        process = subprocess.Popen(argv, cwd=ROOT, stdout=log, stderr=log, env=environment)
    try:
        for _ in range(300):
            try:
                with urllib.request.urlopen(f"http://localhost:{port}/_stcore/health", timeout=2):
                    break
            except OSError:
                assert process.poll() is None, (away / "log").read_text(encoding="utf-8")
                time.sleep(0.1)
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture(scope="module", autouse=True)
def _own_keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COMMONS_KEYS", str(tmp_path_factory.mktemp("keys")))
        yield


@pytest.fixture(scope="module")
def site(small: Path, chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(small, tmp_path_factory.mktemp("green"), "--host", "localhost", port=free_port()) as address:
        yield address


Visit = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser, site: str) -> Iterator[Visit]:
    """Opens the page as somebody whose log-in ends at a time; `None`: as nobody."""
    contexts: list[BrowserContext] = []

    def come(subject: str | None, ends: float | None = None, secret: str = SECRET, **claims: Any) -> Page:
        context = browser.new_context(viewport=DESK)  # type: ignore[arg-type]
        contexts.append(context)
        if subject is not None:
            said = {"iss": ISSUER, "sub": subject, "exp": int(ends or time.time() + 600), "provider": "default"}
            context.add_cookies(cookies(site, said | claims, secret))  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(f"{site}/{VIEW}")
        page.wait_for_selector("#root footer.foot")
        return page

    yield come
    for context in contexts:
        context.close()


def cookies(site: str, claims: dict[str, Any], secret: str) -> list[dict[str, str]]:
    """What Streamlit sets when a provider has said these claims."""
    made: list[dict[str, str]] = []

    def signed(name: str, value: str) -> bytes:
        return create_signed_value(secret, name, value)

    def keep(name: str, value: str) -> None:
        made.append({"name": name, "value": signed(name, value).decode(), "url": site})

    claims = {name: value for name, value in claims.items() if value is not None}
    whole = {**claims, "origin": site, "is_logged_in": True}
    set_cookie_with_chunks(keep, signed, "_streamlit_user", whole, cookie_attr_size=60)
    return made


def grant(small: Path, subject: str, issuer: str = ISSUER) -> str:
    person = roles.person(issuer, subject)
    roles.grant(Folder(small), roles.LOCAL, person, "participant", today=date.today())
    return person


def revoke(small: Path, person: str) -> None:
    command = [sys.executable, "-m", "commons", "role", "revoke", "participant", "--person", person]
    done = subprocess.run([*command, "--data", str(small)], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr


def ask_more(page: Page) -> None:
    """Does something that makes the page anew."""
    box = page.get_by_role("combobox", name=re.compile("State or province"))
    box.click()
    box.fill("Acre")
    page.keyboard.press("Enter")


def shows_figures(page: Page) -> None:
    expect(page.locator("#root table.matrix a").first).to_be_visible(timeout=20_000)


def shows_none(page: Page) -> None:
    expect(page.locator("table.matrix, article.card, [data-testid=stVegaLiteChart]")).to_have_count(0, timeout=20_000)


def test_who_has_not_logged_in_is_asked_to_and_is_sent_nothing_else(visit: Visit, site: str) -> None:
    page = visit(None)
    expect(page.locator("#root")).to_contain_text(TO_LOG_IN)
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    shows_none(page)
    for path in (VIEW, f"light/{VIEW}", "light/sources", "sources", "region", "origin?figure=0123456789abcdef"):
        with urllib.request.urlopen(f"{site}/{path}", timeout=20) as answer:
            sent = answer.read().decode()
        assert TO_LOG_IN in sent
        assert "sinesp" not in sent.lower()
        assert "matrix" not in sent.partition("</style>")[2]


def test_without_a_role_one_is_refused_and_told_how_to_get_one(visit: Visit, small: Path) -> None:
    page = visit("amina")
    expect(page.locator("#root")).to_contain_text(REFUSED)
    person = roles.person(ISSUER, "amina")
    expect(page.locator("#root")).to_contain_text(person)
    shows_none(page)
    grant(small, "amina")
    page.reload()
    shows_figures(page)


def test_who_loses_the_role_is_refused_at_the_next_step(visit: Visit, small: Path) -> None:
    person = grant(small, "bruno")
    page = visit("bruno")
    shows_figures(page)
    revoke(small, person)
    ask_more(page)
    expect(page.locator("#root")).to_contain_text(REFUSED, timeout=20_000)
    shows_none(page)


def test_a_log_in_that_ends_ends_in_the_middle(visit: Visit, small: Path) -> None:
    grant(small, "chen")
    ends = time.time() + 12
    page = visit("chen", ends)
    shows_figures(page)
    page.wait_for_timeout(max(0, ends - time.time() + 1) * 1000)
    ask_more(page)
    expect(page.locator("#root")).to_contain_text("Your log-in has ended", timeout=20_000)
    shows_none(page)


@pytest.mark.parametrize(
    "wrong",
    [
        {"ends": 1},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": True},
        {"sub": None},
        {"iss": ""},
        {"iss": "https://another.example"},
        {"secret": "0" * 64},
    ],
)
def test_a_log_in_that_does_not_hold_opens_nothing(visit: Visit, small: Path, wrong: dict[str, Any]) -> None:
    """Ended, endless, of nobody, by somebody else who calls people so, or not signed by this site."""
    if "participant" not in roles.actor(Folder(small), roles.person(ISSUER, "dana"), date.today()).roles:
        grant(small, "dana")
    shows_none(visit("dana", **wrong))
    if "secret" in wrong:
        shows_figures(visit("dana"))


def test_on_ones_own_machine_nobody_logs_in(small: Path, browser: Browser, tmp_path: Path) -> None:
    with served(small, tmp_path, port=free_port()) as address:
        page = browser.new_page()
        page.goto(f"{address}/{VIEW}")
        page.wait_for_selector("#root footer.foot")
        shows_figures(page)
        page.close()


@pytest.fixture(scope="module")
def portal(small: Path, chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    away = tmp_path_factory.mktemp("portal")
    with served(small, away, "--host", "localhost", port=free_port(), command=("portal",)) as address:
        yield address


def test_the_portal_asks_who_is_there(browser: Browser, portal: str) -> None:
    page = browser.new_page()
    page.goto(portal)
    expect(page.get_by_role("button", name="Log in")).to_be_visible(timeout=20_000)
    expect(page.locator("input[type=file]")).to_have_count(0)
    page.close()


@pytest.mark.parametrize("method", ["PATCH", "POST", "DELETE"])
def test_nobody_sends_a_file_but_a_contributor(small: Path, portal: str, method: str) -> None:
    def is_stopped(subject: str | None, **claims: Any) -> bool:
        """Whether the layer before the portal refuses; the portal itself knows no file of this name."""
        said = {"iss": ISSUER, "sub": subject, "exp": int(time.time() + 600), "provider": "default"} | claims
        sent = "; ".join(f"{one['name']}={one['value']}" for one in cookies(portal, said, SECRET)) if subject else ""
        address = f"{portal}/upload/0123456789abcdef"
        request = urllib.request.Request(address, b"x", {"Cookie": sent} if sent else {}, method=method)
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=20)
        return "Log in as a contributor first" in refused.value.read().decode()

    grant(small, "fatou")
    person = roles.person(ISSUER, "gita")
    today = date.today()
    roles.grant(Folder(small), roles.LOCAL, person, "contributor", organisation="viva_rio", today=today)
    assert is_stopped(None)
    assert is_stopped("nobody")
    assert is_stopped("fatou")
    assert is_stopped("gita", exp=1)
    assert not is_stopped("gita")
    roles.revoke(Folder(small), roles.LOCAL, person, "contributor")
    assert is_stopped("gita")


def test_logging_in_with_a_provider(small: Path, browser: Browser, tmp_path: Path) -> None:
    """The whole way: to the provider, back, refused, let in, refused again, out, and ended."""
    provider = pytest.importorskip("oidc_provider_mock", reason="the provider for tests is not installed")
    pytest.importorskip("authlib", reason="authlib is not installed")
    port = free_port()
    with provider.run_server_in_thread(access_token_max_age=timedelta(seconds=45)) as run:
        issuer = f"http://localhost:{run.server_port}"
        with served(small, tmp_path, "--host", "localhost", port=port, issuer=issuer) as address:
            context = browser.new_context(viewport=DESK)  # type: ignore[arg-type]
            page = context.new_page()

            def log_in() -> datetime:
                page.goto(f"{address}/{VIEW}")
                page.get_by_role("button", name="Log in").click()
                page.wait_for_url(f"{issuer}/**")
                page.locator("input[name=sub]").fill("emma@ngo.example")
                page.get_by_role("button", name="Authorize").click()
                page.wait_for_url(f"{address}/**")
                page.goto(f"{address}/{VIEW}")
                page.wait_for_selector("#root footer.foot")
                return datetime.now(UTC)

            since = log_in()
            expect(page.locator("#root")).to_contain_text(REFUSED)
            person = grant(small, "emma@ngo.example", issuer)
            page.reload()
            shows_figures(page)
            assert "emma" not in Folder(small).ledger.read_text(encoding="utf-8")
            revoke(small, person)
            ask_more(page)
            expect(page.locator("#root")).to_contain_text(REFUSED, timeout=20_000)
            grant(small, "emma@ngo.example", issuer)
            page.wait_for_timeout(max(0, 46 - (datetime.now(UTC) - since).total_seconds()) * 1000)
            page.reload()
            expect(page.locator("#root")).to_contain_text("Your log-in has ended", timeout=20_000)
            shows_none(page)
            log_in()
            shows_figures(page)
            (kept,) = (one for one in context.cookies() if one["name"] == "_streamlit_user")
            assert kept["httpOnly"]
            assert json.dumps(kept)
            context.close()
