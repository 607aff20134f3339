"""A time stamping authority on this machine: OpenSSL stamps, and a small server hands its stamps out (RFC 3161)."""

import os
import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

_CONFIGURATION = """
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_chain = no
[req]
distinguished_name = nobody
prompt = no
[nobody]
CN = Here
[root]
basicConstraints = critical,CA:true
subjectKeyIdentifier = hash
[stamps]
basicConstraints = CA:false
extendedKeyUsage = critical,timeStamping
"""


class TimeAuthority:
    """Answers at `url`; `roots` is the file of its root certificate. `broken` makes it answer nonsense."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.roots = folder / "root.pem"
        self.broken = False
        self.answers_with: bytes | None = None
        self._make_certificates()
        authority = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                query = self.rfile.read(int(self.headers["Content-Length"]))
                content = b"<html>Welcome!</html>" if authority.broken else authority.stamp(query)
                self.send_response(200)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_arguments: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stamp(self, query: bytes) -> bytes:
        """Return the answer to a request."""
        if self.answers_with is not None:
            return self.answers_with
        (self._folder / "query.tsq").write_bytes(query)
        self._openssl("ts", "-reply", "-queryfile", "query.tsq", "-out", "answer.tsr", "-config", "tsa.cnf")
        return (self._folder / "answer.tsr").read_bytes()

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def _make_certificates(self) -> None:
        (self._folder / "tsa.cnf").write_text(_CONFIGURATION.format(folder=self._folder))
        (self._folder / "serial").write_text("01\n")
        fresh = ("-newkey", "rsa:2048", "-nodes", "-config", "tsa.cnf")
        self._openssl(
            "req", "-x509", *fresh, "-keyout", "root.key", "-out", "root.pem", "-days", "30",
            "-subj", "/CN=Root", "-extensions", "root",
        )  # fmt: skip
        self._openssl("req", *fresh, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=Clock")
        self._openssl(
            "x509", "-req", "-in", "tsa.csr", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial",
            "-out", "tsa.pem", "-days", "30", "-extfile", "tsa.cnf", "-extensions", "stamps",
        )  # fmt: skip

    def _openssl(self, *arguments: str) -> None:
        done = subprocess.run(["openssl", *arguments], cwd=self._folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def openssl() -> None:
    """Skip where OpenSSL's command is missing, except where `CI` is set: there it must be."""
    if shutil.which("openssl") is None:
        if os.environ.get("CI"):
            pytest.fail("OpenSSL is not installed, and stamps must be tested in CI.")
        pytest.skip("OpenSSL's command is not installed; install the package `openssl` to test time stamps.")
