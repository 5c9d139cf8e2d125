#!/bin/sh
# Leaves a working .venv/bin/handrail, from a Python of 3.11 or newer and nothing else.
# Safe to run twice and after a first try that failed half-way; instant when nothing has changed.
set -eu

UV_VERSION=0.13.9

cd "$(dirname "$0")/.."
venv=.venv
stamp=$venv/.setup-stamp

say() { printf '%s\n' "setup: $*" >&2; }
fail() { say "$*"; exit 1; }

# What the environment was made of. The folder belongs to it: scripts in a virtual environment carry its full path.
fingerprint() {
    printf '%s\n' "$UV_VERSION $(pwd)"
    cksum pyproject.toml uv.lock scripts/setup.sh
}

new_enough() {
    command -v "$1" >/dev/null 2>&1 &&
        "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

can_make_environments() { new_enough "$1" && "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }

# The distribution's own comes first: it is built with the compiler's profile, and serves a fifth more than one that a
# version manager has built on the spot.
find_python() {
    if [ -n "${PYTHON:-}" ] && new_enough "$PYTHON"; then
        printf '%s\n' "$PYTHON"
        return
    fi
    for candidate in /usr/bin/python3.1[1-9] /usr/bin/python3; do
        if can_make_environments "$candidate"; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    for candidate in python3.11 python3.12 python3.13 python3.14 python3 python; do
        if new_enough "$candidate"; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    return 1
}

# Debian keeps `venv` in a package of its own; only root can add it.
install_with_apt() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 || return 1
    say "installing $* with apt-get"
    DEBIAN_FRONTEND=noninteractive
    export DEBIAN_FRONTEND
    apt-get update -qq >/dev/null && apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

make_environment() {
    python=$(find_python) || {
        install_with_apt python3 python3-venv && python=$(find_python)
    } || fail "Python 3.11 or newer is needed, and none was found (set PYTHON to name one)"
    rm -rf "$venv"
    say "creating $venv with $($python --version)"
    if ! "$python" -m venv "$venv" >/dev/null 2>&1; then
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        install_with_apt "python$version-venv" || install_with_apt python3-venv ||
            fail "'$python -m venv' does not work; install your system's package for it (Debian: python3-venv)"
        rm -rf "$venv"
        "$python" -m venv "$venv" >&2 || fail "'$python -m venv' does not work"
    fi
}

wanted=$(fingerprint)
if [ -x "$venv/bin/handrail" ] && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] &&
    "$venv/bin/python" -c '' 2>/dev/null; then
    exit 0
fi

# From here until the end the environment counts as unfinished.
rm -f "$stamp"
has_pip() { "$venv/bin/python" -m pip --version >/dev/null 2>&1; }
if new_enough "$venv/bin/python" && ! has_pip; then
    "$venv/bin/python" -m ensurepip >/dev/null 2>&1 || say "$venv cannot be used: it has no pip"
fi
if ! new_enough "$venv/bin/python" || ! has_pip; then
    make_environment
fi

has_uv() { [ "$("$venv/bin/uv" --version 2>/dev/null | cut -d ' ' -f 2)" = "$UV_VERSION" ]; }
install_uv() {
    say "installing uv $UV_VERSION"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "uv==$UV_VERSION"
}
if ! has_uv; then
    install_uv && has_uv || {
        # An earlier try that was cut short can leave a pip or a uv that only looks complete.
        make_environment
        install_uv && has_uv
    } || fail "uv could not be installed from the package index"
fi

say "installing the locked dependencies"
# --inexact, because uv itself lives in this environment and is not one of the project's dependencies.
# An environment that is active in the calling shell must not be taken for ours.
unset VIRTUAL_ENV
UV_PROJECT_ENVIRONMENT=$(pwd)/$venv "$venv/bin/uv" sync --frozen --inexact --quiet ||
    fail "the dependencies could not be installed; run 'make setup' again once the cause is gone"

"$venv/bin/python" -c 'import handrail' || fail "the package does not import"
printf '%s\n' "$wanted" >"$stamp"
say "ready"
