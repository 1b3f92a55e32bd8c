"""An object store on loopback: what of the S3 and Google Cloud Storage APIs is asked when objects are listed and read.

Written after https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html, API_GetObject and API_HeadObject,
and https://cloud.google.com/storage/docs/json_api/v1/objects.
"""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

PAGE = 1000
"""Objects that one answer to a listing names at most, as in S3."""
WHEN = "2026-11-01T12:00:00.000Z"


class ObjectStore:
    """One store with one bucket, ``news``, whose objects are set by the test."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.asked: list[str] = []
        """Requests as ``GET s3 key``; of a listing ``LIST s3 prefix``."""
        self.signed: set[str] = set()
        """The access keys that requests were signed with; empty for none."""
        self.failing: int | None = None
        """The status with which everything is refused."""
        self.failing_after: int | None = None
        """How many listings are answered before ``failing`` begins."""
        self.stopped = False
        self.silent = False
        """Whether it takes requests and says nothing."""
        store = self

        class Handler(_Handler):
            kept = store

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """It is not to be reached any more."""
        self.stopped = True  # also for connections that are kept
        self._server.shutdown()
        self._server.server_close()

    def listed(self, prefix: str, after: str, most: int) -> tuple[list[str], str]:
        """The names below ``prefix``, and where the next listing goes on; empty at the end."""
        found = sorted(key for key in self.objects if key.startswith(prefix) and key > after)
        return found[:most], found[most - 1] if len(found) > most else ""


class _Handler(BaseHTTPRequestHandler):
    kept: ObjectStore
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        store = self.kept
        if store.stopped:
            self.close_connection = True
            return
        signature = self.headers.get("Authorization", "")
        store.signed.add(signature.partition("Credential=")[2].partition("/")[0])
        while store.silent:
            time.sleep(0.05)
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
        if url.path.startswith("/storage/v1/b/"):
            self._google(url.path.removeprefix("/storage/v1/b/"), query)
        else:
            bucket, _, key = unquote(url.path).removeprefix("/").partition("/")
            self._amazon(bucket, key, query)

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        return

    def _amazon(self, bucket: str, key: str, query: dict[str, str]) -> None:
        store = self.kept
        listing = not key and self.command == "GET"
        prefix = query.get("prefix", "")
        store.asked.append(f"LIST s3 {prefix}" if listing else f"{self.command} s3 {key}")
        if store.failing and not (listing and self._still_answers()):
            self._xml(store.failing, "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>")
        elif bucket != "news":
            self._xml(404, "<Error><Code>NoSuchBucket</Code><Message>no such bucket</Message></Error>")
        elif listing:
            most = int(query.get("max-keys", PAGE))
            keys, following = store.listed(prefix, query.get("continuation-token", ""), min(most, PAGE))
            rows = "".join(
                f"<Contents><Key>{escape(one)}</Key><Size>{len(store.objects[one])}</Size>"
                f'<LastModified>{WHEN}</LastModified><ETag>"0"</ETag></Contents>'
                for one in keys
            )
            more = f"<NextContinuationToken>{escape(following)}</NextContinuationToken>" if following else ""
            self._xml(
                200,
                f"<ListBucketResult><Name>news</Name><Prefix>{escape(prefix)}</Prefix><KeyCount>{len(keys)}</KeyCount>"
                f"<IsTruncated>{'true' if following else 'false'}</IsTruncated>{more}{rows}</ListBucketResult>",
            )
        elif not key:
            self._xml(200, "")
        elif key not in store.objects:
            self._xml(404, "<Error><Code>NoSuchKey</Code><Message>no such key</Message></Error>")
        else:
            self._content(store.objects[key])

    def _google(self, path: str, query: dict[str, str]) -> None:
        store = self.kept
        bucket, _, rest = path.partition("/")
        key = unquote(rest.removeprefix("o/")) if rest.startswith("o/") else ""
        listing = rest == "o"
        prefix = query.get("prefix", "")
        store.asked.append(f"LIST gs {prefix}" if listing else f"{self.command} gs {key}")
        if store.failing and not (listing and self._still_answers()):
            self._json(store.failing, {"error": {"code": store.failing, "message": "refused"}})
        elif bucket != "news" or (key and key not in store.objects):
            self._json(404, {"error": {"code": 404, "message": "Not Found"}})
        elif listing:
            most = int(query.get("maxResults", PAGE))
            keys, following = store.listed(prefix, query.get("pageToken", ""), min(most, PAGE))
            more = {"nextPageToken": following} if following else {}
            self._json(200, {"kind": "storage#objects", "items": [self._about(one) for one in keys], **more})
        elif not key:
            self._json(200, {"kind": "storage#bucket", "id": "news", "name": "news", "metageneration": "1"})
        elif query.get("alt") == "media":
            self._content(store.objects[key])
        else:
            self._json(200, self._about(key))

    def _about(self, key: str) -> dict[str, str]:
        about = {"kind": "storage#object", "bucket": "news", "name": key, "size": str(len(self.kept.objects[key]))}
        return {**about, "generation": "1", "metageneration": "1", "updated": WHEN, "timeCreated": WHEN}

    def _still_answers(self) -> bool:
        if self.kept.failing_after:
            self.kept.failing_after -= 1
            return True
        return False

    def _content(self, content: bytes) -> None:
        whole = len(content)
        given = self.headers.get("Range")
        headers = {"Last-Modified": "Sun, 01 Nov 2026 12:00:00 GMT", "ETag": '"0"', "x-goog-generation": "1"}
        if given:
            first, _, last = given.removeprefix("bytes=").partition("-")
            end = min(int(last or whole - 1), whole - 1)
            headers["Content-Range"] = f"bytes {first}-{end}/{whole}"
            content = content[int(first) : end + 1]
        self._send(206 if given else 200, content, "application/octet-stream", headers)

    def _xml(self, status: int, text: str) -> None:
        self._send(status, f'<?xml version="1.0" encoding="UTF-8"?>{text}'.encode(), "application/xml", {})

    def _json(self, status: int, value: dict[str, Any]) -> None:
        self._send(status, json.dumps(value).encode(), "application/json", {})

    def _send(self, status: int, content: bytes, media_type: str, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": media_type, **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
