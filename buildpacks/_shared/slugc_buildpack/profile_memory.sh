# Megabytes that this dyno may use; fails where nothing limits it.
slugc_memory_mb() {
  local file bytes
  for file in "${SLUGC_CGROUP:-/sys/fs/cgroup}/memory.max" "${SLUGC_CGROUP:-/sys/fs/cgroup}/memory/memory.limit_in_bytes"; do
    [ -r "$file" ] || continue
    read -r bytes < "$file" || continue
    case "$bytes" in "" | *[!0-9]*) continue ;; esac
    # More digits than a shell can count, or more than a terabyte: the mark of "no limit".
    [ "${#bytes}" -lt 16 ] && [ "$bytes" -le 1099511627776 ] || continue
    echo $((bytes / 1048576))
    return 0
  done
  return 1
}
