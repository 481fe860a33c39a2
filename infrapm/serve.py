"""Serve the built book on this machine: `python -m infrapm.serve [--port 8000] [folder]`.

Only this machine can reach it. Files of the browser runtime carry a hash of their content in
their name, so a browser may keep them forever; it asks again for everything else.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import mimetypes
import os
import re
import sys
from pathlib import Path

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, StaticFileHandler

ADDRESS = "127.0.0.1"
PORTS_TRIED = 20
# "runtime/name-0123abcd.ext", or any file below "runtime/name-0123abcd/"
HASHED = re.compile(r"(^|/)runtime/(.*-[0-9a-f]{8}/.+|.*-[0-9a-f]{8}\.[^/]+)$")

# Browsers refuse a module or a WebAssembly file of another type, and some systems lack these.
mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("text/javascript", ".mjs")
mimetypes.add_type("application/wasm", ".wasm")


class BookFile(StaticFileHandler):
    """A file of the book, with the time that a browser may keep it."""

    def initialize(self, path: str, packed: dict[str, bytes]) -> None:
        super().initialize(path, default_filename="index.html")
        self.packed = packed

    async def get(self, path: str, include_body: bool = True) -> None:
        body = self.packed.get(path)
        if body is None or "gzip" not in self.request.headers.get("Accept-Encoding", ""):
            return await super().get(path, include_body)
        self.absolute_path = None  # sent from memory, and never asked for again: no ETag
        self.set_header("Content-Type", "application/wasm")
        self.set_header("Content-Encoding", "gzip")
        self.set_header("Content-Length", len(body))
        self.set_extra_headers(path)
        if include_body:
            self.write(body)

    def set_extra_headers(self, path: str) -> None:
        forever = HASHED.search(path)
        self.set_header(
            "Cache-Control", "public, max-age=31536000, immutable" if forever else "no-cache"
        )

    def compute_etag(self) -> str | None:
        # The parent class hashes a file once and would not notice that the book was built anew.
        if self.absolute_path is None:
            return None
        status = os.stat(self.absolute_path)
        return f'"{status.st_mtime_ns:x}-{status.st_size:x}"'


def book_app(folder: Path) -> Application:
    """Return the web application that serves a folder.

    Compressing WebAssembly takes most of a second, so it is done here and not while a reader waits.
    """
    packed = {
        path.relative_to(folder).as_posix(): gzip.compress(path.read_bytes(), 6)
        for path in folder.rglob("*.wasm")
        if HASHED.search(path.relative_to(folder).as_posix())
    }
    files = (r"/(.*)", BookFile, {"path": str(folder), "packed": packed})
    return Application([files], compress_response=True)


def listen(app: Application, port: int) -> int:
    """Start answering on the first free port from `port` on, and return it (0: any free port)."""
    for candidate in range(port, min(port + PORTS_TRIED, 65536)):
        try:
            sockets = bind_sockets(candidate, ADDRESS)
        except OSError:
            continue
        HTTPServer(app).add_sockets(sockets)
        return sockets[0].getsockname()[1]
    raise OSError(f"No free port from {port} on ({PORTS_TRIED} tried). Name another: PORT=9000")


def port_number(text: str) -> int:
    """Read a port, 0 to 65535.

    >>> port_number("8000")
    8000
    """
    if not (text.isascii() and text.isdigit() and int(text) < 65536):
        raise argparse.ArgumentTypeError(
            f"the port must be a whole number from 0 (any free one) to 65535, not {text!r}"
        )
    return int(text)


async def serve(folder: Path, port: int) -> None:
    """Serve until stopped, and say where."""
    found = listen(book_app(folder), port)
    if port not in (0, found):
        print(f"Port {port} is taken, so this is port {found}.")
    print(f"The book is at http://{ADDRESS}:{found}/  Stop with Ctrl-C.", flush=True)
    await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m infrapm.serve", description="Serve the built book on this machine."
    )
    parser.add_argument("folder", nargs="?", type=Path, default=Path("_build/html"))
    parser.add_argument("--port", type=port_number, default=os.environ.get("PORT") or "8000")
    options = parser.parse_args()
    if not (options.folder / "index.html").is_file():
        sys.exit(f"No book in {options.folder} yet. Build it first: make book")
    try:
        asyncio.run(serve(options.folder.resolve(), options.port))
    except KeyboardInterrupt:
        print("\nStopped.")
    except OSError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
