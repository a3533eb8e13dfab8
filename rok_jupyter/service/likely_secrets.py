"""Which files look as if they held keys, passwords or tokens: told before an archive is shared, never left out.

Owns the names. Doesn't look into files: a name is a hint, and its absence promises nothing.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

_NAMES = (
    ".env",
    ".env.*",
    "*.env",
    ".envrc",
    "id_rsa*",
    "id_dsa*",
    "id_ecdsa*",
    "id_ed25519*",
    "*.pem",
    "*.key",
    "*.p12",
    "*.pfx",
    "*.kdbx",
    ".netrc",
    ".pgpass",
    ".pypirc",
    ".npmrc",
    ".git-credentials",
    ".htpasswd",
    ".dockercfg",
    "kubeconfig*",
    "credentials.json",
    "service-account*.json",
    "client_secret*.json",
    "token",
    "token.*",
    "*.token",
    "*password*",
    "secrets.*",
)
_DIRECTORIES = (".aws", ".ssh", ".gnupg", ".kube", ".azure", ".docker", "gcloud")
_HARMLESS = ("*.pub", "known_hosts", "*.example", "*.sample", "*.template")


def looks_secret(path: str) -> bool:
    """Say whether a file of this path (relative, with slashes) looks as if it held a secret."""
    *directories, name = path.lower().split("/")
    if any(fnmatchcase(name, pattern) for pattern in _HARMLESS):
        return False
    return any(fnmatchcase(name, pattern) for pattern in _NAMES) or any(each in _DIRECTORIES for each in directories)
