"""Two packs: tiers, and a motion that reads them, with every way in which time alone changes a label."""

from __future__ import annotations

from collections.abc import Mapping

from segue.policies.load import load_files
from segue.policies.pack import Pack

TIERS: Mapping[str, str] = {
    "pack.yaml": """
pack: tiers
title: Two tiers
decision: Who is large
dimensions: [size]
segments: [large, small]
surfaces: [web]
sources: {crm: 0.8, web: 1.0}
""",
    "traits.yaml": "size: {type: integer, layer: firmographic, from: [crm, web], fresh_for: 30d}",
    "segments/large.yaml": """
segment: large
title: Large
when: size >= 100
surfaces: {web: {default: page}}
""",
    "segments/small.yaml": """
segment: small
title: Everybody else
surfaces: {web: {default: page}}
""",
    "plays/page.yaml": "{play: page, title: Page, kind: page, channel: web}",
}

MOTION: Mapping[str, str] = {
    "pack.yaml": """
pack: motion
title: A motion over the tiers
decision: Who gets a person
dimensions: [intent, customer]
segments: [customer, hot, warm, quiet]
surfaces: [crm]
sources: {crm: 0.8, web: 1.0}
""",
    "traits.yaml": """
intent: {type: number, layer: intent, from: [web], fresh_for: 7d}
seen_at: {type: timestamp, layer: behavioral, from: [web]}
customer: {type: boolean, layer: contextual, from: [crm], absent: false}
recent: {type: boolean, sql: "seen_at >= now() - INTERVAL '3' DAY"}
""",
    "segments/customer.yaml": """
segment: customer
title: Customers
when: customer
needs: {customer: 0.5}
on_exit: [thank]
surfaces: {crm: {default: thank}}
""",
    "segments/hot.yaml": """
segment: hot
title: Hot
when: tiers.segment = 'large' AND intent >= 60
on_enter: [tag, route, start]
on_exit: [untag, stop, tell]
settle: {enter: 1h, exit: 24h}
reenter_after: 30d
surfaces: {crm: {default: route}}
""",
    "segments/warm.yaml": """
segment: warm
title: Warm
when: intent >= 20 OR recent
on_enter: [nurture]
on_exit: [stop_nurture]
surfaces: {crm: {default: nurture}}
""",
    "segments/quiet.yaml": """
segment: quiet
title: Everybody else
surfaces: {crm: {default: thank}}
""",
    "plays/tag.yaml": "{play: tag, title: Tag, kind: tag, channel: crm, undone_by: untag}",
    "plays/untag.yaml": "{play: untag, title: Untag, kind: tag, channel: crm}",
    "plays/route.yaml": "{play: route, title: Route, kind: route, channel: crm, owner: account_owner}",
    "plays/start.yaml": "{play: start, title: Start, kind: sequence, channel: crm, undone_by: stop}",
    "plays/stop.yaml": "{play: stop, title: Stop, kind: tag, channel: crm}",
    "plays/tell.yaml": "{play: tell, title: Tell, kind: alert, channel: crm}",
    "plays/nurture.yaml": "{play: nurture, title: Nurture, kind: nurture, channel: crm, undone_by: stop_nurture}",
    "plays/stop_nurture.yaml": "{play: stop_nurture, title: Stop, kind: tag, channel: crm}",
    "plays/thank.yaml": "{play: thank, title: Thank, kind: tag, channel: crm}",
}


def live_packs(**changes: str) -> tuple[Pack, ...]:
    """Load both packs, files of the motion replaced by name: `__` stands for `/`, the ending is added."""
    changed = {f"{name.replace('__', '/')}.yaml": text for name, text in changes.items()}
    tiers = load_files({name: text.encode() for name, text in TIERS.items()}, "tiers")
    files = {**MOTION, **changed}
    return tiers, load_files({name: text.encode() for name, text in files.items()}, "motion", (tiers,))
