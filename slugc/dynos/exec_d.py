"""exec.d and layer profile scripts, run inside the dyno by bash alone (platform.md, "launcher").

An exec.d program writes TOML to descriptor 3, and bash has no TOML: so here is as much of it as the output may
have, `key = "string"` in all four kinds of strings. The reference launcher is a program of its own inside the
image; a slug has none, and its stack need not have Python.
"""

# 82 is the exit code of a launch that failed, as the platform specification has it.
PARSER = r"""
__slugc_fail() { printf 'slugc: %s\n' "$1" >&2; exit 82; }

# __slugc_utf8 HEX: the character of a \u escape, as UTF-8 bytes in REPLY.
__slugc_utf8() {
  local code=$((16#$1)) bytes
  if ((code < 0x80)); then printf -v bytes '\\x%02x' "$code"
  elif ((code < 0x800)); then printf -v bytes '\\x%02x\\x%02x' $((0xC0 | code >> 6)) $((0x80 | code & 63))
  elif ((code >= 0xD800 && code < 0xE000 || code > 0x10FFFF)); then return 1
  elif ((code < 0x10000)); then
    printf -v bytes '\\x%02x\\x%02x\\x%02x' $((0xE0 | code >> 12)) $((0x80 | code >> 6 & 63)) $((0x80 | code & 63))
  else
    printf -v bytes '\\x%02x\\x%02x\\x%02x\\x%02x' $((0xF0 | code >> 18)) $((0x80 | code >> 12 & 63)) \
      $((0x80 | code >> 6 & 63)) $((0x80 | code & 63))
  fi
  ((code > 0)) || return 1
  printf -v REPLY "$bytes"
}

# __slugc_string: reads one string at the start of $text into REPLY, and takes it off $text.
__slugc_string() {
  local value= chunk quote multi= escape blank=$'^[ \t]*\n[ \t\r\n]*'
  local plain='^[^"\]+' four='^u([0-9A-Fa-f]{4})' eight='^U([0-9A-Fa-f]{8})'
  quote=${text:0:1}
  [[ $quote == '"' || $quote == "'" ]] || return 1
  if [[ ${text:0:3} == "$quote$quote$quote" ]]; then
    multi=1 text=${text:3}
    [[ ${text:0:2} == $'\r\n' ]] && text=${text:1}
    [[ ${text:0:1} == $'\n' ]] && text=${text:1}
  else
    text=${text:1}
  fi
  if [[ $quote == "'" ]]; then
    if [[ $multi ]]; then
      [[ $text == *"'''"* ]] || return 1
      value=${text%%"'''"*} text=${text#*"'''"}
      while [[ ${text:0:1} == "'" && ${#chunk} -lt 2 ]]; do value+="'" chunk+=. text=${text:1}; done
    else
      [[ $text == *"'"* ]] || return 1
      value=${text%%"'"*} text=${text#*"'"}
      [[ $value != *$'\n'* ]] || return 1
    fi
    REPLY=$value
    return 0
  fi
  while :; do
    if [[ $text =~ $plain ]]; then
      chunk=${BASH_REMATCH[0]} text=${text:${#BASH_REMATCH[0]}}
      [[ $multi || $chunk != *$'\n'* ]] || return 1
      value+=$chunk
    elif [[ ${text:0:1} == \\ ]]; then
      text=${text:1} escape=${text:0:1}
      case $escape in
        b) value+=$'\b' ;; t) value+=$'\t' ;; n) value+=$'\n' ;; f) value+=$'\f' ;; r) value+=$'\r' ;;
        e) value+=$'\e' ;; '"') value+='"' ;; \\) value+=\\ ;;
        u) [[ $text =~ $four ]] && __slugc_utf8 "${BASH_REMATCH[1]}" || return 1; value+=$REPLY text=${text:4} ;;
        U) [[ $text =~ $eight ]] && __slugc_utf8 "${BASH_REMATCH[1]}" || return 1; value+=$REPLY text=${text:8} ;;
        *) [[ $multi && $text =~ $blank ]] || return 1; text=${text:${#BASH_REMATCH[0]}}; continue ;;
      esac
      text=${text:1}
    elif [[ ! $text ]]; then return 1
    elif [[ ! $multi ]]; then text=${text:1}; break
    elif [[ ${text:0:3} == "$quote$quote$quote" ]]; then
      text=${text:3} chunk=
      while [[ ${text:0:1} == '"' && ${#chunk} -lt 2 ]]; do value+='"' chunk+=. text=${text:1}; done
      break
    else value+='"' text=${text:1}
    fi
  done
  REPLY=$value
}

# __slugc_toml TEXT: names and values of the document in __names and __values; the reason in __why where it is none.
__slugc_toml() {
  local LC_ALL=C text=$1 bare='^[A-Za-z0-9_-]+' rest=$'^[ \t]*(#[^\n]*)?\r?(\n|$)' space=$'^[ \t\r\n]+' name seen
  local equals=$'^[ \t]*=[ \t]*' triple=$'^(\x22{3}|\x27{3})'
  __names=() __values=() __why=
  while :; do
    while [[ $text =~ $space ]]; do text=${text:${#BASH_REMATCH[0]}}; done
    [[ $text ]] || return 0
    if [[ ${text:0:1} == '#' ]]; then
      [[ $text == *$'\n'* ]] || return 0
      text=${text#*$'\n'}
      continue
    fi
    if [[ $text =~ $bare ]]; then name=${BASH_REMATCH[0]} text=${text:${#BASH_REMATCH[0]}}
    elif [[ ! $text =~ $triple ]] && __slugc_string; then name=$REPLY
    else __why="its output is no flat table of strings"; return 1
    fi
    [[ $text =~ $equals ]] || { __why="after the key $name no value stands"; return 1; }
    text=${text:${#BASH_REMATCH[0]}}
    __slugc_string || { __why="the value of $name is no string"; return 1; }
    [[ $text =~ $rest ]] || { __why="after the value of $name something stands"; return 1; }
    text=${text:${#BASH_REMATCH[0]}}
    for seen in "${__names[@]}"; do
      [[ $seen != "$name" ]] || { __why="$name stands twice"; return 1; }
    done
    __names+=("$name") __values+=("$REPLY")
  done
}
"""

_RUN = r"""
# __slugc_exec_d PROGRAM: its variables are set, not appended to; its own stdout and stderr pass through.
__slugc_exec_d() {
  local out status n
  [[ -x $1 ]] || __slugc_fail "exec.d $1 is not executable"
  exec 4>&1
  out=$("$1" 3>&1 1>&4 4>&-)
  status=$?
  exec 4>&-
  ((status == 0)) || __slugc_fail "exec.d $1 ended with status $status"
  __slugc_toml "$out" || __slugc_fail "exec.d $1: $__why"
  for n in "${!__names[@]}"; do
    if [[ ${__names[n]} =~ ^[A-Za-z_][A-Za-z0-9_]*$ ]]; then export "${__names[n]}=${__values[n]}"
    else printf 'slugc: exec.d %s: %s is no name that a shell can set\n' "$1" "${__names[n]}" >&2
    fi
  done
}
"""

# Profile scripts are sourced at the top level, where `declare` is not local to a function; the words are kept in an
# array meanwhile, so that a script's `set --` cannot change them.
_STAGES = r"""
__slugc_programs=("${@:2:$1}"); shift $(($1 + 1))
__slugc_profiles=("${@:2:$1}"); shift $(($1 + 1))
__slugc_dir=$1; shift
for __slugc_item in "${__slugc_programs[@]}"; do __slugc_exec_d "$__slugc_item"; done
__slugc_words=("$@"); set --
for __slugc_item in "${__slugc_profiles[@]}"; do . "$__slugc_item"; done
set -- "${__slugc_words[@]}"
"""

PRELUDE = PARSER + _RUN + _STAGES
"""Arguments: a count and so many exec.d programs, a count and so many profile scripts, the working directory, and
then the words, which stand in "$@" afterwards."""

CHANGE_DIRECTORY = r"""
cd -- "$__slugc_dir" || __slugc_fail "the working directory $__slugc_dir is not there"
"""
DIRECT = CHANGE_DIRECTORY + 'exec -- "$@"\n'
DIRECT_ON_TERMINAL = (
    CHANGE_DIRECTORY
    + r"""
set -m
(exec -- "$@")
__slugc_status=$?
while [ -n "$(jobs -ps)" ]; do fg %% >/dev/null; __slugc_status=$?; done
exit "$__slugc_status"
"""
)
