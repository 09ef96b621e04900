#!/bin/sh
# The table of claims: tests/bench/README.md
exec python3 "$(dirname "$0")/claims.py" "$@"
