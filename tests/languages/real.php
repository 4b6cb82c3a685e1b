<?php
// Exercises what PHP submissions use.
declare(strict_types=1);

function check(bool $condition, string $what): void
{
    if (!$condition) {
        echo "failed: $what\n";
        exit(1);
    }
}

function deep(int $n): int { return $n === 0 ? 0 : deep($n - 1) + 1; }

function power_of_two(int $n): string
{
    $digits = [1];
    while ($n-- > 0) {
        $carry = 0;
        foreach ($digits as &$d) {
            $v = $d * 2 + $carry;
            $d = $v % 10;
            $carry = intdiv($v, 10);
        }
        unset($d);
        if ($carry) $digits[] = $carry;
    }
    return implode('', array_reverse($digits));
}

[$a, $b] = array_map('intval', explode(' ', trim(fgets(STDIN))));
check($a + $b === 42, 'input');
check(power_of_two(200) === '1606938044258990275541962092341162602522202993782792835301376', 'long arithmetic');
$numbers = range(0, 49999);
shuffle($numbers);
sort($numbers);
check($numbers[777] === 777, 'sorting');
check(deep(20000) === 20000, 'recursion');
try {
    intdiv(1, $a - $a);
    check(false, 'no exception came');
} catch (DivisionByZeroError $e) {
} finally {
    $finally = true;
}
check($finally, 'exceptions');
check(preg_match('/(\w+)=(?<value>\d+)/u', 'width=42', $match) === 1 && $match['value'] === '42', 'regular expressions');
file_put_contents('data.txt', implode("\n", range(0, 999)));
check(array_sum(file('data.txt')) === 499500, 'files');
mkdir('folder');
rename('data.txt', 'folder/data.txt');
check(scandir('folder') === ['.', '..', 'data.txt'], 'folders');
copy('folder/data.txt', 'copy.txt');
unlink('copy.txt');
unlink('folder/data.txt');
rmdir('folder');
fwrite(tmpfile(), 'x');
check(file_exists(tempnam(sys_get_temp_dir(), 'x')), 'temporary files');
check(@file_get_contents('missing.txt') === false, 'errors');
$table = [];
for ($i = 0; $i < 200000; $i++) $table['k' . $i % 5000] = [str_repeat('x', 100), $i];
class Node { public ?Node $other = null; }
for ($i = 0; $i < 50000; $i++) {
    $x = new Node;
    $x->other = new Node;
    $x->other->other = $x;
}
gc_collect_cycles();
check(count($table) === 5000, 'memory');
check(json_decode('{"a": [1, null]}', true) === ['a' => [1, null]], 'json');
check(hash('sha256', '')[0] === 'e' && random_int(1, 1) === 1, 'hashes');
usleep(2000);
check(microtime(true) > 0 && date('Y') > 2000, 'time');
function squares() { for ($i = 0; ; $i++) yield $i * $i; }
foreach (squares() as $square) if ($square > 50) break;
check($square === 64, 'generators');
echo "real program passed\n";
