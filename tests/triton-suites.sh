#!/usr/bin/env bash
# Runs the suites of NVIDIA Triton's own qa/ against this server, by their own test.sh, as far as ONNX models on a CPU can:
#   tests/triton-suites.sh [FOLDER [SUITE...]]
# FOLDER (default ../triton) is searched for checkouts of triton-inference-server/client and .../server. tests/triton/ has what
# stands between: tritonserver (options in our spelling), prelude.sh (commands that test.sh calls), stand_ins.py (ONNX models
# in the place of other backends'), unittests.py (a line for each test), not-applicable.txt (what is left out, and why).
# None of Triton's code is part of this repository. The last line reads "N passed, N failed, N skipped".
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
folder=${1:-../triton}
. tests/triton-common.sh
[ -n "$qa" ] || skip "'$folder' has no qa/ of triton-inference-server/server"
"$python" -c 'import onnx' 2>/dev/null || skip "the Python package onnx is missing; apt-get install python3-onnx"
here=$PWD/tests/triton data=${TRITON_SUITES_DATA:-$work/data} # set it to keep the models for the next time
examples_models=$PWD/../shared/data/models/triton-examples
examples=$(find "$folder" -name simple_http_infer_client.py -path '*python*' -printf '%h\n' -quit)
cp -r "$(dirname "$library")"/triton* "$work/lib/"
cp -r "$work"/lib/tritonclient/grpc/*_pb2*.py "$work/lib/tritonclient/grpc/" 2>/dev/null
export PYTHON=$python UNITTESTS=$here/unittests.py STAND_INS=$here/stand_ins.py NOT_APPLICABLE=$here/not-applicable.txt
export SILO="dotnet $(realpath "${silo[1]}")" SILO_PORT=$silo_port GATEWAY_PORT=$gateway_port
export TRITON_SERVER_VERSION=2.0.0 TRITON_SERVER_CPU_ONLY=1 CLIENT_OUT=$work/client.out DATA=$data
table=() all=(L0_infer L0_infer_zero L0_infer_variable L0_infer_reshape L0_scalar_io L0_string_io L0_simple_ensemble L0_warmup
  L0_lifecycle L0_model_config L0_metrics L0_model_update L0_model_queue L0_batcher L0_sequence_batcher L0_batch_input
  L0_implicit_state L0_dyna_sequence_batcher L0_dyna_implicit_state L0_input_validation L0_parameters L0_data_compression
  L0_request_cancellation L0_client_timeout L0_nan_inf L0_nullchar_string L0_output_name L0_large_payload L0_secure_grpc
  L0_https)

# --- models, by Triton's generators ---
generate() { # generate KIND FOLDER OPTIONS...
  mkdir -p "$work/generators" && cp -rn "$qa/common" "$work/generators/"
  (cd "$work/generators/common" && "$python" "gen_qa_$1models.py" "${@:3}" --models_dir="$data/$2") >"$work/out" 2>&1 \
    || { echo "the generator gen_qa_$1models.py failed:"; tail -5 "$work/out"; exit 1; }
}
both() { generate "$1" "$2" --onnx --onnx_opset=0; generate "$1" "$3" --onnx --onnx_opset=0 --variable; }
make_models() {
  [ -d "$data" ] && return
  mkdir -p "$data"
  both '' qa_model_repository qa_variable_model_repository
  generate identity_ qa_identity_model_repository --onnx --onnx_opset=0
  generate reshape_ qa_reshape_model_repository --onnx --onnx_opset=0 --variable
  both sequence_ qa_sequence_model_repository qa_variable_sequence_model_repository
  both implicit_ qa_sequence_implicit_model_repository qa_variable_sequence_implicit_model_repository
  generate implicit_ qa_sequence_initial_state_implicit_model_repository --onnx --onnx_opset=0 --initial-state zero
  generate implicit_ qa_variable_sequence_initial_state_implicit_model_repository --onnx --onnx_opset=0 --initial-state zero --variable
  generate dyna_sequence_ qa_dyna_sequence_model_repository --onnx --onnx_opset=0
  generate dyna_sequence_implicit_ qa_dyna_sequence_implicit_model_repository --onnx --onnx_opset=0
  generate ragged_ qa_ragged_model_repository --onnx --onnx_opset=0
  generate ort_scalar_ qa_scalar_models --onnx_opset=0
  generate '' qa_ensemble_model_repository/qa_model_repository --ensemble
  generate '' qa_ensemble_model_repository/qa_variable_model_repository --ensemble --variable
  for kind in reshape identity sequence; do
    generate ${kind}_ qa_ensemble_model_repository/qa_${kind}_model_repository --ensemble
  done
  generate sequence_ qa_ensemble_model_repository/qa_variable_sequence_model_repository --ensemble --variable
  # Tests of what the server does, not the backend, call models of others by name; any model will do.
  "$python" "$STAND_INS" names "$data/qa_model_repository" libtorch plan openvino || exit 1
  "$python" "$STAND_INS" names "$data/qa_identity_model_repository" libtorch plan || exit 1
  # Ensembles over models of others name tensors as those backends do, or models that are not there.
  rm -rf "$data"/qa_ensemble_model_repository/qa_{,variable_}model_repository/*{libtorch,plan}_*
  "$python" "$STAND_INS" names "$data/qa_ensemble_model_repository/qa_model_repository" libtorch plan || exit 1
  find "$data" -path '*/nop_*/config.pbtxt' -printf '%h\n' | xargs "$python" "$STAND_INS" identity || exit 1
  # There is no GPU here, and no test needs one but those that are left out.
  find "$data" -name config.pbtxt -exec sed -i 's/KIND_GPU/KIND_CPU/' {} +
  rm -rf "$data"/*/*bf16* # ONNX Runtime has no kernels for it on a CPU; test.sh leaves it out there too
}

# --- one suite ---
adapt() { # adapt TEST_SH: paths, and loops over what there is no hardware or backend for
  sed -i -E -e 's#/data/inferenceserver/\$\{?REPO_VERSION\}?#'"$data"'#g' \
    -e 's#/opt/tritonserver/bin/tritonserver#'"$here/tritonserver"'#g; s#^( *)SERVER=\$\{TRITON_DIR\}.*#\1SERVER='"$here/tritonserver"'#' \
    -e 's#/opt/tritonserver/qa#'"$work/qa"'#g' \
    -e 's/^( *)set -e\b.*/\1:/; s/bash -ex/bash/; s/for TARGET in cpu gpu/for TARGET in cpu/; s/^SLEEP_TIME=.*/SLEEP_TIME=8/; s/mkdir 1\b/mkdir -p 1/' \
    -e '/^ *sed -i "s\/kind: KIND_GPU\/kind: KIND_GPU.*&& \\$/d; s/kind: KIND_GPU/kind: KIND_CPU/' "$1"
}
run_suite() { # run_suite NAME [TEST_SH...]
  suite=$1
  [ -f "$qa/$suite/test.sh" ] || { leave "$suite" "not in '$folder'"; return; }
  echo "== $suite"
  for part in "$suite" common custom_models ensemble_models python_models images; do
    [ -d "$work/qa/$part" ] && [ "$part" != "$suite" ] || { rm -rf "${work:?}/qa/$part"; mkdir -p "$work/qa"; cp -r "$qa/$part" "$work/qa/"; }
  done
  mkdir -p "$work/qa/clients"; cp -r "$examples"/* "$work/qa/clients/"; chmod -R u+w "$work/qa"; chmod +x "$work"/qa/clients/*.py
  sed -i -E 's/until test \$wait_secs -eq 0/wait_secs=$((wait_secs * 5)); &/; s/^( *)sleep 1;/\1sleep 0.2;/' "$work/qa/common/util.sh"
  # Tests ask which models of other backends there are: none.
  printf 'def %s(*_, **__):\n    return False\n' validate_for_trt_model validate_for_libtorch_model validate_for_openvino_model \
    >>"$work/qa/common/test_util.py"
  export SUITE=$suite RESULTS=$work/results.$suite
  : >"$RESULTS"
  adapt "$work/qa/$suite/test.sh"
  if declare -F "before_$suite" >/dev/null; then (cd "$work/qa/$suite" && "before_$suite"); fi
  (cd "$work/qa/$suite" && bash -c '. "$1"; . ./test.sh test; [ -n "${SERVER_PID-}" ] && kill "$SERVER_PID"; wait' test "$here/prelude.sh") >"$work/log.$suite" 2>&1
  while read -r leftover; do kill "$leftover" 2>/dev/null; done < <(cat "$RESULTS.pids" 2>/dev/null)
  for _ in $(seq 100); do curl -s -o /dev/null http://127.0.0.1:$http/v2/health/live || break; sleep 0.1; done
  if declare -F "after_$suite" >/dev/null; then (cd "$work/qa/$suite" && "after_$suite"); fi
  close_suite
}
close_suite() { # the lines of the suite, and its row of the table
  local pass=0 fail=0 left=0 outcome name reason
  while IFS=$'\t' read -r outcome name reason; do
    case "$outcome" in
      pass) pass=$((pass + 1)); echo "pass  $suite $name" ;;
      fail) fail=$((fail + 1)); failures+=("$suite $name"); echo "FAIL  $suite $name: $reason" ;;
      skip) left=$((left + 1)); echo "skip  $suite $name: $reason" ;;
    esac
  done <"$RESULTS"
  [ $((pass + fail)) = 0 ] && { fail=1; failures+=("$suite, of which no test ran"); tail -n 5 "$work/log.$suite"; }
  passed=$((passed + pass)) failed=$((failed + fail)) skipped=$((skipped + left))
  table+=("$(printf '| %-26s | %3d | %3d | %3d |' "$suite" $((pass + fail)) $pass $left)")
}

# --- what a suite's machine has beside its checkout, and which of its parts apply ---
before_L0_simple_ensemble() {
  for version in 1 2; do cp -r "$data/qa_model_repository/onnx_int32_int32_int32/1" "models/simple/$version"; done
  rm -r models/*partial* && sed -i '/^mkdir.*partial/d' test.sh # a decoupled Python model
}
before_L0_warmup() { # what comes after the samples of models is about Python models
  sed -i '/^# Test warmup sample failure/,$d' test.sh
}
after_L0_scalar_io() { # what test.sh ends with: dims of [2] must not load
  grep -q "failed to load 'onnx_scalar_1dim'" inference_server.log && echo "pass	dims of two elements" >>"$RESULTS" \
    || echo "fail	dims of two elements	the file leaves the rank open, and the model serves what the configuration says" >>"$RESULTS"
}
before_L0_lifecycle() { # models of the C++ backends, whose versions need no files, and a stress that ends in minutes
  "$python" "$STAND_INS" identity identity_zero_1_int32 ../custom_models/custom_{zero_1_float32,sequence_int32}
  sed -i -E -e 's#mkdir -p models/identity_zero_1_int32/2#cp -r models/identity_zero_1_int32/1 models/identity_zero_1_int32/2#' \
    -e '/^ *cp libtriton_identity.so/d; s#(cp -r models/identity_zero_1_int32/1 models/identity_zero_1_int32/2) && .$#\1#' \
    -e 's#(string_value: ."0.")/" config.pbtxt#\1/; /^model_warmup/d" config.pbtxt#' test.sh
  sed -i -e 's#os.mkdir("models/" + model_name + "/2")#shutil.copytree("models/" + model_name + "/1", "models/" + model_name + "/2")#' \
    -e 's/num_iterations = 1024/num_iterations = 8/; s/default_kinds = .cpu, gpu./default_kinds = [cpu]/' lifecycle_test.py
  sed -i 's/^PARALLEL_BACKENDS="python onnx"/PARALLEL_BACKENDS="onnx"/' test.sh # no GPU, and no Python models
}
before_L0_metrics() { # what comes at its end is about buckets of a decoupled Python model
  sed -i '/^### Test model metrics configuration/,$d' test.sh
}
before_L0_model_update() { # its Python model counts its instances; here the server's log tells how many came and went
  "$python" "$STAND_INS" unranked ../python_models/model_init_del
  cat "$here/instance_counts.py" >>../python_models/model_init_del/util.py
}
before_L0_data_compression() { # validation.py reads what a C++ test of Triton's own code wrote
  mkdir models && cp -r "$examples_models/simple" models/
  sed -i '/validation.py/d' test.sh
}
tls_clients() { # calls of the Python clients, with and without success, become lines; the C++ clients are not built
  sed -i -E -e '/\$(SIMPLE_|TEST_)\w+_PY .*_(fail_infer|wrong_key)/s/^( *)(python )?\$/\1refused $/' \
    -e 's/^( *)(python )?(\$(SIMPLE_|TEST_)\w+_PY )/\1client \3/' \
    -e 's/^( *)\$TEST_CLIENT .*_(fail_infer|wrong_key).*/\1false/; s/^( *)\$TEST_CLIENT .*/\1true/' test.sh
}
before_L0_secure_grpc() { before_L0_data_compression; tls_clients; }
before_L0_https() { # nginx, which the suite asks a service for, has its files in the suite's folder
  before_L0_data_compression
  tls_clients
  mkdir -p nginx/sites-available
  printf 'pid nginx.pid; error_log error.log;\nevents {}\nhttp { access_log off; include sites-available/default; }\n' >nginx/main.conf
  sed -i "s#/etc/nginx#$PWD/nginx#" test.sh nginx.conf
  sed -i 's#^service nginx restart#nginx -p nginx -c main.conf#; s#^service nginx stop#nginx -p nginx -c main.conf -s stop#' test.sh
}
before_L0_request_cancellation() { # servers for the C++ client, which is not built, and a PyTorch model
  sed -i -e '/^# C++ gRPC cancellation tests/,/^# End-to-end scheduler tests/d' -e '/^# Implicit state tests/,/^wait /d' test.sh
}
before_L0_dyna_implicit_state() { # runs the other suite's test.sh, in that suite's folder
  rm -rf ../L0_dyna_sequence_batcher && cp -r "$OLDPWD/$qa/L0_dyna_sequence_batcher" .. && adapt ../L0_dyna_sequence_batcher/test.sh
  sed -i 's#^(cd ../L0_dyna_sequence_batcher/ .*#cd ../L0_dyna_sequence_batcher \&\& . ./test.sh $REPO_VERSION#' test.sh
}
before_L0_client_timeout() { # its C++ client is not built; what it counts of it ends the suite
  sed -i -e 's/^if \[ \$RET -eq 1 \]; then/if false; then/' test.sh
}
before_L0_nullchar_string() { # the stand-in for a PyTorch model has its tensors by that backend's names
  sed -i -E '/^cp -r .*libtorch/a sed -i -E "s/(IN|OUT)PUT0/\\1PUT__0/; s/^platform:.*/backend: \\"identity\\"/" models/libtorch*/config.pbtxt' test.sh
}
before_L0_model_config() { # the checks of a configuration that hold for any backend, once, and those of ONNX
  sed -i -E 's/^TRIALS=.*/TRIALS=onnxruntime_onnx/; s#`ls -d autofill_noplatform/\*/\*`#`ls -d autofill_noplatform/{ensemble,onnx}/* | grep -v decoupled`#' test.sh
  sed -i -E 's#`ls -d autofill_noplatform_success/\*/\*`#`ls -d autofill_noplatform_success/{ensemble,onnx}/*`#' test.sh
  sed -i -E 's#`ls (-d (model_metrics|custom_parameters)/.*|cli_messages|special_cases)`#`:`#' test.sh
  # The same once more with a flag by another name.
  "$python" - <<'CUT'
text = open("test.sh").read()
head, tail = text.split("# Run all autofill tests that don't add a platform", 1)
first = head.rindex("for TRIAL in $TRIALS; do")
open("test.sh", "w").write(head[:first] + "# Run all autofill tests that don't add a platform" + tail)
CUT
  find autofill_noplatform/ensemble autofill_noplatform_success/ensemble -name config.pbtxt -exec grep -lE 'backend: *"identity"' {} + \
    | xargs -n 1 dirname | xargs "$python" "$STAND_INS" identity
}
after_L0_model_config() { # a test is a folder; test.sh writes "Test NAME" and, below, what went wrong
  awk -F'\t' '/^Test /{ if (name) print outcome "\t" name "\t" why; name = $0; sub(/^Test (platform [a-z_]* on |on )?/, "", name); outcome = "pass"; why = "" }
    /^Not found/{ why = $0 } /\*\*\* FAILED/{ outcome = "fail"; why = why " " $0 } END { if (name) print outcome "\t" name "\t" why }' client.log >"$RESULTS"
}

main() {
  make_models
  [ $# -gt 1 ] && all=("${@:2}")
  for suite in "${all[@]}"; do run_suite "$suite"; done
  echo "| suite | applicable | passed | left out |"
  printf '%s\n' "${table[@]}"
  [ "$failed" -gt 0 ] && printf 'failed: %s\n' "${failures[@]}"
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" -eq 0 ]
}
main "$@"; exit
