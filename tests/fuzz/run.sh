#!/bin/sh
# run.sh SOURCE BUILD SECONDS [TARGET]: build the fuzz targets with clang in BUILD and let each run for SECONDS, from
# its corpus and dictionary. What makes one crash is kept in BUILD/found. Ends with "N passed, N failed".
set -u
source=$1
build=$2
seconds=$3
only=${4:-}
clang=${FUZZ_CC:-clang}
mkdir -p "$build/found"
if [ ! -f "$build/Makefile" ]; then
    (cd "$build" && "$source/configure" -q --enable-fuzzing CC="$clang" CFLAGS='-O1 -g' >configure.log 2>&1) ||
        { tail -n 20 "$build/configure.log"; echo "0 passed, 1 failed"; exit 1; }
fi
cd "$build" || exit 1
unset MAKEFLAGS MFLAGS MAKEOVERRIDES # of the make that called
# Configured again first, where that is due: what it prints is no target.
make -s Makefile >make.log 2>&1
targets=$(make -s print-fuzz-targets)
[ -z "$only" ] || targets=tests/fuzz/fuzz_$only
# shellcheck disable=SC2086
make -s -j"$(nproc 2>/dev/null || echo 2)" $targets >>make.log 2>&1 ||
    { tail -n 40 make.log; echo "0 passed, 1 failed"; exit 1; }
passed=0
failed=0
for target in $targets; do
    name=${target##*/fuzz_}
    grown=$build/corpus/$name # what this machine finds stays here; people choose what goes into the tree
    mkdir -p "$grown"
    dictionary=
    [ ! -f "$source/tests/fuzz/$name.dict" ] || dictionary=-dict=$source/tests/fuzz/$name.dict
    # shellcheck disable=SC2086
    if "./$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=1500 -print_final_stats=1 $dictionary \
        -artifact_prefix="$build/found/$name-" "$grown" "$source/tests/fuzz/corpus/$name" >"found/$name.log" 2>&1; then
        passed=$((passed + 1))
        echo "$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "found/$name.log") inputs in $seconds s"
    else
        failed=$((failed + 1))
        echo "FAIL fuzz target $name"
        grep -E 'broken promise|ERROR|SUMMARY|runtime error|Test unit written|^Base64:' "found/$name.log" | sed 's/^/  /'
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
