"""Resources find each other by labels and names, which nothing else checks: a wrong one is only silence."""

import re

from built import K8S, Built, matches, names_of

CLUSTER_NAMESPACES = {"kube-system", "ingress-nginx", "traefik", "keda", "monitoring"}
"""Namespaces of others, which the policies name."""


def test_selectors_pick_their_own_pods(built: Built) -> None:
    for workload in built.workloads:
        if workload.kind == "Job":
            continue
        assert workload.matches(workload.body["spec"]["selector"]), workload.name
        picked = [other.name for other in built.workloads if other.matches(workload.body["spec"]["selector"])]
        assert picked == [workload.name]
        for spread in workload.pod.get("topologySpreadConstraints", []):
            assert workload.matches(spread["labelSelector"]), workload.name


def test_every_service_leads_to_a_port_that_is_there(built: Built) -> None:
    for service in built.of("Service"):
        name, spec = service["metadata"]["name"], service["spec"]
        picked = [one for one in built.workloads if one.matches({"matchLabels": spec["selector"]})]
        assert [one.name for one in picked] == [name]
        for port in spec["ports"]:
            assert picked[0].ports[port["targetPort"]] == port["port"], name


def test_stateful_sets_have_their_service(built: Built) -> None:
    for body in built.of("StatefulSet"):
        assert body["spec"]["serviceName"] in built.named("Service")


def test_every_way_in_leads_to_a_service(built: Built) -> None:
    services = built.named("Service")
    for ingress in built.of("Ingress"):
        for rule in ingress["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                backend = path["backend"]["service"]
                ports = {port["name"] for port in services[backend["name"]]["spec"]["ports"]}
                assert backend["port"]["name"] in ports, path["path"]


def test_paths_are_such_as_ingress_nginx_takes(built: Built) -> None:
    for ingress in built.of("Ingress"):
        for rule in ingress["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                plain = re.fullmatch(r"/[\w/-]*", path["path"])
                assert plain or path["pathType"] == "ImplementationSpecific", path["path"]


def test_metrics_are_not_reachable_from_outside(built: Built) -> None:
    paths = {
        path["path"] for one in built.of("Ingress") for rule in one["spec"]["rules"] for path in rule["http"]["paths"]
    }
    assert not paths & {"/metrics", "/readyz"}
    # Everything that is not the gateway's goes to the pages, which have no metrics.
    [rest] = [
        path["backend"]["service"]["name"]
        for one in built.of("Ingress")
        for rule in one["spec"]["rules"]
        for path in rule["http"]["paths"]
        if path["path"] == "/"
    ]
    assert rest == "ui"


def test_every_network_policy_selects_something(built: Built) -> None:
    for policy in built.of("NetworkPolicy"):
        name, spec = policy["metadata"]["name"], policy["spec"]
        selected = [one for one in built.workloads if one.matches(spec["podSelector"])]
        assert selected, f"{name} selects no pod"
        for rule in spec.get("ingress", []):
            for port in rule["ports"]:
                reached = [port["port"] in (*one.ports.values(), *one.ports) for one in selected]
                assert any(reached), f"{name}: nobody listens on {port['port']}"
        for rule in (*spec.get("ingress", []), *spec.get("egress", [])):
            for peer in (*rule.get("from", []), *rule.get("to", [])):
                check_peer(built, name, peer)


def check_peer(built: Built, policy: str, peer: dict[str, dict[str, object]]) -> None:
    if "namespaceSelector" in peer:
        assert any(
            matches(peer["namespaceSelector"], {"kubernetes.io/metadata.name": namespace})
            for namespace in CLUSTER_NAMESPACES
        ), policy
    elif "podSelector" in peer:
        assert any(one.matches(peer["podSelector"]) for one in built.workloads), f"{policy}: {peer} picks no pod"


def test_ways_out_lead_to_ports_that_are_there(built: Built) -> None:
    for policy in built.of("NetworkPolicy"):
        for rule in policy["spec"].get("egress", []):
            selectors = [peer["podSelector"] for peer in rule["to"] if set(peer) == {"podSelector"}]
            for selector in selectors:
                listening = {port for one in built.workloads if one.matches(selector) for port in one.ports.values()}
                assert {port["port"] for port in rule["ports"]} <= listening, policy["metadata"]["name"]


def test_nothing_is_open_that_no_policy_names(built: Built) -> None:
    deny = built.named("NetworkPolicy")["default-deny"]["spec"]
    assert deny == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_budgets_select_one_workload(built: Built) -> None:
    for budget in built.of("PodDisruptionBudget"):
        assert len([one for one in built.workloads if one.matches(budget["spec"]["selector"])]) == 1
        assert "minAvailable" not in budget["spec"], "with one replica, no node could be drained"


def test_volumes_are_there(built: Built) -> None:
    claims, maps = built.named("PersistentVolumeClaim"), built.named("ConfigMap")
    for workload in built.workloads:
        templates = workload.body["spec"].get("volumeClaimTemplates", [])
        volumes = {volume["name"]: volume for volume in workload.pod.get("volumes", [])}
        mounted = {mount["name"] for one in workload.containers for mount in one.get("volumeMounts", [])}
        assert mounted == set(volumes) | names_of(templates), workload.name
        for volume in volumes.values():
            if "configMap" in volume:
                assert volume["configMap"]["name"] in maps
            if "persistentVolumeClaim" in volume:
                claim = claims[volume["persistentVolumeClaim"]["claimName"]]
                assert claim["spec"]["accessModes"] == ["ReadWriteOnce"]
                # Two pods, even for the moment of a roll-out, cannot hold it.
                assert workload.body["spec"]["strategy"] == {"type": "Recreate"}
                assert workload.body["spec"]["replicas"] == 1


def test_monitors_find_their_services(built: Built) -> None:
    services = built.of("Service")
    for monitor in built.of("ServiceMonitor"):
        found = [one for one in services if matches(monitor["spec"]["selector"], one["metadata"]["labels"])]
        assert len(found) == 1, monitor["metadata"]["name"]
        assert found[0]["metadata"]["labels"][monitor["spec"]["jobLabel"]]
        ports = {port["name"] for port in found[0]["spec"]["ports"]}
        assert {endpoint["port"] for endpoint in monitor["spec"]["endpoints"]} <= ports


def test_everything_is_in_one_namespace(built: Built) -> None:
    for body in built.bodies:
        expected = None if body["kind"] == "Namespace" else "meadow"
        assert body["metadata"].get("namespace") == expected, body["metadata"]["name"]


def test_the_secrets_are_in_no_manifest(built: Built) -> None:
    assert not built.of("Secret")
    assert "kind: Secret" not in "".join(path.read_text() for path in K8S.rglob("*.yaml"))
