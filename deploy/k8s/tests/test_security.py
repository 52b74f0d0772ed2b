"""What Pod Security's "restricted" refuses, and what else no workload should be without."""

import pytest

from built import Built, Workload

PROBES = ("startupProbe", "livenessProbe", "readinessProbe")
OWN_USERS = {"postgres": 70}
"""Images that insist on a user of their own."""

NO_STARTUP = {"redis"}
"""It listens at once; what it loads is the readiness probe's to wait for."""


def test_the_namespace_enforces_the_strictest_profile(built: Built) -> None:
    labels = built.named("Namespace")["meadow"]["metadata"]["labels"]
    for mode in ("enforce", "audit", "warn"):
        assert labels[f"pod-security.kubernetes.io/{mode}"] == "restricted"


def test_pods_are_restricted(built: Built) -> None:
    for workload in built.workloads:
        context = workload.pod["securityContext"]
        assert context["runAsNonRoot"] is True, workload.name
        assert context["runAsUser"] == context["fsGroup"] == OWN_USERS.get(workload.name, 10001), workload.name
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}, workload.name
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(workload.pod), workload.name
        for volume in workload.pod.get("volumes", []):
            assert set(volume) - {"name"} <= {"configMap", "emptyDir", "persistentVolumeClaim", "secret"}, workload.name


def test_containers_are_restricted(built: Built) -> None:
    for workload in built.workloads:
        for container in workload.containers:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, f"{workload.name}/{container['name']}"
            assert not any("hostPort" in port for port in container.get("ports", []))


def test_nobody_is_given_a_token(built: Built) -> None:
    accounts = built.named("ServiceAccount")
    for workload in built.workloads:
        assert workload.pod["automountServiceAccountToken"] is False, workload.name
        assert accounts[workload.pod["serviceAccountName"]]["automountServiceAccountToken"] is False


def test_services_do_not_leak_into_the_environment(built: Built) -> None:
    for workload in built.workloads:
        assert workload.pod["enableServiceLinks"] is False, workload.name


def test_every_workload_has_probes(built: Built) -> None:
    for workload in built.workloads:
        if workload.kind == "Job":
            continue
        for container in workload.pod["containers"]:
            expected = set(PROBES) - ({"startupProbe"} if workload.name in NO_STARTUP else set())
            assert expected <= set(container), workload.name
            for probe in expected:
                check_probe(workload, container[probe])


def check_probe(workload: Workload, probe: dict[str, dict[str, object]]) -> None:
    asked = probe.get("httpGet") or probe.get("tcpSocket")
    if asked:
        assert asked["port"] in workload.ports, workload.name
    else:
        assert probe["exec"]["command"], workload.name


def test_every_container_says_what_it_needs(built: Built) -> None:
    for workload in built.workloads:
        for container in workload.containers:
            for side in ("requests", "limits"):
                resources = container["resources"][side]
                missing = {"cpu", "memory", "ephemeral-storage"} - set(resources)
                assert not missing, f"{workload.name}/{container['name']}: {side} without {missing}"


def test_scratch_volumes_fit_into_what_a_pod_may_write(built: Built) -> None:
    """Beyond its limit a pod is evicted, however much room its volumes announce."""
    for workload in built.workloads:
        scratch = [
            volume["emptyDir"]["sizeLimit"] for volume in workload.pod.get("volumes", []) if "emptyDir" in volume
        ]
        allowed = workload.pod["containers"][0]["resources"]["limits"]["ephemeral-storage"]
        assert sum(map(mebibytes, scratch)) <= mebibytes(allowed), workload.name
        assert all(
            "sizeLimit" in volume["emptyDir"] for volume in workload.pod.get("volumes", []) if "emptyDir" in volume
        )


def mebibytes(quantity: str) -> int:
    return int(quantity[:-2]) * {"Mi": 1, "Gi": 1024}[quantity[-2:]]


def test_images_have_a_version(built: Built) -> None:
    for workload in built.workloads:
        for container in workload.containers:
            image = container["image"]
            assert "@sha256:" in image or ":" in image.rpartition("/")[2], image
            assert not image.endswith(":latest"), image
            name = image.partition("@")[0].rpartition(":")[0]
            assert name == name.lower(), "a registry takes small letters only"


@pytest.mark.parametrize("folder", ["/tmp", "/var/lib/meadow"])  # noqa: S108 - paths in containers
def test_our_services_have_what_they_write_to(built: Built, folder: str) -> None:
    for workload in built.workloads:
        if workload.name in ("api", "worker", "worker-gpu", "trainer", "ui"):
            mounts = {mount["mountPath"] for mount in workload.pod["containers"][0]["volumeMounts"]}
            assert folder in mounts, workload.name
