"""Plays kubectl, minikube, docker and python3 for the script that brings a local cluster up.

Every call is one line of the log. Of the cluster there are its Secrets, a file each, and what was applied last.
"""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

STATE = Path(os.environ["STAND_IN_STATE"])
IMAGE_ID = "sha256:" + "0123456789abcdef" * 4


def main() -> int:
    tool, arguments = Path(sys.argv[0]).name, sys.argv[1:]
    with (STATE / "log").open("a") as log:
        log.write(" ".join([tool, *arguments]) + "\n")
    if tool == "kubectl":
        # After `--context NAME`, and often `--namespace NAME`.
        return kubectl(arguments[4:] if "--namespace" in arguments else arguments[2:])
    if tool == "minikube":
        return minikube(arguments[2:])
    if tool == "docker" and arguments[:2] == ["image", "inspect"]:
        sys.stdout.write(IMAGE_ID + "\n")
    return 0


def minikube(arguments: list[str]) -> int:
    running = STATE / "running"
    if arguments[0] == "status":
        return 0 if running.exists() else 85
    if arguments[0] == "start":
        running.touch()
    if arguments[0] == "ip":
        sys.stdout.write("192.168.49.2\n")
    if arguments[:2] == ["image", "ls"]:
        loaded = [line.split()[-1] for line in (STATE / "log").read_text().splitlines() if " image load " in line]
        sys.stdout.writelines(f"docker.io/library/{image}\n" for image in loaded)
    return 0


def kubectl(words: list[str]) -> int:
    if words[:2] == ["get", "secret"]:
        return get_secret(words[2], words[3:])
    if words[:3] == ["create", "secret", "generic"]:
        pairs = [one.removeprefix("--from-literal=").split("=", 1) for one in words[4:]]
        (STATE / f"secret-{words[3]}").write_text(json.dumps(dict(pairs)))
    if words[:2] == ["apply", "--kustomize"]:
        built = subprocess.run([os.environ["KUBECTL"], "kustomize", words[2]], check=True, capture_output=True)  # noqa: S603
        (STATE / "applied.yaml").write_bytes(built.stdout)
    return 0


def get_secret(name: str, options: list[str]) -> int:
    path = STATE / f"secret-{name}"
    if not path.exists():
        return 1
    if options:
        key = options[1].removeprefix("jsonpath={.data.").removesuffix("}")
        sys.stdout.write(base64.b64encode(json.loads(path.read_text())[key].encode()).decode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
