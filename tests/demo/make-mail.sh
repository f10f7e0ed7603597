#!/bin/sh
# make-mail.sh MAILDIR: a dozen messages as different as real ones, some new, some seen.
set -eu
box=$1
mkdir -p "$box/new" "$box/cur" "$box/tmp"
now=$(date +%s)

# head SUBJECT [FROM]: the header every message has, with LF line ends as deliverers write it.
head_of() {
    printf 'Return-Path: <sender@example.org>\nDate: %s\nFrom: %s\nTo: demo@localhost\nSubject: %s\nMessage-ID: <%s.%s@localhost>\n' \
        "$(date -R)" "${2:-ada@example.org}" "$1" "$now" "$(find "$box" -type f | wc -l)"
}

# into FOLDER [SUFFIX]: store what comes in as the next message.
into() {
    number=$(find "$box" -type f | wc -l)
    cat > "$box/$1/$((now - 86400 + number * 600)).M${number}P1.demo${2:-}"
}

{ head_of "Welcome to Restante"; printf '\nThis mail waits here until you collect it.\n'; } | into new
{ head_of "Grüße" "=?utf-8?q?Jos=C3=A9?= <jose@example.org>"; printf 'MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nÄpfel, 日本語, émigré.\n'; } | into new
{ head_of "Lines that begin with a dot"; printf '\n.\n..\n.one\nend\n'; } | into new
{ head_of "No line end at the end"; printf '\nthe last line has none'; } | into new
{ head_of "Stored with CRLF"; printf '\nfirst\nsecond\n'; } | sed 's/$/\r/' | into new
{ head_of "Collected before" ; printf '\nFlags: seen, answered.\n'; } | into cur ':2,RS'
{ head_of "Flagged"; printf '\nFlags: flagged.\n'; } | into cur ':2,F'
{ head_of "No body"; printf '\n'; } | into cur ':2,S'
{ head_of "One very long line"; printf '\n'; awk 'BEGIN { for (i = 0; i < 3000; i++) printf "word%d ", i; print "" }'; } | into new
{ head_of "An attachment"; printf 'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=part\n\n--part\nContent-Type: text/plain\n\nSee the file.\n--part\nContent-Type: application/octet-stream; name=data.bin\nContent-Transfer-Encoding: base64\n\n'
  awk 'BEGIN { for (i = 0; i < 200; i++) print "UmVzdGFudGUga2VlcHMgbWFpbCB1bnRpbCBpdCBpcyBjb2xsZWN0ZWQuIFBvc3RlIHJlc3RhbnRlLg==" }'; printf -- '--part--\n'; } | into new
{ head_of "From a mailing list" "list@example.org"; printf 'List-Id: <demo.example.org>\nPrecedence: list\n\nFrom here on\n>From there\n'; } | into new
{ head_of "Four megabytes"; printf '\n'; awk 'BEGIN { for (i = 0; i < 60000; i++) printf "%06d a line of a large message, to see how quickly it comes along\n", i }'; } | into new
