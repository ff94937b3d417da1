#!/bin/sh
# Install what some tests want beside the package, as far as this machine offers it: Azurite (needs npm), and
# modelwright under another version of Python (needs uv). What cannot be had is said, and is no failure: those tests
# skip and say so.
#
# beside.sh FOLDER
set -eu

folder=$1
mkdir -p "$folder"

if [ -x "$folder/node_modules/.bin/azurite-blob" ]; then
  echo "Azurite is there"
elif ! command -v npm >/dev/null; then
  echo "no Azurite: npm is not installed"
elif ! npm install --silent --no-fund --no-audit --prefix "$folder" 'azurite@^3.35'; then
  echo "no Azurite: npm could not install it"
fi

# Prints an interpreter of another version than the project's, as pyenv keeps them, or the version for uv to look for.
another() {
  own=$(python3 -c 'import sys; print(*sys.version_info[:2], sep=".")')
  for version in 3.13 3.12; do
    [ "$version" = "$own" ] && continue
    for found in "${PYENV_ROOT:-$HOME/.pyenv}/versions/$version".*/bin/python3; do
      [ -x "$found" ] && echo "$found" && return
    done
  done
  [ "$own" = 3.13 ] && echo 3.12 || echo 3.13
}

# The older scikit-learn is part of what is tried: a model of one is read, or refused with reason, by the other.
if [ -x "$folder/python/bin/modelwright" ]; then
  echo "another Python is there"
elif ! command -v uv >/dev/null; then
  echo "no other Python: uv is not installed"
elif ! uv venv --quiet --clear --python "$(another)" "$folder/python" ||
  ! uv pip install --quiet --python "$folder/python/bin/python" 'scikit-learn==1.6.1' .; then
  echo "no other Python: uv could not make an environment of one"
  rm -rf "$folder/python"
fi
