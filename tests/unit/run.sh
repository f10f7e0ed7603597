#!/bin/sh
# run.sh BUILD-FOLDER plain|valgrind: build and run every unit test there; ends with "N passed, N failed" (cmocka tests).
# Tests in NOT_UNDER_VALGRIND (tests/unit/local.mk) are left out there. One test alone: run.sh --one plain|valgrind TEST.
set -u

# Run TEST, keep its output in TEST.HOW.log and its exit status in TEST.HOW.status.
run_one() {
    log=$2.$1.log
    if [ "$1" = valgrind ]; then
        ./libtool --mode=execute valgrind -q --error-exitcode=99 --leak-check=full \
            --errors-for-leak-kinds=definite "$2" >"$log" 2>&1 </dev/null
    else
        "$2" >"$log" 2>&1 </dev/null
    fi
    echo $? >"$2.$1.status"
}

if [ "$1" = --one ]; then
    run_one "$2" "$3"
    exit 0
fi
script=$(cd "$(dirname "$0")" && pwd)/run.sh
cd "$1" || exit 1
how=$2
jobs=$(nproc 2>/dev/null || echo 2)
make -s -j"$jobs" check TESTS= >make-check.log 2>&1 || { tail -n 30 make-check.log; echo "0 passed, 1 failed"; exit 1; }
tests=$(make -s print-unit-tests)
if [ "$how" = valgrind ]; then
    left_out=" $(make -s print-not-under-valgrind) "
    tests=$(for test in $tests; do case $left_out in *" $test "*) ;; *) echo "$test" ;; esac; done)
fi
printf '%s\n' $tests | xargs -P "$jobs" -n 1 sh "$script" --one "$how"
passed=0
failed=0
for test in $tests; do
    log=$test.$how.log
    status=$(cat "$test.$how.status" 2>/dev/null || echo none)
    good=$(sed -n 's/.*\[  PASSED  \] \([0-9]*\) test.*/\1/p' "$log" | tail -n 1)
    bad=$(sed -n 's/.*\[  FAILED  \] \([0-9]*\) test.*/\1/p' "$log" | tail -n 1)
    good=${good:-0}
    bad=${bad:-0}
    if [ "$status" != 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
    if [ "$good" -eq 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
    passed=$((passed + good))
    failed=$((failed + bad))
    if [ "$bad" -ne 0 ]; then
        echo "FAIL $test (status $status)"
        grep -E 'FAILED|ERROR|LINE|==[0-9]+==|SUMMARY|runtime error' "$log" | head -n 20 | sed 's/^/  /'
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
