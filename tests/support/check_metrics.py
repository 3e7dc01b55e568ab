"""Checks that every metric, label and runbook that alerts, dashboards and scalers name exists:
check_metrics.py DOCUMENT RUNBOOKS FILE...

DOCUMENT is docs/operations/metrics.md, which a test compares with what a running system exposes. The files are
Grafana dashboards (JSON), rules of Prometheus, and Kubernetes manifests (YAML).
"""

import json
import pathlib
import re
import sys

import yaml

# What Prometheus and Kubernetes know of a scraped process, and what a histogram has by itself.
LABELS_OF_TARGETS = {"job", "instance", "namespace", "pod", "le", "name", "persistentvolumeclaim"}
HISTOGRAM_ENDINGS = ("_bucket", "_sum", "_count")
# Words of PromQL that are neither functions nor metrics.
KEYWORDS = {"and", "or", "unless", "bool", "offset", "inf", "nan"}
GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")


def documented(path):
    """The metrics of the document: name -> (type, labels)."""
    metrics = {}
    for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines():
        if line.startswith("| `"):
            cells = [cell.strip() for cell in line.split("|")[1:-1]]
            is_ours = len(cells) == 4
            labels = set(re.findall(r"`([^`]+)`", cells[2])) if is_ours else set()
            metrics[cells[0].strip("`")] = (cells[1] if is_ours else "foreign", labels)
    return metrics


def named(query):
    """The metrics and the labels that a query names."""
    query = re.sub(r'"(?:[^"\\]|\\.)*"', '""', query)
    labels = set()
    for matchers in re.findall(r"\{([^}]*)\}", query):
        labels.update(re.findall(r"([A-Za-z_]\w*)\s*(?:=~|!~|!=|=)", matchers))
    for group in GROUPING.findall(query):
        labels.update(re.findall(r"\w+", group))
    query = GROUPING.sub(" ", re.sub(r"\{[^}]*\}", "", query))
    query = re.sub(r"\[[^\]]*\]", "", query)
    words = re.findall(r"(?<![\w:.])([A-Za-z_:][\w:]*)(?!\s*\()(?![\w:])", query)
    return {word for word in words if word.lower() not in KEYWORDS}, labels


def queries(path):
    """Every (place, query) of a file, and its rules."""
    text = pathlib.Path(path).read_text(encoding="utf-8")
    found, rules = [], []
    if path.endswith(".json"):
        for panel in json.loads(text)["panels"]:
            found += [(panel["title"], target["expr"]) for target in panel["targets"]]
        return found, rules
    for document in filter(None, yaml.safe_load_all(text)):
        groups = document.get("groups") or document.get("spec", {}).get("groups") or []
        for rule in (rule for group in groups for rule in group["rules"]):
            rules.append(rule)
            found.append((rule.get("alert") or rule["record"], rule["expr"]))
        if document.get("kind") == "ScaledObject":
            for trigger in document["spec"]["triggers"]:
                if trigger["type"] == "prometheus":
                    found.append((document["metadata"]["name"], trigger["metadata"]["query"]))
    return found, rules


def main(document, runbooks, files):
    known = documented(document)
    read = [(path, *queries(path)) for path in files]
    recorded = {rule["record"] for _, _, rules in read for rule in rules if "record" in rule}
    labels_known = LABELS_OF_TARGETS.union(*(labels for _, labels in known.values()))
    faults, count = [], 0
    for path, found, rules in read:
        for place, query in found:
            count += 1
            names, labels = named(query)
            if not names:
                faults.append(f"{path}: {place}: names no metric: {query}")
            for name in names - recorded:
                base = next((name.removesuffix(end) for end in HISTOGRAM_ENDINGS if name.endswith(end)), name)
                is_part = known.get(base, ("", set()))[0] == "histogram" and base != name
                is_whole = name in known and known[name][0] != "histogram"
                if not is_part and not is_whole:
                    faults.append(f"{path}: {place}: no such metric: {name}")
            for label in labels - labels_known:
                faults.append(f"{path}: {place}: no such label: {label}")
        for rule in (rule for rule in rules if "alert" in rule):
            page = rule.get("annotations", {}).get("runbook_url", "").rsplit("/", 1)[-1]
            if not page or not pathlib.Path(runbooks, f"{page}.md").is_file():
                faults.append(f"{path}: {rule['alert']}: its runbook_url leads to no page of {runbooks}")
            if "severity" not in rule.get("labels", {}) or "summary" not in rule["annotations"]:
                faults.append(f"{path}: {rule['alert']}: has no severity or no summary")
    print(f"{count} queries in {len(files)} files name what exists" if not faults else "\n".join(faults))
    return 1 if faults or not count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
