"""Company databases as files, made for the tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmdb_writer import MMDBWriter
from netaddr import IPSet  # type: ignore[import-untyped]

ACME, BETA, CLOUD, ACCESS = "8.8.4.7", "9.9.9.11", "34.1.2.3", "81.2.69.160"
"""An address of each network of `COMPANIES`."""
COMPANIES: Mapping[str, Any] = {
    "8.8.4.0/24": {"company": {"name": "Acme", "domain": "www.acme.com", "type": "business"}},
    "9.9.9.0/24": {"name": "Beta", "domain": "beta.com", "type": "business", "confidence": "high"},
    "34.1.0.0/16": {"company": {"name": "Cloud", "domain": "some-cloud.com", "type": "hosting"}},
    "81.2.69.0/24": {"company": {"name": "Access", "domain": "some-access.com", "type": "isp"}},
}


def write_companies(path: Path, networks: Mapping[str, Any] = COMPANIES) -> Path:
    """Write a database of networks to their records, in the place of an older one."""
    writer = MMDBWriter(ip_version=6, ipv4_compatible=True, database_type="Company", int_type="u32")
    for network, record in networks.items():
        writer.insert_network(IPSet([network]), record)
    made = path.with_suffix(".new")
    writer.to_db_file(str(made))
    made.replace(path)
    return path
