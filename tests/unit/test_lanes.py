"""Diagrams of lanes: read from words, refused with a reason, shown as a table that says it all."""

import pytest

from exercises.lanes import Bar, LanesRefused, in_words, read_lanes
from playground.catalog import markdown

TEXT = """\
Two that `overlap`.
request 1 | query 4 asks <b>
request 2 | wait 1 | query 4
time | tick 4 100 ms
"""


def test_lanes_are_as_long_as_the_longest() -> None:
    drawn = read_lanes(TEXT)
    assert (drawn.caption, drawn.columns) == ("Two that `overlap`.", 5)
    assert drawn.lanes[0].bars == (Bar("query", 4, "asks <b>"), Bar("idle", 1, ""))
    assert [lane.is_scale for lane in drawn.lanes] == [False, False, True]


def test_words_alone_tell_the_same() -> None:
    said = "Two that `overlap`.\nrequest 1: asks <b>\nrequest 2: wait, query"
    assert in_words(read_lanes(TEXT)) == said
    assert markdown.to_text(f"Before.\n\n```lanes\n{TEXT}```") == f"Before.\n{said}"


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", 1, "caption"),
        ("a | query 4\nb | query 4", 1, "caption"),
        ("Alone.", 1, "1 to 12 lanes"),
        ("Many.\n" + "a | query 1\n" * 13, 1, "1 to 12 lanes"),
        ("Long.\na | query 30 | query 30", 1, "60 columns"),
        ("C.\na | query 4\nb", 3, "a lane is its name"),
        ("C.\n | query 4", 2, "a lane is its name"),
        ("C.\na | query", 2, "'query' is no bar"),
        ("C.\na | query 0", 2, "no bar"),
        ("C.\na | run 4", 2, "'run' is none of work, query"),
    ],
)
def test_what_cannot_be_drawn_is_told_with_its_line(text: str, line: int, reason: str) -> None:
    with pytest.raises(LanesRefused, match=reason) as caught:
        read_lanes(text)
    assert caught.value.line == line


def test_a_diagram_is_a_table_whose_words_are_words() -> None:
    html = markdown.render(f"```lanes\n{TEXT}```\n")
    assert html.startswith(
        '<table class="lanes"><caption>Two that <code>overlap</code>.</caption>'
        '<colgroup><col class="lane"><col><col><col><col><col></colgroup>'
    )
    assert '<th scope="row">request 1</th><td class="query" colspan="4">asks &lt;b&gt;</td>' in html
    assert '<td class="wait" colspan="1"><span class="unseen">wait</span></td>' in html
    assert '<td class="idle" colspan="1"></td>' in html
    assert "style" not in html


def test_what_no_loader_has_read_is_shown_as_it_is() -> None:
    assert markdown.render("```lanes\n<i>\n```") == "<pre><code>&lt;i&gt;\n</code></pre>"
    assert markdown.to_text("```lanes\nno diagram\n```") == "no diagram"


def test_other_fences_are_code() -> None:
    assert '<pre class="highlight" tabindex="0">' in markdown.render("```python\nx = 1\n```")
