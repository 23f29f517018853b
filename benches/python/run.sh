#!/usr/bin/env bash
# The echo service on easynet beside the echo servers of the Python library it comes from. Sets up what it needs in `target/`, then:
#
#   benches/python/run.sh               measures, some fifteen minutes; answers go to target/benches/python.{jsonl,md,svg}
#   benches/python/run.sh --quick       the same in three minutes
#   benches/python/run.sh --every-way   each way to write such a server in Python, to see which is the fastest
#   benches/python/run.sh --write       renews results.md and echo.svg beside this file as well
#
# PYTHON names the interpreter, python3 if not set. Linux only.
set -euo pipefail
cd "$(dirname "$0")/../.."
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
python=${PYTHON:-python3}

version=$("$python" -c 'import platform; print(platform.python_version())')
environment=$target/python-$version
if ! cmp -s benches/python/requirements.txt "$environment/requirements.txt"; then
    "$python" -m venv --clear "$environment"
    "$environment/bin/pip" install --quiet --disable-pip-version-check -r benches/python/requirements.txt
    cp benches/python/requirements.txt "$environment/"
fi
cargo build --release -p easynet-benches --bin echo_server --bin echo_client
exec "$environment/bin/python" benches/python/compare.py --target "$target" "$@"
