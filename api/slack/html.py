"""Messages of Slack as HTML, for looking at them without Slack: the blocks and the markup that Segue uses."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Json = Mapping[str, Any]
_EMOJI = {
    "white_check_mark": "\u2714", "arrow_right": "\u2794", "zzz": "z\u1dbb", "x": "\u2718", "no_entry": "\u2298",
    "warning": "\u26a0",
}  # fmt: skip
_SPECIAL = re.compile(r"<(!date\^\d+\^[^|>]*\|[^>]*|https?://[^|>]*(?:\|[^>]*)?|[@#!][^>]*)>")
_CODE = re.compile(r"`([^`\n]+)`")
_BOLD = re.compile(r"(?<![\w*])\*(\S(?:[^*\n]*\S)?)\*(?![\w*])")
_ITALIC = re.compile(r"(?<![\w_])_(\S(?:[^_\n]*\S)?)_(?![\w_])")
_STYLE = """
body{font:15px/1.46 Lato,'Helvetica Neue',Arial,sans-serif;color:#1d1c1d;background:#fff;margin:0;padding:16px}
.slack-message{display:flex;gap:10px;max-width:720px;margin:0 0 20px}
.slack-avatar{flex:none;width:36px;height:36px;border-radius:6px;background:#3f46ad;color:#fff;font-weight:700;
display:grid;place-items:center}
.slack-body{min-width:0;flex:1}
.slack-from{font-weight:900}.slack-from small{font-weight:400;color:#616061;margin-left:6px}
.slack-app{background:#ddd;color:#454447;border-radius:2px;font-size:10px;padding:0 3px;margin-left:4px}
.slack-header{font-size:18px;font-weight:900;margin:10px 0 4px}
.slack-section{margin:6px 0;display:flex;gap:12px;justify-content:space-between;align-items:flex-start}
.slack-section>div{min-width:0;overflow-wrap:anywhere}
.slack-context{color:#616061;font-size:13px;margin:6px 0;overflow-wrap:anywhere}
.slack-actions{display:flex;gap:8px;flex-wrap:wrap;margin:8px 0}
.slack-message hr{border:0;border-top:1px solid #ddd;margin:10px 0}
.slack-message button,.slack-message .slack-select{
flex:none;font:inherit;font-size:14px;font-weight:700;padding:3px 10px;
border:1px solid #bbb;border-radius:8px;background:#fff;color:#1d1c1d}
.slack-message button.primary{background:#007a5a;border-color:#007a5a;color:#fff}
.slack-message button.danger{background:#e01e5a;border-color:#e01e5a;color:#fff}
.slack-select::after{content:' ▾'}.slack-quote{border-left:4px solid #ddd;padding-left:10px;margin:2px 0}
.slack-message a{color:#1264a3;text-decoration:none}.slack-message code{background:#f6f6f6;border:1px solid #ddd;
border-radius:3px;color:#c01343;font-size:12px;padding:1px 3px}.slack-mention{background:#f2c74466;color:#1264a3}
.slack-field{margin:10px 0}.slack-field b{display:block}
"""


def page_of(messages: Sequence[Json], title: str = "Messages in Slack") -> str:
    """Return a page that shows messages, each a mapping with `blocks`."""
    shown = "\n".join(message_html(each) for each in messages)
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{html.escape(title)}</title>"
        f"<style>{_STYLE}</style><body>{shown}</body></html>"
    )


def style() -> str:
    """Return the style sheet of messages, for a page that shows some among other things."""
    return _STYLE


def message_html(message: Json) -> str:
    """Return one message as HTML."""
    blocks = "".join(_block(each) for each in message.get("blocks") or ())
    who = "<div class=slack-from>Segue<span class=slack-app>APP</span></div>"
    return (
        "<div class=slack-message><div class=slack-avatar aria-hidden=true>S</div>"
        f"<div class=slack-body>{who}{blocks}</div></div>"
    )


def _block(block: Json) -> str:
    shown = _BLOCKS.get(str(block.get("type")))
    return shown(block) if shown else ""


def _section(block: Json) -> str:
    accessory = _element(block["accessory"]) if "accessory" in block else ""
    return f"<div class=slack-section><div>{_text(block['text'])}</div>{accessory}</div>"


def _input(block: Json) -> str:
    element = block["element"]
    options = "".join(f"<li>{_text(each['text'])}</li>" for each in element.get("options", ()))
    return f"<div class=slack-field><b>{_text(block['label'])}</b><ul>{options}</ul></div>"


def _element(element: Json) -> str:
    kind = element.get("type")
    if kind == "button":
        return (
            f"<button class='{html.escape(str(element.get('style', '')))}'>{_text(element['text'])}</button>"
        )
    if kind == "static_select":
        return f"<span class=slack-select>{_text(element['placeholder'])}</span>"
    return _text(element) if kind in ("mrkdwn", "plain_text") else ""


def _text(text: Json) -> str:
    words = str(text.get("text", ""))
    return html.escape(words) if text.get("type") == "plain_text" else mrkdwn_html(words)


def mrkdwn_html(text: str) -> str:
    """Return mrkdwn as HTML: its links, mentions and marks; what is escaped in it stays text."""
    lines = []
    for line in text.split("\n"):
        if line.startswith("> "):
            lines.append(f"<div class=slack-quote>{_line(line[2:])}</div>")
        else:
            lines.append(f"<div>{_line(line) or '&nbsp;'}</div>")
    return "".join(lines)


def _line(line: str) -> str:
    found, at = [], 0
    for match in _SPECIAL.finditer(line):
        found.append(_marks(line[at : match.start()]))
        found.append(f"\x00{len(found)}\x00{_special(match[1])}")
        at = match.end()
    found.append(_marks(line[at:]))
    return re.sub(r"\x00\d+\x00", "", "".join(found))


def _marks(text: str) -> str:
    shown = html.escape(html.unescape(text), quote=False).replace("    ", "&emsp;")
    shown = _CODE.sub(r"<code>\1</code>", shown)
    shown = _ITALIC.sub(r"<i>\1</i>", _BOLD.sub(r"<b>\1</b>", shown))
    return re.sub(r":([a-z_]+):", lambda each: _EMOJI.get(each[1], each[0]), shown)


def _special(text: str) -> str:
    body, _, label = text.partition("|")
    if text.startswith("!date"):
        return html.escape(html.unescape(label))
    if text.startswith(("@", "#", "!")):
        return f"<span class=slack-mention>{html.escape(html.unescape(label or text))}</span>"
    address = html.escape(html.unescape(body))
    return f'<a href="{address}" rel=noreferrer>{html.escape(html.unescape(label or body))}</a>'


_BLOCKS: Mapping[str, Callable[[Json], str]] = {
    "header": lambda block: f"<div class=slack-header>{_text(block['text'])}</div>",
    "section": _section,
    "context": lambda block: f"<div class=slack-context>{''.join(map(_element, block['elements']))}</div>",
    "divider": lambda _: "<hr>",
    "actions": lambda block: f"<div class=slack-actions>{''.join(map(_element, block['elements']))}</div>",
    "input": _input,
}
