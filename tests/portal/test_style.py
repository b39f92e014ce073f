"""The style: every component is loaded, the status colours are read on every ground, scripts stay small."""

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parents[2] / "apps" / "portal" / "static" / "portal"
TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
TOKENS = dict(re.findall(r"--([\w-]+): light-dark\((#\w{6}), (?:#\w{6})\)", (STATIC / "css/tokens.css").read_text()))
DARK = dict(re.findall(r"--([\w-]+): light-dark\((?:#\w{6}), (#\w{6})\)", (STATIC / "css/tokens.css").read_text()))
STATUS = ("success", "failed", "progress", "attention", "neutral")
GROUNDS = ("ground", "surface", "sunken")
READABLE = 4.5


def luminance(colour: str) -> float:
    """Source: WCAG 2.2, relative luminance."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", [TOKENS, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("token", [*STATUS, "ink", "ink-soft", "link"])
def test_words_are_readable_on_every_ground(theme, ground, token):
    assert contrast(theme[token], theme[ground]) >= READABLE


def test_every_component_is_loaded():
    loaded = set(re.findall(r'@import url\("components/([\w-]+)\.css"\)', (STATIC / "css/portal.css").read_text()))
    assert loaded == {path.stem for path in (STATIC / "css/components").glob("*.css")}


def test_every_shape_and_line_that_templates_name_is_drawn():
    drawn = {
        name: set(re.findall(r'symbol id="([\w-]+)"', (STATIC / f"icons/{name}.svg").read_text()))
        for name in ("lines", "status")
    }
    pages = "".join(path.read_text() for path in TEMPLATES.rglob("*.html"))
    assert set(re.findall(r'icon\.html" with name="([\w-]+)"', pages)) <= drawn["lines"]
    words = (STATIC.parents[1] / "pages" / "words.py").read_text()
    assert set(re.findall(r'Status\("\w+", "([\w-]+)"', words)) == drawn["status"]


@pytest.mark.parametrize("path", sorted((STATIC / "js").glob("*.js")), ids=lambda path: path.name)
def test_a_script_stays_under_sixty_lines(path):
    assert len(path.read_text().splitlines()) < 60


def test_pages_hold_no_inline_style_or_script():
    for path in TEMPLATES.rglob("*.html"):
        text = path.read_text()
        assert not re.search(r'\sstyle="|<style|\son\w+="', text), path
        assert not re.search(r"<script(?![^>]*\ssrc=)", text), path
