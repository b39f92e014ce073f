"""A state is never said by its colour alone, and the colours stay apart in simulated colour blindness.

Source: portal brief, section 5; Machado, Oliveira and Fernandes 2009 (the matrices, for linear RGB); CIE 1976 (ΔE).
"""

import re
from itertools import combinations
from math import dist

import pytest

from apps.portal.pages.words import APPROVAL, CHECK_STATUSES, HELD, STATUSES
from tests.executions.guarded import CHECK, WINDOW, condition, make_guarded, settle_rule
from tests.factories import make_execution
from tests.portal.test_style import DARK, STATIC, STATUS, TOKENS
from tests.portal.visits import address, signed_in

APART = 19.0
BADGE = re.compile(r'<span class="status"[^>]*>\s*<svg.*?</svg>(.*?)</span>', re.DOTALL)
SIGHTS = {
    "full": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
TO_XYZ = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
WHITE = (0.95047, 1.0, 1.08883)


def times(matrix, vector) -> list[float]:
    return [sum(factor * part for factor, part in zip(row, vector, strict=True)) for row in matrix]


def linear(colour: str) -> list[float]:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def lab(colour: str, sight: str) -> tuple[float, float, float]:
    """Return the colour as it is seen, in CIE L*a*b*."""
    seen = [min(1.0, max(0.0, part)) for part in times(SIGHTS[sight], linear(colour))]
    parts = [part / white for part, white in zip(times(TO_XYZ, seen), WHITE, strict=True)]
    x, y, z = (part ** (1 / 3) if part > 216 / 24389 else (24389 / 27 * part + 16) / 116 for part in parts)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def test_the_measure_tells_red_from_green_only_where_both_are_seen():
    red, green = "#c00000", "#008000"
    assert dist(lab(red, "full"), lab(green, "full")) > 100
    assert dist(lab("#a05000", "deuteranopia"), lab("#6b7000", "deuteranopia")) < APART


@pytest.mark.parametrize("theme", [TOKENS, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("sight", SIGHTS)
def test_any_two_status_colours_stay_apart(sight, theme):
    near = {pair: dist(lab(theme[pair[0]], sight), lab(theme[pair[1]], sight)) for pair in combinations(STATUS, 2)}
    assert {pair: apart for pair, apart in near.items() if apart < APART} == {}


def test_states_that_share_a_colour_differ_in_shape_or_in_word():
    for statuses in (STATUSES, CHECK_STATUSES):
        said = [(status.shape, str(status.word)) for status in (*statuses.values(), APPROVAL, HELD)]
        assert len(said) == len(set(said))
        assert all(word for _, word in said)


def test_every_shape_is_drawn_in_its_own_way():
    drawn = re.findall(r'<symbol id="([\w-]+)"[^>]*>(.*?)</symbol>', (STATIC / "icons/status.svg").read_text(), re.S)
    paths = [re.sub(r"\s+", " ", picture) for _, picture in drawn]
    assert len(paths) == len(set(paths)) == 12


@pytest.mark.django_db
def test_every_state_on_the_pages_has_a_shape_and_a_word():
    execution = make_execution(make_guarded(beforeEntry=condition("FAIL", WINDOW, CHECK)))
    settle_rule(execution, "Window", succeeded=False)
    client = signed_in(execution.account)
    place = {"name": execution.pipeline.name}
    pages = [
        address("home", execution.account),
        address("pipelines", execution.account),
        address("pipeline", execution.account, **place) + "?selected=Build/beforeEntry/Window",
        address("history", execution.account, **place),
        address("execution", execution.account, **place, execution_id=execution.pk),
    ]
    for page in pages:
        html = client.get(page).content.decode()
        words = BADGE.findall(html)
        assert len(words) == html.count('class="status"') > 0, page
        assert all(re.sub(r"<[^>]+>", "", word).strip() for word in words), page
        rules = re.findall(r'<li class="rule.*?</li>', html, re.S)
        assert all("<svg" in rule and "rule__status" in rule for rule in rules)
