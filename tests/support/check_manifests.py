"""Checks rendered Kubernetes manifests against what the code has and what operators define:
check_manifests.py ROOT FILE...

- Containers of our image start a program that is built here, open the ports that their settings name, and are
  probed at paths and health services that the code serves. Services, monitors and policies name such ports.
- Custom resources of KEDA and of the Prometheus operator fit their definitions, and no field is unknown. Of other
  custom resources nothing is known here: they are told, not passed over.
"""

import pathlib
import re
import sys

import yaml
from cloudcoil.models.keda import v1alpha1 as keda
from cloudcoil.models.prometheus_operator import v1 as prometheus_operator

IMAGE = re.compile(r"(^|/)casetrail(:|@|$)")
DEFINED = {
    ("keda.sh/v1alpha1", "ScaledObject"): keda.ScaledObject,
    ("monitoring.coreos.com/v1", "ServiceMonitor"): prometheus_operator.ServiceMonitor,
    ("monitoring.coreos.com/v1", "PrometheusRule"): prometheus_operator.PrometheusRule,
}
ADDRESSES = ("CASETRAIL__GRPC__ADDRESS", "CASETRAIL__GRPC__HTTP_ADDRESS")
SANDBOX_PORT = 7702


def in_code(root):
    """The programs, the paths and the health services that the code has."""
    manifests = [*root.glob("services/*/Cargo.toml"), *root.glob("crates/*/Cargo.toml")]
    names = (re.findall(r'^name = "(casetrail[\w-]*)"', file.read_text(), re.M) for file in manifests)
    programs = {name for found in names for name in found}
    sources = "".join(file.read_text() for file in root.glob("crates/*/src/**/*.rs"))
    paths = set(re.findall(r'\.route\(\s*"(/[^"]*)"', sources))
    health = {"", *re.findall(r'LIVENESS: &str = "([^"]+)"', sources)}
    return programs, paths, health


def unknown_fields(given, kept, place=""):
    """Where a definition dropped something that was given."""
    if isinstance(given, dict) and isinstance(kept, dict):
        for key, value in given.items():
            if key not in kept:
                yield f"{place}.{key}"
            else:
                yield from unknown_fields(value, kept[key], f"{place}.{key}")
    elif isinstance(given, list) and isinstance(kept, list):
        for index, (one, other) in enumerate(zip(given, kept)):
            yield from unknown_fields(one, other, f"{place}[{index}]")


def custom(document, name):
    """What is wrong with a custom resource."""
    model = DEFINED[document["apiVersion"], document["kind"]]
    try:
        kept = model.model_validate(document).model_dump(mode="json", by_alias=True, exclude_unset=True)
    except ValueError as error:
        yield f"{name}: {error}"
        return
    for field in unknown_fields(document, kept):
        yield f"{name}: no such field: {field}"


def containers(document):
    template = document.get("spec", {}).get("template", {})
    return template.get("spec", {}).get("containers", [])


def our_container(container, settings, code, name):
    """What is wrong with a container of our image."""
    programs, paths, health = code
    command, ports = container["command"], {port["name"]: port["containerPort"] for port in container.get("ports", [])}
    if command[0] not in programs:
        yield f"{name}: {command[0]} is no program of this workspace"
    expected = {int(settings[address].rsplit(":", 1)[1]) for address in ADDRESSES}
    if command[0] == "casetrail":
        expected = {SANDBOX_PORT} if "sandbox-gateway" in command else set()
    if set(ports.values()) != expected:
        yield f"{name}: opens {sorted(ports.values())}, its settings say {sorted(expected)}"
    for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
        probe = container.get(kind)
        if probe is None:
            if kind != "startupProbe" and expected:
                yield f"{name}: has no {kind}"
            continue
        if "grpc" in probe:
            if probe["grpc"]["port"] not in expected or probe["grpc"].get("service", "") not in health:
                yield f"{name}: {kind}: {probe['grpc']} is not served"
        elif "httpGet" in probe:
            if probe["httpGet"]["path"] not in paths or probe["httpGet"]["port"] not in ports:
                yield f"{name}: {kind}: {probe['httpGet']} is not served"
        else:
            yield f"{name}: {kind} asks neither gRPC nor HTTP"


def check(path, code):
    documents = [one for one in yaml.safe_load_all(pathlib.Path(path).read_text(encoding="utf-8")) if one]
    faults, unchecked = [], []
    maps = [one["data"] for one in documents if one["kind"] == "ConfigMap"]
    settings = next(data for data in maps if ADDRESSES[0] in data)
    port_names, port_numbers, seen = set(), set(), 0
    for document in documents:
        for container in containers(document):
            port_names.update(port["name"] for port in container.get("ports", []))
            port_numbers.update(port["containerPort"] for port in container.get("ports", []))
    for document in documents:
        kind, version = document["kind"], document["apiVersion"]
        name = f"{path}: {kind} {document['metadata']['name']}"
        if (version, kind) in DEFINED:
            faults += custom(document, name)
        elif "." in version.split("/")[0] and not version.split("/")[0].endswith("k8s.io"):
            unchecked.append(f"{kind} ({version})")
        for container in containers(document):
            if IMAGE.search(container["image"]):
                seen += 1
                faults += our_container(container, settings, code, name)
        if kind == "Service":
            targets = [port.get("targetPort", port["port"]) for port in document["spec"]["ports"]]
            faults += [f"{name}: nobody opens {port}" for port in targets if port not in port_names | port_numbers]
        if kind == "ServiceMonitor":
            for endpoint in document["spec"]["endpoints"]:
                if endpoint["port"] not in port_names or endpoint["path"] not in code[1]:
                    faults.append(f"{name}: {endpoint['port']}{endpoint['path']} is not served")
    if seen < 5:
        faults.append(f"{path}: only {seen} containers of our image")
    return faults, unchecked


def main(root, files):
    code, faults, unchecked = in_code(pathlib.Path(root)), [], set()
    for path in files:
        found, unknown = check(path, code)
        faults += found
        unchecked.update(unknown)
    print("\n".join(faults) if faults else f"{len(files)} overlays name programs, ports and probes that exist")
    if unchecked:
        print(f"NOT CHECKED, no definition at hand: {', '.join(sorted(unchecked))}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
