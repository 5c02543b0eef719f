#!/bin/sh
# Makes .venv and installs into it, so that it can be called again at any time: after a success
# it does nothing, and after an interruption, a move of the folder or a change of the system's
# Python it starts .venv afresh.
#
#   venv.sh ensure          .venv is there and works
#   venv.sh install ARGS    pip install ARGS, with a mark that an interrupted install leaves behind
set -eu

stamps=.venv/.stamps
mark=$stamps/installing

fail() {
    echo "clinigait: $1" >&2
    exit 1
}

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    for candidate in ${PYTHON:+"$PYTHON"} ${PYTHON:-python3.11 python3.12 python3.13 python3}; do
        if is_new_enough "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    fail "no Python 3.11 or newer was found as ${PYTHON:-python3.11 or python3}. Install Python 3.11, or name yours: make setup PYTHON=/path/to/python3.11"
}

why_not_usable() {
    if [ -e "$mark" ]; then
        echo "the last install was interrupted"
    elif [ -e "$stamps/place" ] && [ "$(cat "$stamps/place")" != "$(pwd -P)" ]; then
        echo "the folder was moved"
    elif ! [ -x .venv/bin/python ] || ! is_new_enough .venv/bin/python; then
        echo "it has no working Python 3.11 or newer"
    elif ! [ -e "$stamps/venv" ] && ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
        echo "it is only half made"
    fi
}

create() {
    python=$(find_python)
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        fail "$python cannot make virtual environments. On Debian and Ubuntu: apt install python3-venv"
    echo "Making .venv with $("$python" --version)"
    "$python" -m venv .venv
}

ensure() {
    if [ -e .venv ]; then
        reason=$(why_not_usable)
        if [ -n "$reason" ]; then
            echo "Starting .venv afresh: $reason."
            rm -rf .venv
        fi
    fi
    [ -e .venv ] || create
    if ! [ -e "$stamps/venv" ]; then
        mkdir -p "$stamps"
        pwd -P >"$stamps/place"
        touch "$stamps/venv"
    fi
}

install() {
    trap 'exit 130' INT TERM # the mark stays
    touch "$mark"
    if .venv/bin/python -m pip install --disable-pip-version-check --quiet "$@"; then
        rm -f "$mark"
    else
        rm -f "$mark" # pip has undone its own work
        fail "pip could not install what is needed. Is the network there? Then call make again."
    fi
}

case ${1:-} in
    ensure) ensure ;;
    install)
        shift
        install "$@"
        ;;
    *) fail "usage: venv.sh ensure | venv.sh install ARGS" ;;
esac
