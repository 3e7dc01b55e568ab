"""Makes the PrometheusRule of Kubernetes from Prometheus' own rule file: prometheus_rule.py RULES MANIFEST [--check]

With --check it only says whether MANIFEST is what it would write.
"""

import pathlib
import sys

HEAD = """\
# Made from {rules}; do not edit. To make it anew:
# python3 {script} {rules} {manifest}
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: casetrail
  namespace: casetrail
spec:
"""


def main(rules, manifest, check):
    text = pathlib.Path(rules).read_text(encoding="utf-8")
    groups = text[text.index("groups:") :]
    made = HEAD.format(script="tests/support/prometheus_rule.py", rules=rules, manifest=manifest)
    made += "".join(f"  {line}" if line.strip() else line for line in groups.splitlines(keepends=True))
    if not check:
        pathlib.Path(manifest).write_text(made, encoding="utf-8")
    elif pathlib.Path(manifest).read_text(encoding="utf-8") != made:
        print(f"{manifest} is not made from {rules}: its second line says how")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], "--check" in sys.argv[3:]))
