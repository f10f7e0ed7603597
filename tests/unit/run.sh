#!/bin/sh
# run.sh BUILD-FOLDER plain|valgrind: build and run every unit test there; ends with "N passed, N failed" (cmocka tests).
# Under valgrind, the programs that start servers of their own or sweep long run elsewhere: see skip below.
set -u
cd "$1" || exit 1
how=$2
jobs=$(nproc 2>/dev/null || echo 2)
make -s -j"$jobs" check TESTS= >make-check.log 2>&1 || { tail -n 30 make-check.log; echo "0 passed, 1 failed"; exit 1; }
tests=$(make -s print-unit-tests)
passed=0
failed=0
for test in $tests; do
    log=$test.$how.log
    if [ "$how" = valgrind ]; then
        case " $(make -s print-not-under-valgrind) " in *" $test "*) continue ;; esac
        libtool=./libtool
        $libtool --mode=execute valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite \
            "$test" >"$log" 2>&1 </dev/null
    else
        "$test" >"$log" 2>&1 </dev/null
    fi
    status=$?
    good=$(sed -n 's/.*\[  PASSED  \] \([0-9]*\) test.*/\1/p' "$log" | tail -n 1)
    bad=$(sed -n 's/.*\[  FAILED  \] \([0-9]*\) test.*/\1/p' "$log" | tail -n 1)
    good=${good:-0}
    bad=${bad:-0}
    if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
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
