"""Checks stored events against their JSON Schemas, as a consumer would: check_schemas.py SCHEMAS EVENTS"""

import json
import pathlib
import sys

import jsonschema


def main(schemas: pathlib.Path, events: pathlib.Path) -> int:
    faults = []
    # What an older version is brought up to lies beside it, and is no stored event.
    stored = {file.stem: file for file in events.glob("*.json") if not file.stem.endswith(".upcast")}
    described = {file.name.removesuffix(".schema.json"): file for file in schemas.glob("*.schema.json")}
    for name in stored.keys() ^ described.keys():
        faults.append(f"{name}: there is a schema or an event of it, and not both")
    for name in sorted(stored.keys() & described.keys()):
        schema = json.loads(described[name].read_text(encoding="utf-8"))
        event = json.loads(stored[name].read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        for fault in jsonschema.Draft202012Validator(schema).iter_errors(event):
            faults.append(f"{name}: {'.'.join(map(str, fault.absolute_path))}: {fault.message}")
    print("\n".join(faults) or f"{len(stored)} events are as their schemas say")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])))
