"""The shipped proxy configuration on this machine: free ports of loopback, a certificate made for the occasion."""

import getpass
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

DEPLOY = Path(__file__).parents[1] / "deploy"
MAIN = """
user {user};
worker_processes 1;
daemon off;
pid {here}/pid;
error_log {here}/error.log warn;
events {{ worker_connections 4096; }}
http {{
    include /etc/nginx/mime.types;
    client_body_temp_path {here}/body;
    proxy_temp_path {here}/proxy;
    fastcgi_temp_path {here}/fastcgi;
    uwsgi_temp_path {here}/uwsgi;
    scgi_temp_path {here}/scgi;
    include {here}/conf.d/*.conf;
}}
"""


@dataclass(frozen=True)
class Proxy:
    """A proxy that runs: where it listens, with TLS and without, and the certificate to trust."""

    port: int
    plain: int
    certificate: Path

    @property
    def address(self) -> str:
        """Its address; the name matters, for it answers to no other."""
        return f"https://localhost:{self.port}"


def free_port() -> int:
    """A port of loopback nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def configuration(here: Path, viewers: Sequence[int], port: int, plain: int) -> str:
    """The shipped file with this rehearsal's ports and paths in place of a server's; nothing else is changed."""
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    shipped = [line for line in text.splitlines() if line.strip().startswith("server 127.0.0.1:85")]
    ours = [shipped[0].replace("8501", str(viewer)) for viewer in viewers]
    swaps = {
        "\n".join(shipped): "\n".join(ours),
        "commons.example.org": "localhost",
        "listen 443 ": f"listen 127.0.0.1:{port} ",
        "listen 80 ": f"listen 127.0.0.1:{plain} ",
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "/etc/nginx/commons/": f"{here}/commons/",
        "/var/cache/nginx/commons": f"{here}/cache",
    }
    for shipped_words, ours_words in swaps.items():
        assert shipped_words in text, f"deploy/nginx.conf no longer says: {shipped_words}"
        text = text.replace(shipped_words, ours_words)
    return text


def _prepare(here: Path, viewers: Sequence[int]) -> tuple[Proxy, list[str]]:
    port, plain = free_port(), free_port()
    (here / "conf.d").mkdir(parents=True)
    (here / "commons").mkdir()
    (here / "conf.d" / "commons.conf").write_text(configuration(here, viewers, port, plain), encoding="utf-8")
    main = here / "nginx.conf"
    main.write_text(MAIN.format(here=here, user=getpass.getuser()), encoding="utf-8")
    certificate = here / "commons" / "certificate.pem"
    made = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
    ]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", str(here / "commons" / "key.pem"), "-out", str(certificate)]
    subprocess.run([*made, *names, *files], check=True, capture_output=True)
    return Proxy(port, plain, certificate), ["nginx", "-p", str(here), "-c", str(main), "-e", str(here / "error.log")]


@contextmanager
def proxied(here: Path, viewers: Sequence[int]) -> Iterator[Proxy]:
    """nginx before viewers on these ports, its files in an empty folder; ended by its own process id."""
    proxy, command = _prepare(here, viewers)
    subprocess.run([*command, "-t"], check=True, capture_output=True)
    process = subprocess.Popen(command)
    try:
        _listening(proxy.port)
        yield proxy
    finally:
        process.terminate()
        process.wait(timeout=20)


def _listening(port: int) -> None:
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError(f"nothing listens on port {port}")
