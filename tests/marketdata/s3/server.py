"""A server on this machine that speaks as much of S3 as an archive needs, and believes no request that is not signed.

Signatures are checked as "Authenticating Requests: Using the Authorization Header (AWS Signature Version 4)" has it:
computed again from the request as it arrived and the secret. Refusals carry the codes of the list of error responses.
"""

import asyncio
import hashlib
import hmac
import re
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.sax.saxutils import escape

SKEW = timedelta(minutes=15)
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/,]+)/(?P<scope>[^,]+), ?"
    r"SignedHeaders=(?P<signed>[^,]+), ?Signature=(?P<signature>[0-9a-f]{64})"
)


class Refused(Exception):
    def __init__(self, status, code, message):
        super().__init__(message)
        self.status, self.code = status, code


@dataclass
class Request:
    """As it arrived: `target` is what stands in the first line."""

    method: str
    target: str
    headers: dict
    body: bytes = b""

    @property
    def path(self):
        return unquote(urlsplit(self.target).path)

    @property
    def query(self):
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))


@dataclass
class Response:
    status: int = 200
    body: bytes = b""
    headers: dict = field(default_factory=dict)


def signature_of(request, signed, scope, secret):
    """The signature that a request has if it was signed with this secret; and what was signed, in AWS's words."""
    pairs = parse_qsl(urlsplit(request.target).query, keep_blank_values=True)
    query = "&".join(f"{name}={value}" for name, value in sorted((_encoded(n), _encoded(v)) for n, v in pairs))
    headers = "".join(f"{name}:{' '.join(request.headers.get(name, '').split())}\n" for name in signed.split(";"))
    path = quote(request.path, safe="/-_.~")
    payload = request.headers.get("x-amz-content-sha256", "")
    canonical = "\n".join([request.method, path, query, headers, signed, payload])
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = "\n".join(["AWS4-HMAC-SHA256", request.headers["x-amz-date"], scope, hashed])
    key = ("AWS4" + secret).encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, to_sign.encode(), "sha256").hex(), canonical


def _encoded(text):
    return quote(text, safe="-_.~")


@dataclass
class LocalS3:
    """One bucket. `failing` says how the next requests fail: by a status, by "cut" or by "half" of an answer."""

    bucket: str = "bars"
    key: str = "AKIDEXAMPLE"
    secret: str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
    region: str = "eu-central-1"
    page: int = 1000  # names of a list at once
    ahead: timedelta = timedelta(0)  # of its clock
    objects: dict = field(default_factory=dict)
    failing: deque = field(default_factory=deque)
    asked: list = field(default_factory=list)  # requests, also those refused
    url: str = ""

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_):
        self._server.close()

    async def _serve(self, reader, writer):
        try:
            while line := await reader.readline():
                request = await _read(line, reader)
                self.asked.append(request)
                if not await self._say(writer, request.method, self.answer(request), self._failure()):
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client hung up
        finally:
            writer.close()

    def _failure(self):
        return self.failing.popleft() if self.failing else None

    async def _say(self, writer, method, response, failure):
        if failure == "cut":
            return False
        if isinstance(failure, int):
            response = _refusal(
                Refused(failure, "SlowDown" if failure == 503 else "InternalError", "Please try again.")
            )
        headers = {
            "Content-Length": str(len(response.body)),
            "Content-Type": "application/xml" if response.body.startswith(b"<?xml") else "application/octet-stream",
            "Date": format_datetime(self.now(), usegmt=True),
        } | response.headers
        head = f"HTTP/1.1 {response.status} -\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items()) + "\r\n"
        body = b"" if method == "HEAD" else response.body
        writer.write(head.encode() + (body[: len(body) // 2] if failure == "half" else body))
        await writer.drain()
        return failure != "half"

    def now(self):
        return datetime.now(UTC) + self.ahead

    def answer(self, request):
        try:
            self.check(request)
            return self._done(request)
        except Refused as refused:
            return _refusal(refused)

    def _done(self, request):
        bucket, _, name = request.path.removeprefix("/").partition("/")
        if bucket != self.bucket:
            raise Refused(404, "NoSuchBucket", "The specified bucket does not exist")
        if not name:
            return self._list(request.query)
        return getattr(self, f"_{request.method.lower()}")(name, request)

    def check(self, request):
        """Raises Refused unless the request is signed with the secret, whole and fresh."""
        if "authorization" not in request.headers:
            raise Refused(403, "AccessDenied", "Access Denied")
        found = _AUTHORIZATION.fullmatch(request.headers["authorization"])
        if found is None:
            raise Refused(400, "AuthorizationHeaderMalformed", "The authorization header is malformed.")
        if found["key"] != self.key:
            raise Refused(403, "InvalidAccessKeyId", "The AWS Access Key Id does not exist in our records.")
        at = self._signed_at(request)
        if found["scope"] != f"{at:%Y%m%d}/{self.region}/s3/aws4_request":
            raise Refused(400, "AuthorizationHeaderMalformed", f"The region is wrong; expecting '{self.region}'")
        must = {"host", *(name for name in request.headers if name.startswith("x-amz-"))}
        if not must <= set(found["signed"].split(";")):
            raise Refused(403, "AccessDenied", "There were headers present in the request which were not signed")
        expected, _ = signature_of(request, found["signed"], found["scope"], self.secret)
        if not hmac.compare_digest(expected, found["signature"]):
            message = "The request signature we calculated does not match the signature you provided."
            raise Refused(403, "SignatureDoesNotMatch", message)
        if hashlib.sha256(request.body).hexdigest() != request.headers["x-amz-content-sha256"]:
            raise Refused(400, "XAmzContentSHA256Mismatch", "The 'x-amz-content-sha256' header does not match.")

    def _signed_at(self, request):
        try:
            at = datetime.strptime(request.headers.get("x-amz-date", ""), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        except ValueError:
            raise Refused(403, "AccessDenied", "A valid Date or x-amz-date header is required") from None
        if abs(self.now() - at) > SKEW:
            raise Refused(403, "RequestTimeTooSkewed", "The request time and the server's differ too much.")
        return at

    def _put(self, name, request):
        self.objects[name] = request.body
        return Response(headers={"ETag": _tag(request.body)})

    def _get(self, name, request):
        body = self._found(name)
        headers = {
            "ETag": _tag(body),
            "Last-Modified": format_datetime(self.now(), usegmt=True),
            "Accept-Ranges": "bytes",
        }
        if "range" not in request.headers:
            return Response(200, body, headers)
        first, last = re.fullmatch(r"bytes=(\d*)-(\d*)", request.headers["range"]).groups()
        start = int(first) if first else max(0, len(body) - int(last))
        end = min(len(body), int(last) + 1) if first and last else len(body)
        if start >= end:
            raise Refused(416, "InvalidRange", "The requested range is not satisfiable")
        return Response(206, body[start:end], headers | {"Content-Range": f"bytes {start}-{end - 1}/{len(body)}"})

    _head = _get

    def _delete(self, name, _):
        self.objects.pop(name, None)
        return Response(204)

    def _found(self, name):
        if name not in self.objects:
            raise Refused(404, "NoSuchKey", "The specified key does not exist.")
        return self.objects[name]

    def _list(self, query):
        """ListObjectsV2; a continuation token is the last name told."""
        behind = query.get("continuation-token", query.get("start-after", ""))
        rest = sorted(each for each in self.objects if each.startswith(query.get("prefix", "")) and each > behind)
        shown, more = rest[: self.page], len(rest) > self.page
        rows = "".join(
            f"<Contents><Key>{escape(name)}</Key><LastModified>{self.now():%Y-%m-%dT%H:%M:%S.000Z}</LastModified>"
            f"<ETag>{escape(_tag(self.objects[name]))}</ETag><Size>{len(self.objects[name])}</Size></Contents>"
            for name in shown
        )
        token = f"<NextContinuationToken>{escape(shown[-1])}</NextContinuationToken>" if more else ""
        found = f"<IsTruncated>{str(more).lower()}</IsTruncated><KeyCount>{len(shown)}</KeyCount>{token}{rows}"
        return Response(200, _xml(f"<ListBucketResult><Name>{self.bucket}</Name>{found}</ListBucketResult>"))


async def _read(line, reader):
    method, target, _ = line.decode().split(" ", 2)
    headers = {}
    while (header := (await reader.readline()).decode().strip()) != "":
        name, _, value = header.partition(":")
        headers[name.lower()] = value.strip()
    return Request(method, target, headers, await reader.readexactly(int(headers.get("content-length", 0))))


def _refusal(refused):
    told = (
        f"<Code>{refused.code}</Code><Message>{escape(str(refused))}</Message><RequestId>4442587FB7D0A2F9</RequestId>"
    )
    return Response(refused.status, _xml(f"<Error>{told}</Error>"))


def _xml(text):
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()


def _tag(body):
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
