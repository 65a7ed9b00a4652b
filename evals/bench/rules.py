"""The rules that are measured: 7 segments over 12 traits, for Segue, for zen-engine and as plain SQL."""

from __future__ import annotations

import json
from collections.abc import Mapping

from segue.policies.load import load_files
from segue.policies.pack import Pack

TRAITS: Mapping[str, str] = {
    "industry": "text",
    "employees": "integer",
    "annual_revenue": "number",
    "country": "text",
    "tech": "text[]",
    "is_customer": "boolean",
    "has_open_opportunity": "boolean",
    "intent": "number",
    "pricing_views": "integer",
    "active_contacts": "integer",
    "seat_use": "number",
    "incumbent_vendor": "text",
}

SEGMENTS: Mapping[str, str] = {
    "growing_customer": "is_customer AND seat_use >= 0.8",
    "customer": "is_customer",
    "open_deal": "has_open_opportunity",
    "sales_ready": "employees BETWEEN 200 AND 5000 AND industry IN ('saas', 'fintech') AND intent >= 60",
    "replace_incumbent": (
        "incumbent_vendor NOT IN ('none', 'other') AND ARRAY_CONTAINS(tech, 'salesforce') AND pricing_views >= 2"
    ),
    "warm_up": "annual_revenue >= 10000000 AND country IN ('US', 'GB', 'DE') AND active_contacts >= 2",
}
"""The conditions, in order. What none of them takes is `unpaid`."""

RESIDUAL = "unpaid"

ZEN = (
    "is_customer and seat_use >= 0.8 ? 'growing_customer'"
    " : is_customer ? 'customer'"
    " : has_open_opportunity ? 'open_deal'"
    " : employees in [200..5000] and industry in ['saas', 'fintech'] and intent >= 60 ? 'sales_ready'"
    " : incumbent_vendor not in ['none', 'other'] and 'salesforce' in tech and pricing_views >= 2"
    " ? 'replace_incumbent'"
    " : annual_revenue >= 10000000 and country in ['US', 'GB', 'DE'] and active_contacts >= 2 ? 'warm_up'"
    " : 'unpaid'"
)
"""The same rules in zen-engine's expression language. It gives the segment alone, not its status."""

BARE_SEGMENT = """CASE
    WHEN is_customer AND seat_use >= 0.8 THEN 'growing_customer'
    WHEN is_customer THEN 'customer'
    WHEN has_open_opportunity THEN 'open_deal'
    WHEN employees BETWEEN 200 AND 5000 AND industry IN ('saas', 'fintech') AND intent >= 60 THEN 'sales_ready'
    WHEN incumbent_vendor NOT IN ('none', 'other') AND list_contains(tech, 'salesforce') AND pricing_views >= 2
    THEN 'replace_incumbent'
    WHEN annual_revenue >= 10000000 AND country IN ('US', 'GB', 'DE') AND active_contacts >= 2 THEN 'warm_up'
    ELSE 'unpaid'
  END"""
"""The same rules as somebody writes them by hand in DuckDB: the segment alone."""

BARE_PIPELINE = """SELECT account_id, CASE
    WHEN is_customer THEN 'customer'
    WHEN fit >= 70 AND intent >= 60 THEN 'sales_ready'
    WHEN fit >= 70 AND intent < 60 THEN 'warm_up'
    WHEN fit < 70 AND intent >= 60 THEN 'self_serve'
    WHEN fit < 70 AND intent < 60 THEN 'unpaid'
    ELSE 'needs_data'
  END AS segment
FROM (
  SELECT account_id, is_customer, intent,
    CASE WHEN employees BETWEEN 50 AND 5000 THEN 19.9 ELSE 0 END
    + CASE WHEN employees BETWEEN 200 AND 5000 THEN 20.1 ELSE 0 END
    + CASE WHEN industry IN ('saas', 'fintech', 'healthcare', 'financial_services', 'professional_services')
      THEN 20 ELSE 0 END
    + CASE WHEN industry IN ('saas', 'fintech') THEN 10 ELSE 0 END
    + CASE WHEN list_contains(tech, 'salesforce') OR list_contains(tech, 'hubspot') THEN 20 ELSE 0 END
    + CASE WHEN region IN ('US', 'EU', 'UK') THEN 10 ELSE 0 END AS fit
  FROM (
    SELECT *, CASE
        WHEN country = 'US' THEN 'US'
        WHEN country = 'GB' THEN 'UK'
        WHEN country IN (
          'AT', 'BE', 'BG', 'CY', 'CZ', 'DE', 'DK', 'EE', 'ES', 'FI', 'FR', 'GR', 'HR', 'HU', 'IE', 'IS',
          'IT', 'LI', 'LT', 'LU', 'LV', 'MT', 'NL', 'NO', 'PL', 'PT', 'RO', 'SE', 'SI', 'SK'
        ) THEN 'EU'
        ELSE 'other'
      END AS region
    FROM {source}
  )
)"""
"""The rules of the shipped pack saas_pipeline, by hand: the segment alone, what is unknown counting nothing."""


def bare_query(source: str) -> str:
    """Return the hand-written query of `SEGMENTS` over a source."""
    return f"SELECT account_id, {BARE_SEGMENT} AS segment FROM {source}"  # noqa: S608 - our own text


def measured_pack() -> Pack:
    """Return the pack of `SEGMENTS`, loaded as any other."""
    layers = {"intent": "intent", "pricing_views": "behavioral", "active_contacts": "behavioral"}
    files = {
        "pack.yaml": (
            "pack: measured\ntitle: Measured\ndecision: How fast a label is\ndimensions: [industry, intent]\n"
            f"segments: [{', '.join([*SEGMENTS, RESIDUAL])}]\nsurfaces: [web]\nsources: {{crm: 1.0}}\n"
        ),
        "traits.yaml": "".join(
            f'{name}: {{type: "{kind}", layer: {layers.get(name, "firmographic")}}}\n'
            for name, kind in TRAITS.items()
        ),
        "plays/nothing_special.yaml": (
            "play: nothing_special\ntitle: The page as it is\nkind: page\nchannel: web\ngoal: visit\n"
            "owner: marketing\norder: 1\n"
        ),
    }
    for name in [*SEGMENTS, RESIDUAL]:
        condition = f"when: {json.dumps(SEGMENTS[name])}\n" if name in SEGMENTS else ""
        files[f"segments/{name}.yaml"] = (
            f"segment: {name}\ntitle: {name}\n{condition}owner: revenue@example.com\n"
            "review_by: 2099-01-01\nsurfaces: {web: {default: nothing_special}}\n"
        )
    return load_files({path: text.encode() for path, text in files.items()}, "measured")
