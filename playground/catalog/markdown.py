"""Markdown of cards as HTML: raw HTML stays text, code is coloured on the server."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

from django.utils.html import escape
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from exercises.model import anchor_of


def _highlighted(code: str, language: str, attributes: str) -> str:
    try:
        lexer = get_lexer_by_name(language)
    except ClassNotFound:
        return f'<pre tabindex="0"><code>{escape(code)}</code></pre>'
    shown = str(highlight(code, lexer, HtmlFormatter(cssclass="highlight")))
    return shown.replace("<pre>", '<pre tabindex="0">', 1)  # wide code scrolls: by keys as well


_renderer = MarkdownIt("commonmark", {"html": False, "highlight": _highlighted}).enable("table")


@cache
def render(text: str) -> SafeString:
    """A whole text, whose headings can be linked to."""
    tokens = _renderer.parse(text)
    for token, following in pairwise(tokens):
        if token.type == "heading_open":
            token.attrSet("id", anchor_of(following.content))
    html = _renderer.renderer.render(tokens, _renderer.options, {})
    return SafeString(html)  # raw HTML is switched off above


@cache
def render_inline(text: str) -> SafeString:
    """One line, without a paragraph around it."""
    return SafeString(_renderer.renderInline(text))  # as above
