#!/bin/sh
# Make a virtual environment and install into it: with uv where it is on PATH, else with venv and pip alone.
# Usage: install.sh <folder> <python> <requirement> [-e]
set -eu
folder=$1 python=$2 requirement=$3 editable=${4:-}

version() { "$1" -c 'import sys; print(*sys.version_info[:2], sep=".")' 2>/dev/null || true; }

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  echo "Python 3.11 or newer is needed; '$python' is not. Name one: make PYTHON=python3.12 …" >&2
  exit 1
fi
fresh=
[ "$(version "$folder/bin/python")" = "$(version "$python")" ] || fresh=--clear

if command -v uv >/dev/null 2>&1; then
  [ -z "$fresh" ] || uv venv --quiet --clear --python "$python" "$folder"
  # Without --reinstall-package uv would take a changed source folder of the same version for the installed one.
  uv pip install --quiet --compile-bytecode --reinstall-package modelwright \
    --python "$folder/bin/python" $editable "$requirement"
else
  if ! "$python" -c 'import ensurepip' 2>/dev/null; then
    echo "'$python' cannot make virtual environments. On Debian and Ubuntu: apt install python3-venv" >&2
    exit 1
  fi
  "$python" -m venv $fresh "$folder"
  "$folder/bin/python" -m pip install --quiet --disable-pip-version-check $editable "$requirement"
fi
