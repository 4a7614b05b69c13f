"""`make check`: the manifests of deploy/k8s against the schemas of Kubernetes, strictly.

Of the newest version that kubernetes-validate knows, and of the oldest that the manifests are for:
what is misspelt, misplaced or of the wrong type is told by file, kind and place.
"""

import sys
from pathlib import Path
from typing import Any

import kubernetes_validate as schemas
import yaml

K8S = Path(__file__).resolve().parent.parent / "deploy" / "k8s"
OLDEST = "1.27"  # unhealthyPodEvictionPolicy, stable in 1.31, is known from here on
# Settings of another program's chart, with no kind of their own.
NO_MANIFESTS = frozenset({"prometheus-adapter.yaml"})


def main() -> int:
    """Print what is wrong; 1 when anything is."""
    wrong = [problem for version in versions() for problem in problems(K8S, version)]
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


def versions() -> tuple[str, str]:
    """The oldest and the newest version of Kubernetes that are looked at."""
    return OLDEST, schemas.latest_version()


def problems(folder: Path, version: str) -> list[str]:
    """What is wrong with the manifests below `folder`, a line each."""
    found = []
    for path in sorted(folder.rglob("*.yaml")):
        for document in documents(path):
            why = _problem(document, version)
            if why and not (path.name in NO_MANIFESTS and "kind" not in document):
                name = f"{path.relative_to(folder)} ({document.get('kind', 'no kind')})"
                found.append(f"{name}, Kubernetes {version}: {why}")
    return found


def documents(path: Path) -> list[dict[str, Any]]:
    """The documents of one file; none of them is empty."""
    with path.open(encoding="utf-8") as file:
        return list(yaml.safe_load_all(file))


def _problem(document: dict[str, Any], version: str) -> str | None:
    if document.get("kind") == "Kustomization":  # kubectl's own: there is no schema of it
        return None
    try:
        schemas.validate(document, version, strict=True)
    except schemas.ValidationError as error:
        return f"{'.'.join(str(part) for part in error.absolute_path)}: {error.message}"
    except (schemas.SchemaNotFoundError, KeyError) as error:
        return f"no such kind ({error})"
    return None


if __name__ == "__main__":
    sys.exit(main())
