"""One autoscaler to a workload, and nobody beside it who sets the number."""

import re

from built import Built
from meadow.schemas.queues import BATCH_QUEUE, INTERACTIVE_QUEUE, QUEUES
from meadow.schemas.status import SystemStatus
from meadow_api.scrape import status_metrics


def targets(built: Built) -> list[str]:
    return [body["spec"]["scaleTargetRef"]["name"] for body in built.of("HorizontalPodAutoscaler", "ScaledObject")]


def test_each_deployment_has_one_master(built: Built) -> None:
    autoscaled = targets(built)
    assert len(autoscaled) == len(set(autoscaled)), "two autoscalers would pull at one Deployment"
    deployments = built.named("Deployment")
    assert set(autoscaled) <= set(deployments)
    for name, body in deployments.items():
        assert ("replicas" in body["spec"]) != (name in autoscaled), name


def test_autoscalers_by_use_have_requests_to_measure_by(built: Built) -> None:
    deployments = built.named("Deployment")
    for scaler in built.of("HorizontalPodAutoscaler"):
        target = deployments[scaler["spec"]["scaleTargetRef"]["name"]]
        for container in target["spec"]["template"]["spec"]["containers"]:
            assert "cpu" in container["resources"]["requests"]


def test_keda_reads_the_queues_that_workers_empty(built: Built) -> None:
    for scaled in built.of("ScaledObject"):
        lists = [one["metadata"]["listName"] for one in scaled["spec"]["triggers"] if one["type"] == "redis"]
        assert set(lists) <= {INTERACTIVE_QUEUE, BATCH_QUEUE} <= set(QUEUES)
        assert BATCH_QUEUE in lists


def test_keda_asks_one_redis_with_a_password_from_a_secret(built: Built) -> None:
    triggers = [one for scaled in built.of("ScaledObject") for one in scaled["spec"]["triggers"]]
    redis = [one for one in triggers if one["type"] == "redis"]
    assert len({one["metadata"]["address"] for one in redis}) <= 1
    for one in redis:
        assert one["authenticationRef"]["name"] in built.named("TriggerAuthentication")
        assert "password" not in one["metadata"]


def test_keda_asks_prometheus_for_metrics_that_the_gateway_has(built: Built) -> None:
    status = SystemStatus(queues=[], workers=[], inflight_bytes=0)
    known = {metric.name for metric in status_metrics(status, None)}
    for scaled in built.of("ScaledObject"):
        for one in scaled["spec"]["triggers"]:
            if one["type"] == "prometheus":
                asked = set(re.findall(r"meadow_\w+", one["metadata"]["query"]))
                assert asked, one["metadata"]["query"]
                assert asked <= known


def test_workers_without_a_device_are_never_none(built: Built) -> None:
    for scaled in built.of("ScaledObject"):
        if scaled["metadata"]["name"] == "worker":
            assert scaled["spec"]["minReplicaCount"] >= 1


def test_one_process_for_each_processor(built: Built) -> None:
    """The default would count the node's processors."""
    worker = next(one for one in built.workloads if one.name == "worker")
    variable = built.environment(worker.containers[0])["MEADOW_WORKER_PROCESSES"]
    assert variable["valueFrom"]["resourceFieldRef"]["resource"] == "limits.cpu"
