"""Sphinx: the pages of this folder as a site, without network.

    python -m sphinx -W --keep-going -b html docs build/site

Pages are plain Markdown that reads well where it lies. What a page takes from the program (catalogue, registries,
equation tags, docstrings) or from files elsewhere in the repository is put in while the site is built: see
``_site/site_extension.py``.
"""

from __future__ import annotations

import sys
from importlib.metadata import version as installed_version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "_site"))

project = "mes_stoch"
author = "The mes_stoch developers"
copyright = "the mes_stoch developers, Apache-2.0"
version = release = installed_version("mes_stoch")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "site_extension"]
exclude_patterns = ["_site", "extending/examples", "evidence"]

# Anchors of headings as GitHub makes them, so that links within and between pages work in both.
myst_heading_anchors = 4

# Every internal reference has to lead somewhere. Names of Python that no page documents are left as text: those of
# other packages, modules and functions that docstrings point a developer to, classes behind what public ones hold.
nitpicky = True
nitpick_ignore_regex = [
    (r"py:.*", r"(?!mes_stoch\.).*"),
    (r"py:(mod|func|data|meth|attr)", r"mes_stoch\..*"),
    (r"py:class", r"mes_stoch\.schema\.(arc|backtest|evaluation|instance|reduction)\..*"),
    (r"py:class", r"mes_stoch\.io\.(artifacts|instance|market_data)\..*"),
    (r"py:class", r"mes_stoch\.io\.market_files\.(market_table\.SourceFacts|row_times\..*)"),
    (r"py:class", r"mes_stoch\.settlement\.(data|stated)\..*"),
    (r"py:class", r"mes_stoch\.uncertainty\.(fitted|tree_quality\.courses)\..*"),
]

# Indented blocks are commands, equations and files of many kinds.
highlight_language = "none"

autodoc_default_options = {"members": True, "member-order": "bysource", "show-inheritance": False}
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_class_signature = "mixed"
python_use_unqualified_type_names = True
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_custom_sections = [("Equations", "notes_style"), ("Source", "notes_style"), ("Symbols", "notes_style")]

html_theme = "furo"
html_title = f"mes_stoch {release}"
html_show_sphinx = False
html_copy_source = False
html_show_sourcelink = False
