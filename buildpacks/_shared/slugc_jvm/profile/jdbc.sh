# DATABASE_URL as JDBC wants it: JDBC_DATABASE_URL, _USERNAME and _PASSWORD, and the same for Spring.
# The same for every NAME_URL of an attached database, as NAME_JDBC_URL. Values are data: nothing here is evaluated.
slugc_jdbc_decoded() {
  # %41 -> A. A backslash of the value itself is doubled first, for printf reads them.
  local text="${1//\\/\\\\}"
  printf '%b' "${text//%/\\x}"
}

slugc_jdbc_parse() {
  local url="$1" rest account="" query=""
  case "$url" in
    postgres://* | postgresql://*) slugc_jdbc_kind="postgresql" ;;
    mysql://* | mysql2://*) slugc_jdbc_kind="mysql" ;;
    *) return 1 ;;
  esac
  rest="${url#*://}"
  case "$rest" in *\?*) query="${rest#*\?}" rest="${rest%%\?*}" ;; esac
  case "$rest" in *@*) account="${rest%@*}" rest="${rest##*@}" ;; esac
  case "$account" in
    *:*) slugc_jdbc_user="${account%%:*}" slugc_jdbc_password="${account#*:}" ;;
    *) slugc_jdbc_user="$account" slugc_jdbc_password="" ;;
  esac
  slugc_jdbc_url="jdbc:$slugc_jdbc_kind://$rest"
  slugc_jdbc_full="$slugc_jdbc_url?user=$slugc_jdbc_user&password=$slugc_jdbc_password${query:+&$query}"
  [ -n "$slugc_jdbc_user" ] || slugc_jdbc_full="$slugc_jdbc_url${query:+?$query}"
  slugc_jdbc_url="$slugc_jdbc_url${query:+?$query}"
  slugc_jdbc_user="$(slugc_jdbc_decoded "$slugc_jdbc_user")"
  slugc_jdbc_password="$(slugc_jdbc_decoded "$slugc_jdbc_password")"
}

if [ -n "${DATABASE_URL:-}" ] && slugc_jdbc_parse "$DATABASE_URL"; then
  export JDBC_DATABASE_URL="${JDBC_DATABASE_URL:-$slugc_jdbc_full}"
  export JDBC_DATABASE_USERNAME="${JDBC_DATABASE_USERNAME:-$slugc_jdbc_user}"
  export JDBC_DATABASE_PASSWORD="${JDBC_DATABASE_PASSWORD:-$slugc_jdbc_password}"
  if [ "${DISABLE_SPRING_DATASOURCE_URL:-}" != "true" ] && [ -z "${SPRING_DATASOURCE_URL:-}" ]; then
    export SPRING_DATASOURCE_URL="$slugc_jdbc_url"
    export SPRING_DATASOURCE_USERNAME="${SPRING_DATASOURCE_USERNAME:-$slugc_jdbc_user}"
    export SPRING_DATASOURCE_PASSWORD="${SPRING_DATASOURCE_PASSWORD:-$slugc_jdbc_password}"
  fi
fi
for slugc_jdbc_name in $(compgen -e); do
  case "$slugc_jdbc_name" in
    DATABASE_URL | JDBC_* | *_JDBC_URL | SPRING_*) continue ;;
    *_URL) ;;
    *) continue ;;
  esac
  if slugc_jdbc_parse "${!slugc_jdbc_name}"; then
    export "${slugc_jdbc_name%_URL}_JDBC_URL=$slugc_jdbc_full"
  fi
done
unset slugc_jdbc_name slugc_jdbc_kind slugc_jdbc_url slugc_jdbc_full slugc_jdbc_user slugc_jdbc_password
unset -f slugc_jdbc_decoded slugc_jdbc_parse
