import argparse
from pathlib import Path

import pytest

from mailhub.capture import cli, program


@pytest.fixture
def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    cli.add_parser(parser.add_subparsers())
    return parser


def test_everything_has_its_default(parser: argparse.ArgumentParser, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[object, ...]] = []

    def run_capture(*args: object, **kwargs: object) -> int:
        seen.append(args[:5])
        return 0

    monkeypatch.setattr(program, "run_capture", run_capture)

    args = parser.parse_args(["capture"])

    assert args.run(args) == 0
    assert seen == [(Path("var/captured"), "127.0.0.1", 1025, 8025, 1000)]


def test_everything_can_be_chosen(parser: argparse.ArgumentParser) -> None:
    args = parser.parse_args(
        [
            "capture",
            "--data",
            "/srv",
            "--host",
            "::1",
            "--port",
            "0",
            "--http-port",
            "65535",
            "--keep",
            "1",
            "--json",
        ]
    )

    assert (args.data, args.host, args.port, args.http_port, args.keep, args.json) == (
        Path("/srv"),
        "::1",
        0,
        65535,
        1,
        True,
    )


@pytest.mark.parametrize(
    "wrong", ["--port 65536", "--port -1", "--port x", "--http-port ٣", "--keep 0", "--keep 9999999999"]
)
def test_wrong_numbers_are_wrong_use(parser: argparse.ArgumentParser, wrong: str) -> None:
    with pytest.raises(SystemExit) as ended:
        parser.parse_args(["capture", *wrong.split()])

    assert ended.value.code == 2
