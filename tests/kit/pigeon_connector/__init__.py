"""A connector that the hub has never seen, with every kind of setting a form has to offer; and a place to run it from."""

from importlib.metadata import version
from pathlib import Path

from tests.plugin_example.environment import PluginEnvironment

HERE = Path(__file__).parent
METADATA = f"Metadata-Version: 2.1\nName: mailhub-pigeon\nVersion: 1.0.0\nRequires-Dist: mailhub=={version('mailhub')}\n"
ENTRY_POINTS = "[mailhub]\npigeon = mailhub_pigeon.plugin\n"


def environment_with_pigeons(folder: Path) -> PluginEnvironment:
    """A Python environment in which the plugin is installed, in place, as ``pip install --editable`` does it."""
    environment = PluginEnvironment.make(folder)
    records = folder / "mailhub_pigeon-1.0.0.dist-info"
    records.mkdir()
    (records / "METADATA").write_text(METADATA)
    (records / "entry_points.txt").write_text(ENTRY_POINTS)
    environment.add_folders(folder, HERE)
    return environment
