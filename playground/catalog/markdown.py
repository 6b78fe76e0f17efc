"""Markdown of cards as HTML: raw HTML stays text, code is coloured on the server."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final

from django.utils.html import escape
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from exercises.claims import MARKER
from exercises.lanes import LANGUAGE, Bar, Lane, LanesRefused, in_words, read_lanes
from exercises.model import anchor_of

MOST_KEPT: Final = 2048  # texts of each kind; those of teams' packs come and go

Marks = tuple[tuple[str, str], ...]  # claims by id, with what their marks say


def _highlighted(code: str, language: str, attributes: str) -> str:
    try:
        lexer = get_lexer_by_name(language)
    except ClassNotFound:
        return f'<pre tabindex="0"><code>{escape(code)}</code></pre>'
    # Wide code scrolls: by keys as well. It begins with <pre, or the renderer adds another.
    shown = highlight(code, lexer, HtmlFormatter(nowrap=True))
    return f'<pre class="highlight" tabindex="0"><code>{shown}</code></pre>'


_renderer = MarkdownIt("commonmark", {"html": False, "highlight": _highlighted}).enable("table")


def _read_mark(state: StateInline, silent: bool) -> bool:
    found = MARKER.match(state.src, state.pos, state.posMax)
    if not found:
        return False
    if not silent:
        state.push("claim", "", 0).content = found[1]
    state.pos = found.end()
    return True


def _write_mark(
    _: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: EnvType
) -> str:
    claim = tokens[index].content
    label = env.get("marks", {}).get(claim)
    if not label:
        return f'<span id="claim-{claim}"></span>'
    kind = escape(label.replace(" ", "-"))
    return (
        f'<button type="button" class="mark {kind}" id="claim-{claim}" '
        f'popovertarget="about-{claim}" aria-haspopup="dialog">{escape(label)}</button>'
    )


def _write_fence(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: EnvType
) -> str:
    """Code, or a diagram as a table: it needs no style of its own and is its own text."""
    if tokens[index].info.strip() != LANGUAGE:
        return RendererHTML.fence(renderer, tokens, index, options, env)
    try:
        drawn = read_lanes(tokens[index].content)
    except LanesRefused:  # of a text that no loader has read
        return f"<pre><code>{escape(tokens[index].content)}</code></pre>"
    caption = _renderer.renderInline(drawn.caption)
    body = "".join(map(_row, drawn.lanes))
    return (
        f'<table class="lanes"><caption>{caption}</caption>'
        f'<colgroup><col class="lane">{"<col>" * drawn.columns}</colgroup>'
        f"<tbody>{body}</tbody></table>\n"
    )


def _row(lane: Lane) -> str:
    name = _renderer.renderInline(lane.name)
    kind = ' class="scale"' if lane.is_scale else ""
    return f'<tr{kind}><th scope="row">{name}</th>{"".join(map(_bar, lane.bars))}</tr>'


def _bar(bar: Bar) -> str:
    label = _renderer.renderInline(bar.label)
    if not label and bar.what != "idle":
        label = f'<span class="unseen">{bar.what}</span>'
    return f'<td class="{bar.what}" colspan="{bar.columns}">{label}</td>'


_renderer.inline.ruler.before("link", "claim", _read_mark)
_renderer.add_render_rule("fence", _write_fence)
_renderer.add_render_rule("claim", _write_mark)


@lru_cache(MOST_KEPT)
def render(text: str, marks: Marks = ()) -> SafeString:
    """A whole text, whose headings can be linked to, with the marks of its claims."""
    tokens = _renderer.parse(text)
    for token, following in pairwise(tokens):
        if token.type == "heading_open":
            token.attrSet("id", anchor_of(following.content))
    html = _renderer.renderer.render(tokens, _renderer.options, {"marks": dict(marks)})
    return SafeString(html)  # raw HTML is switched off above


@lru_cache(MOST_KEPT)
def highlight_code(code: str) -> SafeString:
    """Python in colours, without anything around it; every tag ends on the line it began on."""
    return SafeString(highlight(code, get_lexer_by_name("python"), HtmlFormatter(nowrap=True)))


@lru_cache(MOST_KEPT)
def render_inline(text: str) -> SafeString:
    """One line, without a paragraph around it."""
    return SafeString(_renderer.renderInline(text))  # as above


def to_text(text: str) -> str:
    """Its words alone, a line for each paragraph, item or cell of a table; code as it is."""
    return "\n".join(filter(None, map(_text_of, _renderer.parse(text))))


def _text_of(token: Token) -> str:
    if token.type == "fence" and token.info.strip() == LANGUAGE:
        with contextlib.suppress(LanesRefused):
            return in_words(read_lanes(token.content))
    if token.type in ("fence", "code_block"):
        return token.content.rstrip()
    children = token.children or ()
    return "".join(
        "\n" if child.type in ("softbreak", "hardbreak") else child.content for child in children
    ).rstrip()
