# What Rails reads on a dyno: it logs to the stream, and serves its own assets.
export RAILS_ENV="${RAILS_ENV:-production}"
export RAILS_LOG_TO_STDOUT="${RAILS_LOG_TO_STDOUT:-enabled}"
export RAILS_SERVE_STATIC_FILES="${RAILS_SERVE_STATIC_FILES:-enabled}"
if [ -z "${SECRET_KEY_BASE:-}" ] && [ -z "${RAILS_MASTER_KEY:-}" ] && [ ! -f "$HOME/config/master.key" ]; then
  # A secret in the slug would be the same for everyone who has the slug. This one lives as long as the dyno.
  SECRET_KEY_BASE=$(od -An -N64 -tx1 /dev/urandom | tr -d ' \n')
  export SECRET_KEY_BASE
  case "${DYNO:-}" in
    web.*) echo "Ruby buildpack: SECRET_KEY_BASE is not set. This dyno made one of its own: sessions end with it." >&2 ;;
  esac
fi
