"""The inspection of pages finds what it looks for: each fault is put into a good page first."""

import pytest

from tests.browser import inspecting
from tests.browser.conftest import OpenWindow, Window

pytestmark = pytest.mark.browser

FAULTS = {
    "light, image-alt": "<img src='data:,'>",
    "light, color-contrast": "<p style='color: light-dark(#999, #000); background: light-dark(#aaa, #fff)'>Faint</p>",
    "dark, color-contrast": "<p style='color: light-dark(#000, #999); background: light-dark(#fff, #aaa)'>Faint</p>",
    "dark, link-in-text-block": (
        "<p style='color: light-dark(#000, #fff); background: light-dark(#fff, #000)'>Words around "
        "<a href='/' style='color: light-dark(#707070, #ddd); text-decoration: none'>a link</a> in a sentence.</p>"
    ),
    "2000 pixels wide in a window of 390": "<p style='position: absolute; left: 0; width: 2000px'>Wide</p>",
}


@pytest.fixture
def good(open_window: OpenWindow) -> Window:
    window = open_window(bypass_csp=True)
    window.open("/accounts/login/")
    return window


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_and_nothing_else(good: Window, fault: str) -> None:
    good.page.evaluate("(html) => document.querySelector('main').insertAdjacentHTML('beforeend', html)", FAULTS[fault])
    found = inspecting.problems(good.page, inspecting.PHONE)
    assert found
    assert all(problem.startswith(fault) for problem in found)


def test_the_page_is_left_as_it_was(good: Window) -> None:
    before = good.page.viewport_size
    assert inspecting.problems(good.page, inspecting.PHONE, inspecting.SMALLEST) == []
    assert good.page.viewport_size == before
    assert not good.page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")


def test_night_on_a_page_that_is_shown_is_night_from_the_start(good: Window, open_window: OpenWindow) -> None:
    colours = "['color', 'backgroundColor'].map((name) => getComputedStyle(document.body)[name])"
    dark = open_window(color_scheme="dark")
    dark.open("/accounts/login/")
    good.page.emulate_media(color_scheme="dark")
    assert good.page.evaluate(colours) == dark.page.evaluate(colours)


def test_markup_and_all_parts_are_weighed(good: Window) -> None:
    markup, *parts = inspecting.weights(good.page)
    assert 500 < markup < 20_000
    assert len(parts) >= 4
    assert min(parts) > 100
