# The Python of this slug, and its packages.
export PATH="$HOME/.heroku/python/bin:$PATH"
export PYTHONPATH="${PYTHONPATH:-$HOME}"
export PYTHONUNBUFFERED="${PYTHONUNBUFFERED:-true}"
export LANG="${LANG:-C.UTF-8}"
# The router stands in front: its X-Forwarded-* headers can be believed.
export FORWARDED_ALLOW_IPS="${FORWARDED_ALLOW_IPS:-*}"
export GUNICORN_CMD_ARGS="${GUNICORN_CMD_ARGS:---access-logfile -}"
