"""What is wrong with a pack that loads: lints with a code, a place and a reason."""

from segue.policies.checks.check import check_pack
from segue.policies.checks.codes import REASONS, Code, Severity
from segue.policies.checks.finding import Finding, from_faults

__all__ = ["REASONS", "Code", "Finding", "Severity", "check_pack", "from_faults"]
