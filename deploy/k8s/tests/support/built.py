"""What kustomize builds, as the tests look at it."""

import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

K8S = Path(__file__).parents[2]
OVERLAYS = tuple(sorted(path.parent.name for path in K8S.glob("overlays/*/kustomization.yaml")))
WORKLOAD_KINDS = ("Deployment", "StatefulSet", "Job")

Body = dict[str, Any]


@dataclass(frozen=True)
class Workload:
    """A Deployment, StatefulSet or Job, and the pods it makes."""

    body: Body

    @property
    def kind(self) -> str:
        return str(self.body["kind"])

    @property
    def name(self) -> str:
        return str(self.body["metadata"]["name"])

    @property
    def labels(self) -> dict[str, str]:
        """Of its pods."""
        labels: dict[str, str] = self.body["spec"]["template"]["metadata"]["labels"]
        return labels

    @property
    def pod(self) -> Body:
        pod: Body = self.body["spec"]["template"]["spec"]
        return pod

    @property
    def containers(self) -> list[Body]:
        """Those that run, and those that run before."""
        return [*self.pod["containers"], *self.pod.get("initContainers", [])]

    @property
    def ports(self) -> dict[str, int]:
        return {port["name"]: port["containerPort"] for one in self.containers for port in one.get("ports", [])}

    def matches(self, selector: Mapping[str, Any] | None) -> bool:
        """Whether a selector picks its pods; an empty one picks all."""
        return matches(selector or {}, self.labels)


@dataclass(frozen=True)
class Built:
    """Every resource of an overlay."""

    bodies: list[Body]

    def of(self, *kinds: str) -> list[Body]:
        return [body for body in self.bodies if body["kind"] in kinds]

    def named(self, kind: str) -> dict[str, Body]:
        return {str(body["metadata"]["name"]): body for body in self.of(kind)}

    @property
    def workloads(self) -> list[Workload]:
        return [Workload(body) for body in self.of(*WORKLOAD_KINDS)]

    def environment(self, container: Body) -> dict[str, Body]:
        """Every variable of a container; of one that comes from a ConfigMap, its value."""
        variables: dict[str, Body] = {}
        for source in container.get("envFrom", []):
            reference = source["configMapRef"]
            found = self.named("ConfigMap").get(reference["name"])
            if found is None and reference.get("optional"):
                continue
            assert found is not None, f"there is no ConfigMap {reference['name']}"
            variables |= {name: {"name": name, "value": value} for name, value in found["data"].items()}
        return variables | {variable["name"]: variable for variable in container.get("env", [])}

    def secrets(self) -> Iterator[tuple[str, str]]:
        """Every Secret that a pod or an autoscaler reads, with the key."""
        for workload in self.workloads:
            for container in workload.containers:
                for variable in container.get("env", []):
                    reference = variable.get("valueFrom", {}).get("secretKeyRef")
                    if reference and not reference.get("optional"):
                        yield reference["name"], reference["key"]
            for volume in workload.pod.get("volumes", []):
                for item in volume.get("secret", {}).get("items", []):
                    yield volume["secret"]["secretName"], item["key"]
        for authentication in self.of("TriggerAuthentication"):
            for target in authentication["spec"]["secretTargetRef"]:
                yield target["name"], target["key"]


def build(overlay: str) -> Built:
    """Build an overlay as `kubectl apply -k` does."""
    kubectl = shutil.which("kubectl")
    assert kubectl, "kubectl is not installed"
    command = [kubectl, "kustomize", str(K8S / "overlays" / overlay)]
    text = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout  # noqa: S603
    return Built([body for body in yaml.safe_load_all(text) if body])


def matches(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether a selector of Kubernetes picks an object with these labels."""
    if any(labels.get(key) != value for key, value in selector.get("matchLabels", {}).items()):
        return False
    return all(_meets(expression, labels) for expression in selector.get("matchExpressions", []))


def _meets(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    assert expression["operator"] == "In", "teach this test the operator"
    return labels.get(expression["key"]) in expression["values"]


def names_of(bodies: Iterable[Body]) -> set[str]:
    """The resources' names."""
    return {str(body["metadata"]["name"]) for body in bodies}
