"""A static server as one finds them: it packs what is text, and has the site in a folder below its root."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

TEXT = (".html", ".css", ".js", ".json", ".svg", ".xml", ".txt")


@lru_cache(maxsize=2000)
def packed(path: str, _changed: float) -> bytes:
    return gzip.compress(Path(path).read_bytes(), 6)


class PackingHandler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if not (path.is_file() and path.suffix in TEXT and "gzip" in self.headers.get("Accept-Encoding", "")):
            return super().do_GET()
        body = packed(str(path), path.stat().st_mtime)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        return None

    def log_message(self, *args: object) -> None:
        """The audit prints what matters."""


@contextmanager
def serving(site: Path) -> Iterator[str]:
    """The address of ``site`` in a folder of a server, as a project page on GitHub has it."""
    site = site.resolve()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(PackingHandler, directory=str(site.parent)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/{site.name}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
