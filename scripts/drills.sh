#!/usr/bin/env bash
# All long forms of the tests, one after the other, before a release: about two hours on two cores.
# scripts/drills.sh [NAME …]: these alone. What each says goes to var/drills/NAME.log too; at the end
# a line for each with its exit code and its minutes. 1 when one misses or takes twice its time.
set -uo pipefail
cd "$(dirname "$0")/.."
export PYTHONPATH=.
python=.venv/bin/python

# Name, the most minutes that it may take (about twice what it takes), and what is run.
drills=(
  "versions  10 $python -m tests.management"
  "faults    30 $python -m tests.faults"
  "machines  20 $python -m tests.machines --rounds 2"
  "backfills 25 $python -m tests.bulk.scale --rounds 1"
  "marked    15 $python scripts/run_tests.py -m drill"
  "rows      15 $python -m evals.drills.million_rows"
  "hostile   30 $python -m tests.hostile"
  "surface   10 $python -m tests.surface"
  "soak      40 $python -m tests.soak"
  "input     40 $python -m evals.drills.fuzz_input"
)

names=$(printf '%s\n' "${drills[@]}" | cut -d ' ' -f 1)
# shellcheck disable=SC2086 - names, one a word
for name in "$@"; do
  grep -qxF -- "$name" <<<"$names" ||
    { echo "drill: there is none named $name, but:" $names >&2; exit 2; }
done

mkdir -p var/drills
found=() status=0
for drill in "${drills[@]}"; do
  read -r name most command <<<"$drill"
  [ $# -eq 0 ] || [[ " $* " == *" $name "* ]] || continue
  echo "drill: $name"
  begun=$SECONDS
  # Told to end, it ends what it has started; two minutes later it is killed.
  # shellcheck disable=SC2086 - the command's words
  timeout --kill-after=2m "${most}m" $command 2>&1 | tee "var/drills/$name.log"
  code=${PIPESTATUS[0]}
  found+=("$(printf '%-10s exit code %3d, %3d min' "$name" "$code" $(((SECONDS - begun + 30) / 60)))")
  [ "$code" -eq 0 ] || status=1
done
printf '%s\n' "${found[@]}"
exit $status
