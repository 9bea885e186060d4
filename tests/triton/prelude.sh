# Sourced before a suite's own test.sh: its commands, as far as they mean something else here.
python() {
  if [ "${1-}" = -m ]; then
    case "$2" in
      pytest | unittest)
        shift 2
        local arguments=() one
        for one in "$@"; do
          case "$one" in
            --* | -s | -v) ;;
            *.py::*) arguments+=("${one%%::*}" "$(echo "${one#*::}" | sed 's/::/./g')") ;;
            *.py) arguments+=("$one") ;;
            *_test.*) arguments+=("${one%%.*}.py" "${one#*.}") ;;
          esac
        done
        unittests "${arguments[@]}"
        return ;;
    esac
  fi
  case "${1-}" in
    *test*.py | implicit_state.py) unittests "$@" ;;
    ../clients/*.py) client "$@" ;;
    *.py) script "$@" ;;
    *) "$PYTHON" "$@" ;;
  esac
}
python3() { python "$@"; }
unittests() {
  timeout "${TEST_TIMEOUT:-240}" "$PYTHON" "$UNITTESTS" "$@"
  local code=$?
  [ $code = 124 ] && noted fail "$(cat "$RESULTS.running")" "it took longer than ${TEST_TIMEOUT:-240} s"
  return $code
}
noted() { printf '%s\t%s\t%s\n' "$1" "$2" "${3-}" >>"$RESULTS"; } # noted OUTCOME NAME [REASON]
client() { # an example client: passes where it ends with success
  timeout 60 "$PYTHON" "$@" 2>&1 | tee "$CLIENT_OUT"
  local code=${PIPESTATUS[0]}
  noted "$([ "$code" = 0 ] && echo pass || echo fail)" "$(basename "$*")${CASE:+ ($CASE)}" "$(tail -n 1 "$CLIENT_OUT" | cut -c1-200)"
  return "$code"
}
refused() { # an example client that must not get through: passes where it ends with an error, soon
  timeout 60 "$PYTHON" "$@" >"$CLIENT_OUT" 2>&1
  local code=$? outcome=pass
  case "$code" in
    0) outcome=fail; echo "it got through" >>"$CLIENT_OUT" ;;
    124) outcome=fail; echo "it took longer than 60 s" >>"$CLIENT_OUT" ;;
  esac
  noted "$outcome" "refused: $(basename "$*")${CASE:+ ($CASE)}" "$(tail -n 1 "$CLIENT_OUT" | cut -c1-200)"
  return "$code"
}
script() { timeout 60 "$PYTHON" "$@"; local code=$?; noted "$([ "$code" = 0 ] && echo pass || echo fail)" "$*"; return "$code"; }
kill() { # 0, "no server", would be this whole group
  [ "${!#}" != 0 ] && builtin kill "$@" 2>/dev/null
}
wait() { [ "${!#}" = 0 ] || builtin wait "$@" 2>/dev/null; return 0; }
pip() { :; }; pip3() { :; }; ldconfig() { :; }; nvidia-smi() { return 1; }; service() { return 1; }; ps() { :; }
set() { [ "${1-}" = -e ] || builtin set "$@"; } # a failure is a line of the results, not the end
trap '[ "${SERVER_PID:-0}" != 0 ] && builtin kill "$SERVER_PID" 2>/dev/null; builtin wait' EXIT
exit() { # a server that could not start is a failure of what follows, not the end of all
  [ "${1-0}" = 0 ] && [ "${BASH_SUBSHELL}" = 0 ] && [ "${RET-0}" = 0 ] && builtin exit 0
  return 0
}
if [ "${SUITE-}" = L0_warmup ]; then # its tests are looks into Triton's log; here a model that serves has run its samples
  grep() {
    case "$1" in
      *"is running warmup sample"*)
        noted "$([ "${SERVER_PID-0}" != 0 ] && echo pass || echo fail)" "${1#is running warmup }" "the model does not serve"
        [ "${SERVER_PID-0}" != 0 ] ;;
      "failed to run warmup")
        command grep -q "not warmed\|model_warmup\|failed to load" "$2" && noted fail "no error" || noted pass "no error"
        return 1 ;;
      *) command grep "$@" ;;
    esac
  }
fi
