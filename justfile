# Daily work, a line each. `just` alone lists them.

_:
    @just --list --unsorted

# Fill a workspace with a company and its community, and serve it
demo *arguments:
    cargo run --release -- demo {{arguments}}

# Run the program: `just axle members list`
axle *arguments:
    cargo run --quiet -- {{arguments}}

# Test one crate within seconds: `just t model`
t crate *arguments:
    cargo nextest run -p axle-{{crate}} {{arguments}}

# Every test, the browser's included
test:
    cargo xtask test

# What CI runs
check:
    cargo xtask check

# The rules of ARCHITECTURE.md
invariants:
    cargo xtask invariants

# Format everything
fmt:
    cargo fmt --all

# Lint one crate
lint crate:
    cargo clippy -p axle-{{crate}} --all-targets

# Recompute the worked examples of every KPI
kpis:
    cargo run --quiet -- kpi check

# Look at changed snapshots before accepting them
snapshots:
    cargo insta review

# Write docs/reference/ from the code
docs:
    cargo xtask docs

# A source to begin with: `just source gitter`
source name:
    cargo xtask new source {{name}}

# Which crates take the time of a build
timings:
    cargo build --timings

# Judge identity matching beside simple rules and Splink: `just identity-quality ../shared/data WORK venv/bin/python`
identity-quality data work python="python3":
    cargo build --release -p axle-identity -p axle-demo --example pairs --example accounts
    {{python}} identity-quality/quality.py --data {{data}} --work {{work}} --pairs-command target/release/examples/pairs \
        --demo-command "target/release/examples/accounts 5000 1" > docs/reference/identity-quality.md
