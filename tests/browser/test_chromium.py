"""The browser the tests use really draws Chinese: two different characters differ on the picture."""

from typing import Any

import pytest

pytestmark = pytest.mark.browser


def test_chinese_characters_are_drawn_and_not_boxes(page: Any) -> None:
    page.set_content("<body style='margin:0;font:40px sans-serif'><span id=a>预</span><span id=b>算</span></body>")
    first, second = (page.locator(f"#{name}").screenshot() for name in "ab")
    blank = page.evaluate("document.fonts.check('40px sans-serif', '预')")
    assert first != second
    assert blank
