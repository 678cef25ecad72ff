mapfile -td '' profiles < <(
  LC_ALL=C
  shopt -s nullglob dotglob
  for layer in @BUILDPACKS@; do
    for profile in "$layer"profile.d/* "$layer"profile.d/@TYPE@/*; do
      [[ -d $profile ]] || printf '%s\0' "$profile"
    done
  done
  [[ -d @APP@/.profile || ! -e @APP@/.profile ]] || printf '%s\0' @APP@/.profile
)
for profile in "${profiles[@]}"; do
  source "$profile"
done
cd @DIR@
if (($# == 1)); then
  exec @SUPERVISOR@ run @TYPE@ -- bash -c "$1"
fi
words='"$(eval echo \"$0\")"'
for ((i = 1; i < $#; i++)); do
  words+=" \"\$(eval echo \\\"\${$i}\\\")\""
done
exec @SUPERVISOR@ run @TYPE@ -- bash -c "$words" "$@"
