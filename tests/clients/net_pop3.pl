# net_pop3.pl MODE PORT USER PASSWORD FOLDER keep|delete - Net::POP3 as a mail program uses it: it keeps the unique-ids
# that it has seen in FOLDER/seen and puts what is new into FOLDER/new.
use strict;
use warnings;
use Net::POP3;

my ($mode, $port, $user, $password, $folder, $what) = @ARGV;
my %tls = (SSL_verify_mode => 0);
my $pop = Net::POP3->new('127.0.0.1', Port => $port, Timeout => 60, $mode eq 'tls' ? (SSL => 1, %tls) : ())
    or die "cannot connect: $@\n";
if ($mode eq 'stls') {
    $pop->starttls(%tls) or die "STLS: " . $pop->message;
}
defined $pop->login($user, $password) or die "login: " . $pop->message;
my %seen;
if (open my $file, '<', "$folder/seen") {
    chomp(my @lines = <$file>);
    @seen{@lines} = ();
}
my $uidls = $pop->uidl or die "UIDL: " . $pop->message;
my $sizes = $pop->list or die "LIST: " . $pop->message;
for my $number (sort { $a <=> $b } keys %$uidls) {
    next if $what eq 'keep' && exists $seen{$uidls->{$number}};
    my $lines = $pop->get($number) or die "RETR: " . $pop->message;
    my $octets = join '', @$lines;
    (my $text = $octets) =~ s/\r?\n/\r\n/g;    # it makes CRLF an LF, but not inside TLS
    my $on_the_wire = length $text;
    $on_the_wire == $sizes->{$number} or die "message $number: LIST says $sizes->{$number}, RETR gave $on_the_wire\n";
    open my $file, '>:raw', "$folder/new/$number" or die $!;
    print $file $octets;
    close $file or die $!;
    $seen{$uidls->{$number}} = undef;
    if ($what eq 'delete') {
        $pop->delete($number) or die "DELE: " . $pop->message;
    }
}
$pop->quit or die "QUIT: " . $pop->message;
open my $file, '>', "$folder/seen" or die $!;
print $file "$_\n" for keys %seen;
