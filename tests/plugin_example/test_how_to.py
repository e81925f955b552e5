"""The connector that the how-to pages make is built, installed, tested and used as they say."""

import json
import re
from pathlib import Path

import pytest

from tests.plugin_example.environment import PluginEnvironment, build_wheel

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"
BLOCK = re.compile(r"^```{code-block} \w+\n:caption: (\S+)\n\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = ("write-a-connector.md", "test-a-connector.md")
FILES = {"pyproject.toml", "src/mailhub_maildir/plugin.py", "tests/test_contract.py"}


def write_files(page: str, project: Path) -> set[str]:
    """Every block with a caption becomes the file that it names."""
    blocks = BLOCK.findall((HOW_TO / page).read_text())
    for name, text in blocks:
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return {name for name, _text in blocks}


@pytest.mark.timeout(300)
def test_the_documented_connector_is_installed_passes_its_suite_and_delivers(tmp_path: Path) -> None:
    project = tmp_path / "mailhub-maildir"
    assert {name for page in PAGES for name in write_files(page, project)} == FILES
    (project / "src" / "mailhub_maildir" / "__init__.py").touch()
    environment = PluginEnvironment.make(tmp_path)
    environment.install(build_wheel(project, tmp_path))

    suite = environment.run(
        "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", str(project / "tests")
    )
    assert re.search(r"^\d\d passed", suite, re.MULTILINE)
    assert "skipped" not in suite

    def mailhub(*arguments: str) -> str:
        data = ("--data", str(tmp_path / "data"))
        return environment.run("-W", "ignore", "-m", "mailhub.cli.main", *arguments, *data)

    mailhub("init")
    assert "mailhub-maildir" in mailhub("plugins")
    folder = tmp_path / "maildirs"
    mailhub(
        *("account", "add", "--connector", "maildir", "--name", "Local", "--address", "hub@example.com"),
        *("--set", f"folder={folder}", "--default"),
    )
    sent = mailhub(
        *("send", "--to", "ada@example.com", "--subject", "Hello", "--text", "It works.", "--wait", "--json")
    )
    assert json.loads(sent)["status"] == "sent"
    [mail] = (folder / "ada@example.com" / "new").iterdir()
    assert b"It works." in mail.read_bytes()
