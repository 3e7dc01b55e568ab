"""Checks configuration files against the JSON Schema of settings, as an editor would: check_settings.py SCHEMA FILE..."""

import json
import pathlib
import sys
import tomllib

import jsonschema


def main(schema: pathlib.Path, files: list[pathlib.Path]) -> int:
    described = json.loads(schema.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(described)
    faults = []
    for file in files:
        settings = tomllib.loads(file.read_text(encoding="utf-8"))
        for fault in jsonschema.Draft202012Validator(described).iter_errors(settings):
            faults.append(f"{file.name}: {'.'.join(map(str, fault.absolute_path))}: {fault.message}")
    print("\n".join(faults) or f"{len(files)} files are as the schema says")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), [pathlib.Path(file) for file in sys.argv[2:]]))
