"""How the documentation is built: ``make docs``."""

import tomllib
from pathlib import Path

_project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]

project = "mailhub"
author = "mailhub contributors"
project_copyright = f"2026, {author}"
release = _project["version"]
version = release

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.viewcode"]
myst_enable_extensions = ["colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
nitpicky = False

autodoc_member_order = "bysource"
autodoc_typehints = "description"

html_theme = "furo"
html_title = "mailhub"
html_copy_source = False
