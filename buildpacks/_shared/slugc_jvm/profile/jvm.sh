# The Java of this slug, and how much memory it may take.
export JAVA_HOME="$HOME/.jdk"
export PATH="$JAVA_HOME/bin:$PATH"
export LANG="${LANG:-C.UTF-8}"

# A JVM needs room beside its heap: threads, classes, compiled code. In small dynos that is most of it.
slugc_jvm_options="-Dfile.encoding=UTF-8"
if slugc_jvm_memory="$(slugc_memory_mb)"; then
  if [ "$slugc_jvm_memory" -le 512 ]; then
    slugc_jvm_options="$slugc_jvm_options -XX:MaxRAM=${slugc_jvm_memory}m -Xmx$((slugc_jvm_memory * 300 / 512))m -Xss512k -XX:CICompilerCount=2"
  elif [ "$slugc_jvm_memory" -le 1024 ]; then
    slugc_jvm_options="$slugc_jvm_options -XX:MaxRAM=${slugc_jvm_memory}m -Xmx$((slugc_jvm_memory * 671 / 1024))m -XX:CICompilerCount=2"
  else
    slugc_jvm_options="$slugc_jvm_options -XX:MaxRAM=${slugc_jvm_memory}m -XX:MaxRAMPercentage=80.0"
  fi
fi
# The last of two options wins: what the user set stands behind ours.
export JAVA_OPTS="$slugc_jvm_options${JAVA_OPTS:+ $JAVA_OPTS}"
case "${DYNO:-}" in
  run.*) ;; # a one-off dyno often runs jcmd or a second JVM: JAVA_OPTS is there if it is wanted
  *)
    case "${DYNO:-}" in
      web.*) echo "Java buildpack: JAVA_TOOL_OPTIONS has defaults for this dyno's size. Your own value is put behind them." >&2 ;;
    esac
    export JAVA_TOOL_OPTIONS="$slugc_jvm_options${JAVA_TOOL_OPTIONS:+ $JAVA_TOOL_OPTIONS}"
    ;;
esac
unset slugc_jvm_options slugc_jvm_memory
