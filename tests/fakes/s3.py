"""A fake S3 on loopback: says yes to everything and keeps what was asked. Python 3.7 syntax."""

from __future__ import annotations

from fakes.http import LoopbackServer, Request

COPIED = b'<CopyObjectResult><ETag>"e"</ETag><LastModified>2026-01-01T00:00:00Z</LastModified></CopyObjectResult>'


class FakeS3(LoopbackServer):
    def __init__(self) -> None:
        self.requests: list[Request] = []
        super().__init__()

    def answer(self, request: Request) -> tuple[int, dict[str, str], bytes]:
        with self.lock:
            self.requests.append(request)
        if "x-amz-copy-source" in request.headers:
            return 200, {"Content-Type": "application/xml"}, COPIED
        return 200, {"Content-Type": "application/xml", "ETag": '"e"'}, b""
