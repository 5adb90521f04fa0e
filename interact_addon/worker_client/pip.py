"""pip, called to download wheels: its command, the user's network settings, and its failures in one sentence each.

No ``bpy``. The extension brings pip along, because the Pythons of some Linux distributions have none.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from ..runtime_api import errors

TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"
# What a company may have to set for its network. Everything else in pip's configuration is about where and what to
# install (target, user, prefix, constraint, …), which is not for a configuration to say here.
NETWORK_SETTINGS = (
    "index-url", "extra-index-url", "no-index", "find-links", "trusted-host", "proxy", "cert", "client-cert",
    "timeout", "default-timeout", "keyring-provider",
)  # fmt: skip
_FROM_WHEEL = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); from runpy import run_module; "
    "run_module('pip', run_name='__main__', alter_sys=True)"
)
OTHER_WAY = "or choose a folder of wheels in the add-on's preferences"
# What pip prints, and what it means; ``{host}`` is the address that it tried, ``{what}`` the library.
_MEANINGS = (
    (r"No space left|Errno 28|WinError 112", "The disk is full; free some space and install again."),
    (
        r"CERTIFICATE_VERIFY_FAILED|SSLError|SSLCertVerificationError",
        "The certificate of {host} is not trusted; behind a company's proxy, name its certificate as 'cert' in pip's "
        f"configuration, {OTHER_WAY}.",
    ),
    (
        r"ProxyError|\b407\b",
        f"The proxy does not let pip reach {{host}}; set 'proxy' in pip's configuration or HTTPS_PROXY, {OTHER_WAY}.",
    ),
    (
        r"\b40[13]\b.*(Client Error|Unauthorized|Forbidden)|(Unauthorized|Forbidden) for url",
        f"The package index refuses access; correct its address or password in pip's configuration, {OTHER_WAY}.",
    ),
    (
        r"DO NOT MATCH THE HASHES|have mismatched|Expected sha256",
        "The file of {what} is not the one that was tested: its checksum is another; install again, and from another "
        "network if that fails too.",
    ),
    (
        r"NameResolutionError|NewConnectionError|ConnectTimeout|ReadTimeout|ConnectionResetError|ProtocolError"
        r"|IncompleteRead|Network is unreachable|Connection refused|Connection aborted|incomplete-download",
        f"{{host}} cannot be reached; check the network connection and install again, {OTHER_WAY}.",
    ),
    (
        r"No matching distribution|ResolutionImpossible",
        f"The package index has no {{what}}; use one that mirrors PyPI and, on Linux, {TORCH_CPU_INDEX}, {OTHER_WAY}.",
    ),
)


class PipFailed(errors.InterActError):
    """pip could not do what it was asked."""


def pip_command(python: Path) -> tuple[str, ...]:
    """Return the command that runs pip: the extension's own, else (in the repository) the interpreter's."""
    shipped = sorted(Path(__file__).resolve().parent.glob("pip-*.whl"))
    if shipped:
        return (str(python), "-I", "-S", "-X", "utf8", "-c", _FROM_WHEEL, str(shipped[-1]))
    return (str(python), "-I", "-X", "utf8", "-m", "pip")


def pip_environment(python: Path) -> dict[str, str]:
    """Return environment variables for pip: none of Python's or pip's own, but the user's network settings.

    They are passed as variables because an address may hold a password, which everybody sees in a command line. Runs
    pip once, about a second. Raises ``PipFailed`` where its configuration cannot be read.
    """
    clean = without_python(os.environ)
    command = (*pip_command(python), "config", "list", "--disable-pip-version-check")
    answer = subprocess.run(
        command, env=clean, stdin=subprocess.DEVNULL, capture_output=True, text=True, encoding="utf-8",
        errors="replace", timeout=120, creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )  # fmt: skip
    if answer.returncode:
        reason = (answer.stderr.strip().splitlines() or ["no reason given"])[-1].removeprefix("ERROR: ")
        raise PipFailed(f"pip does not start with '{python}' ({reason}); correct pip's configuration.")
    variables = {key: value for key, value in clean.items() if not key.startswith("PIP_")}
    for name, value in network_settings(answer.stdout).items():
        variables[f"PIP_{name.upper().replace('-', '_')}"] = value
    return {**variables, "PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}


def without_python(variables: Mapping[str, str]) -> dict[str, str]:
    """Return ``variables`` without those that change what a Python does: PYTHONPATH, PYTHONHOME and the like."""
    return {key: value for key, value in variables.items() if not key.startswith("PYTHON")} | {"PYTHONUTF8": "1"}


def network_settings(configuration: str) -> dict[str, str]:
    """Return the network settings in what ``pip config list`` printed; later sections rule, variables most of all."""
    found: dict[str, tuple[int, str]] = {}
    for line in configuration.splitlines():
        key, _, value = line.partition("=")
        section, _, name = key.rpartition(".")
        if name not in NETWORK_SETTINGS or section not in ("global", "install", "download", ":env:"):
            continue
        rank = ("global", "install", "download", ":env:").index(section)
        if rank >= found.get(name, (0, ""))[0]:
            found[name] = rank, " ".join(str(ast.literal_eval(value)).split())
    settings = {name: value for name, (_, value) in found.items()}
    if "default-timeout" in settings:
        settings.setdefault("timeout", settings.pop("default-timeout"))
    return settings


def with_index(variables: Mapping[str, str], index: str) -> dict[str, str]:
    """Return pip's ``variables`` with one more index."""
    indexes = f"{variables.get('PIP_EXTRA_INDEX_URL', '')} {index}".strip()
    return {**variables, "PIP_EXTRA_INDEX_URL": indexes}


def explain(output: Sequence[str], what: str, variables: Mapping[str, str]) -> str:
    """Return in one sentence why pip failed to fetch ``what``, from the lines it printed."""
    text = "\n".join(output)
    hosts = re.findall(r"host='([^']+)'", text)
    index = urlsplit(variables.get("PIP_INDEX_URL", "https://pypi.org/simple")).hostname
    for pattern, sentence in _MEANINGS:
        if re.search(pattern, text):
            return sentence.format(host=hosts[-1] if hosts else index, what=what)
    last = next((line for line in reversed(output) if line.startswith("ERROR")), output[-1] if output else "no reason")
    return f"pip could not fetch {what} ({last.removeprefix('ERROR: ')}); install again, {OTHER_WAY}."
