# Exercises what Perl submissions use.
use strict;
use warnings;
use bigint ();
use Math::BigInt;
use List::Util qw(sum shuffle);
use Time::HiRes qw(sleep time);
use File::Temp ();
use Data::Dumper;
use POSIX qw(floor);

sub check { my ($condition, $what) = @_; return if $condition; print "failed: $what\n"; exit 1 }
no warnings 'recursion';
sub deep { my $n = shift; return $n == 0 ? 0 : deep($n - 1) + 1 }

my ($a1, $b1) = split ' ', <STDIN>;
check($a1 + $b1 == 42, 'input');
check(Math::BigInt->new(2)->bpow(200) eq
      '1606938044258990275541962092341162602522202993782792835301376', 'big integers');
my @numbers = sort { $a <=> $b } shuffle(0 .. 49999);
check($numbers[777] == 777, 'sorting');
check(deep(20000) == 20000, 'recursion');
eval { die { code => 7 } };
check(ref $@ && $@->{code} == 7, 'exceptions');
eval { my $zero = 0; my $x = 1 / $zero };
check($@ =~ /division by zero/, 'errors');
eval {
    local $SIG{ALRM} = sub { die "alarm\n" };
    alarm 1;
    select undef, undef, undef, 5;
};
check($@ eq "alarm\n", 'signals');
check('width=42' =~ /(?<name>\w+)=(?<value>\d+)/ && $+{value} == 42, 'regular expressions');
open my $out, '>', 'data.txt' or die;
print $out "$_\n" for 0 .. 999;
close $out;
open my $in, '<', 'data.txt' or die;
check(sum(<$in>) == 499500, 'files');
close $in;
check(-s 'data.txt' > 1000 && -t STDIN || 1, 'files');
mkdir 'folder' and rename 'data.txt', 'folder/data.txt' or die;
check(join(',', glob 'folder/*') eq 'folder/data.txt', 'folders');
unlink 'folder/data.txt' and rmdir 'folder' or die;
my $temporary = File::Temp->new;
my $pid = fork // die 'fork';
if (!$pid) { POSIX::_exit(3) }
waitpid $pid, 0;
check($? >> 8 == 3, 'processes');
pipe my $read_end, my $write_end;
syswrite $write_end, "x\n";
check(<$read_end> eq "x\n", 'pipes');
my %table;
$table{"k" . $_ % 5000} = [ ('x') x 20 ] for 0 .. 200000;
check(keys %table == 5000, 'memory');
sleep 0.002;
check(time > 0 && localtime && floor(1.5) == 1 && Dumper([1]) =~ /VAR1/, 'libraries');
my $name = getpwuid($<);
print "real program passed\n";
