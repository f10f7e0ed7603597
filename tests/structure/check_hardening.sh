#!/bin/sh
# check_hardening.sh FOLDER: every program and module below an installation is position independent, has full RELRO,
# is bound now, has no executable stack and calls the checked functions. Prints one line per fault.
faults=0
files=$(find "$1" -type f \( -name '*.so' -o -perm -u+x ! -name '*.la' \))
[ -n "$files" ] || { echo "nothing to check below $1"; exit 1; }
for file in $files; do
    lacks=
    readelf -hW "$file" 2>/dev/null | grep -q 'Type:.*DYN' || lacks="$lacks position-independence"
    readelf -lW "$file" | grep -q 'GNU_RELRO' || lacks="$lacks RELRO"
    readelf -dW "$file" | grep -Eq 'BIND_NOW|Flags:.*NOW' || lacks="$lacks bind-now"
    readelf -lW "$file" | grep 'GNU_STACK' | grep -q 'RWE' && lacks="$lacks non-executable-stack"
    case $file in
    *.so) ;;
    *) readelf -dW "$file" | grep -q 'Flags:.*PIE' || lacks="$lacks PIE" ;;
    esac
    readelf -sW "$file" | grep -q '__stack_chk_fail' || lacks="$lacks stack-protector"
    readelf -sW "$file" | grep -q '_chk@' || lacks="$lacks FORTIFY"
    if [ -n "$lacks" ]; then
        echo "$file: lacks$lacks"
        faults=1
    fi
done
exit "$faults"
