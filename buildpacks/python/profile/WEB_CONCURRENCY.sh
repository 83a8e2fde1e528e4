# How many worker processes fit: one for every 256 MB of the dyno, at most two for every core and one more.
# Web servers such as gunicorn and uvicorn read WEB_CONCURRENCY by themselves. A value of the user's own wins.
if [ -z "${WEB_CONCURRENCY:-}" ] || [ "${WEB_CONCURRENCY_SET_BY:-}" = "slugc/python" ]; then
  if DYNO_RAM="${DYNO_RAM:-$(slugc_memory_mb)}" && [ "${DYNO_RAM:-0}" -gt 0 ] 2> /dev/null; then
    export DYNO_RAM
    slugc_python_by_memory=$((DYNO_RAM / 256))
    slugc_python_by_cores=$((2 * $(nproc 2> /dev/null || echo 1) + 1))
    WEB_CONCURRENCY=$((slugc_python_by_memory < slugc_python_by_cores ? slugc_python_by_memory : slugc_python_by_cores))
    [ "$WEB_CONCURRENCY" -ge 1 ] || WEB_CONCURRENCY=1
    export WEB_CONCURRENCY WEB_CONCURRENCY_SET_BY="slugc/python"
    case "${DYNO:-}" in
      web.*) echo "Python buildpack: $DYNO_RAM MB of memory, WEB_CONCURRENCY=$WEB_CONCURRENCY" >&2 ;;
    esac
    unset slugc_python_by_memory slugc_python_by_cores
  else
    unset DYNO_RAM
  fi
fi
