#!/usr/bin/env bash
# Rebuilds the vendored part of this folder from npm, with the versions pinned below, and writes VERSIONS.toml.
# Needs node and npm. Our own files (axle.css, axle.js, theme.js) are not touched.
set -euo pipefail
assets="$(cd "$(dirname "$0")" && pwd)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cp "$assets/refresh.mjs" "$work/"
cd "$work"
npm init --yes >/dev/null
npm install --no-audit --no-fund --save-exact --ignore-scripts \
    @tabler/core@1.6.1 @tabler/icons@3.51.0 htmx.org@2.0.11 echarts@6.1.0 esbuild@0.28.2
node refresh.mjs "$assets"
