#!/usr/bin/env bash
# pip's lines in, how far it is out: `pip install … 2>&1 | setup_progress.sh WHAT PACKAGES LOG`. What pip
# says goes into LOG. On a terminal one line changes in its place, else there is a line every ten seconds.
#
#   SETUP_SECONDS  between two lines, where there is no terminal
set -u
what=$1 total=$2 log=$3
every=${SETUP_SECONDS:-10}
seen=0 name='' is_installing='' said=''
told=$SECONDS begun=$SECONDS

so_far() {
  if [ -n "$is_installing" ] && [ "$total" -gt 1 ]; then
    set -- .venv/lib/python3*/site-packages/*.dist-info
    echo "setup: installing $what: $# of $total are in place"
  elif [ "$seen" -gt 1 ] && [ "$total" -gt 1 ]; then
    echo "setup: fetching $what: $seen of $total, now $name"
  else
    echo "setup: installing $what: $((SECONDS - begun)) s"
  fi
}

tell() {
  local line
  if [ -t 1 ]; then
    printf '\r\033[K%s' "$(so_far)"
  elif [ $((SECONDS - told)) -ge "$every" ]; then
    line=$(so_far)
    [ "$line" = "$said" ] || echo "$line"
    said=$line told=$SECONDS
  fi
}

while true; do
  if IFS= read -r -t 2 line; then
    printf '%s\n' "$line" >>"$log"
    case $line in
      "Collecting "* | "Ignoring "* | "Requirement already satisfied: "*)
        seen=$((seen + 1))
        name=${line#Collecting } name=${name#Ignoring } name=${name#Requirement already satisfied: }
        name=${name%% *} name=${name%:}
        ;;
      "Installing collected packages: "*", "*) is_installing=1 ;;
      *) continue ;;
    esac
  elif [ $? -le 128 ]; then  # the end; above it is the two seconds'
    break
  fi
  tell
done
[ ! -t 1 ] || printf '\r\033[K'
