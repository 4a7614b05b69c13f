"""`make audit`: every package pinned, nothing known against one, and a list of all parts.

Prints `target | measured | met or missed`; the same as JSON in var/audit.json, the list of parts as
CycloneDX in var/sbom.json. The exit code is 1 on a miss, and where the advisories cannot be
reached.
"""

import argparse
import json
import sys
from dataclasses import asdict, dataclass

from evals.audit.advisories import NotAudited, accepted, advisories, entries, locks, pins, unpinned
from evals.audit.sbom import NotAsPinned, fault, sbom, written
from pipeline.settings import PROJECT

_VAR = PROJECT / "var"
_SBOM = _VAR / "sbom.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One target and what came of it; more: one line each for a reader who has to act."""

    target: str
    measured: str
    met: bool
    more: tuple[str, ...] = ()


def main() -> int:
    """All three; 1 when one of them is missed."""
    parser = argparse.ArgumentParser(prog="make audit", description="What we ship, and its holes.")
    parser.add_argument(
        "--pip-audit",
        action="append",
        default=[],
        metavar="OPTION",
        help="one more option for pip-audit, such as --pip-audit=--vulnerability-service=osv",
    )
    given = parser.parse_args()
    _VAR.mkdir(exist_ok=True)
    lines = [pinning(), listing(), known_holes(given.pip_audit)]
    for line in lines:
        print(f"{line.target} | {line.measured} | {'met' if line.met else 'MISSED'}")
        for one in line.more:
            print(f"  {one}")
    report = json.dumps([asdict(line) for line in lines], ensure_ascii=False, indent=1)
    (_VAR / "audit.json").write_text(report + "\n", encoding="utf-8")
    return 0 if all(line.met for line in lines) else 1


def pinning() -> Line:
    """Every entry of every lock."""
    loose = [f"{lock.name}: {entry}" for lock in locks() for entry in unpinned(lock)]
    count = sum(len(entries(lock)) for lock in locks())
    return Line(
        target="packages without a version and hashes: 0 (torch: by its version alone)",
        measured=f"{len(loose)} of {count} in {len(locks())} locks",
        met=not loose,
        more=tuple(loose),
    )


def listing() -> Line:
    """The list of parts, written and held against its schema."""
    target = f"parts listed in {_SBOM.relative_to(PROJECT)}, valid CycloneDX"
    try:
        document = sbom()
    except NotAsPinned as error:
        return Line(target=target, measured=f"{error}; run make setup-dev", met=False)
    text = written(document)
    _SBOM.write_text(text, encoding="utf-8")
    wrong = fault(text)
    (server,) = (one for one in document["components"] if one["name"] == "model-server.jar")
    inside = server["components"]
    unknown = [f"{one['group']}:{one['name']}" for one in inside if "version" not in one]
    return Line(
        target=target,
        measured=wrong
        or f"{len(document['components'])} and {len(inside)} inside TorchServe's jar, of which "
        f"{len(unknown)} do not tell their version",
        met=wrong is None,
        more=(f"no version: {', '.join(unknown)}",) if unknown else (),
    )


def known_holes(options: list[str]) -> Line:
    """What is known against the packages, but for what was looked at."""
    wanted, looked_at = pins(), accepted()
    target = f"open advisories against {len(wanted)} packages: 0"
    try:
        found = advisories(wanted, options)
    except NotAudited as error:
        return Line(target=target, measured=f"not known. {error}", met=False)
    left = [one for one in found if not any(known.covers(one) for known in looked_at)]
    stale = [one for one in looked_at if not any(one.covers(hole) for hole in found)]
    return Line(
        target=target,
        measured=f"{len(left)}; {len(found) - len(left)} looked at and accepted",
        met=not left and not stale,
        more=(
            *(
                f"{one.package} {one.version}: {', '.join(sorted(one.names))}; mended in "
                f"{', '.join(one.mended) or 'no version yet'}"
                for one in left
            ),
            *(f"{one.package}: {one.name} is found no more; take it off the list" for one in stale),
        ),
    )


if __name__ == "__main__":
    sys.exit(main())
