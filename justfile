# The steps of `cargo xtask test`, which is all that .ci/run calls. `cargo xtask test --list` explains each.

# All of them, in order, with a summary
test:
    cargo xtask test

# Formatting
fmt:
    cargo xtask test --only fmt

# Dependencies: bans, licences, sources, locks
deny:
    cargo xtask test --only deny

# Dependencies: known vulnerabilities
advisories:
    cargo xtask test --only advisories

# Protocol buffers: style, a comment on everything
buf:
    cargo xtask test --only buf

# Kubernetes manifests and the Dockerfile
manifests:
    cargo xtask test --only manifests

# Alerts and their tests, and every metric that dashboards and alerts name
alerts:
    cargo xtask test --only alerts

# Lints, warnings denied
clippy:
    cargo xtask test --only clippy

# Unit, contract, service, story and tidy tests
tests:
    cargo xtask test --only tests

# Examples in the documentation
doctests:
    cargo xtask test --only doctests
