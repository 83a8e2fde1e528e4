# How many processes of an app fit: one for every WEB_MEMORY megabytes of the dyno (512; 2048 on more than 16 GB),
# between 1 and 200. What the user set wins.
if slugc_node_memory="${MEMORY_AVAILABLE:-$(slugc_memory_mb)}" && [ "${slugc_node_memory:-0}" -gt 0 ] 2> /dev/null; then
  export MEMORY_AVAILABLE="$slugc_node_memory"
  slugc_node_each=512
  [ "$MEMORY_AVAILABLE" -le 16384 ] || slugc_node_each=2048
  export WEB_MEMORY="${WEB_MEMORY:-$slugc_node_each}"
  if [ -z "${WEB_CONCURRENCY:-}" ] || [ "${WEB_CONCURRENCY_SET_BY:-}" = "slugc/node" ]; then
    WEB_CONCURRENCY=$((MEMORY_AVAILABLE / WEB_MEMORY))
    [ "$WEB_CONCURRENCY" -ge 1 ] || WEB_CONCURRENCY=1
    [ "$WEB_CONCURRENCY" -le 200 ] || WEB_CONCURRENCY=1
    export WEB_CONCURRENCY WEB_CONCURRENCY_SET_BY="slugc/node"
  fi
  unset slugc_node_each
fi
unset slugc_node_memory
