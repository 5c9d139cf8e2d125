"""A `curl` for machines that have none: exactly the options that the documents use, any other is an error."""

import argparse
import sys
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit


def parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="curl", allow_abbrev=False)
    parser.add_argument("url")
    parser.add_argument("-s", "--silent", action="store_true")
    parser.add_argument("-S", "--show-error", action="store_true")
    parser.add_argument("-i", "--include", action="store_true")
    parser.add_argument("--fail-with-body", action="store_true")
    parser.add_argument("-X", "--request")
    parser.add_argument("-H", "--header", action="append", default=[])
    parser.add_argument("-d", "--data", "--data-binary", dest="data")
    parser.add_argument("-o", "--output")
    parser.add_argument("-w", "--write-out", default="")
    return parser.parse_intermixed_args(arguments)


def body_of(data: str | None) -> bytes | None:
    if data is None:
        return None
    if not data.startswith("@"):
        return data.encode()
    return sys.stdin.buffer.read() if data == "@-" else Path(data[1:]).read_bytes()


def head_of(answer: HTTPResponse) -> bytes:
    lines = [f"HTTP/1.1 {answer.status} {answer.reason}", *(f"{name}: {text}" for name, text in answer.getheaders())]
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode()


def main() -> int:
    """Carry the call out; 22 when it is answered with an error and that is to count."""
    wanted = parsed(sys.argv[1:])
    body = body_of(wanted.data)
    headers = {"Accept": "*/*"}
    if body is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    for header in wanted.header:
        name, _, text = header.partition(":")
        headers[name.strip().title()] = text.strip()
    address = urlsplit(wanted.url)
    path = (address.path or "/") + (f"?{address.query}" if address.query else "")
    connection = HTTPConnection(address.hostname or "", address.port or 80, timeout=60)
    connection.request(wanted.request or ("GET" if body is None else "POST"), path, body, headers)
    answer = connection.getresponse()
    printed = (head_of(answer) if wanted.include else b"") + answer.read()
    if wanted.output:
        Path(wanted.output).write_bytes(printed)
    else:
        sys.stdout.buffer.write(printed)
    sys.stdout.write(wanted.write_out.replace("\\n", "\n").replace("%{http_code}", str(answer.status)))
    return 22 if wanted.fail_with_body and answer.status >= 400 else 0


if __name__ == "__main__":
    sys.exit(main())
