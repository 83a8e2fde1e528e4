#!/bin/sh
# Ruby's load path is compiled in; this tree may lie anywhere. RUBYLIB says where, also to a child with an empty
# environment. What the caller put there comes first.
case $0 in */*) root=${0%/*} ;; *) root=$(dirname "$(command -v -- "$0")") ;; esac
if [ -L "$0" ]; then root=$(dirname "$(readlink -f -- "$0")"); fi
root=$(CDPATH='' cd -- "$root/.." && pwd)
folders="@FOLDERS@"
case ":${RUBYLIB:-}:" in
  *":$folders:"*) ;;
  *) export RUBYLIB="${RUBYLIB:+$RUBYLIB:}$folders" ;;
esac
exec "$root/@REAL@" "$@"
