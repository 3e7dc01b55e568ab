"""Checks compose files against the schema of the Compose Specification: check_compose.py SCHEMA FILE..."""

import json
import sys

import jsonschema
import yaml


def main(schema_file: str, files: list[str]) -> int:
    with open(schema_file, encoding="utf-8") as file:
        schema = json.load(file)
    # The published schema is older than the key that names a project.
    schema["properties"]["name"] = {"type": "string"}
    validator = jsonschema.Draft7Validator(schema)
    faults = 0
    for name in files:
        with open(name, encoding="utf-8") as file:
            document = yaml.safe_load(file)
        for fault in validator.iter_errors(document):
            print(f"{name}: {'.'.join(map(str, fault.absolute_path))}: {fault.message}")
            faults += 1
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
