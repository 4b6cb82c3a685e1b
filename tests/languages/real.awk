# Exercises what AWK submissions use.
function fail(what) { print "failed: " what; failed = 1; exit 1 }
function deep(n) { return n == 0 ? 0 : deep(n - 1) + 1 }
function sort(v, l, r,    i, j, x, t) {
  i = l; j = r; x = v[int((l + r) / 2)]
  while (i <= j) {
    while (v[i] < x) i++
    while (v[j] > x) j--
    if (i <= j) { t = v[i]; v[i] = v[j]; v[j] = t; i++; j-- }
  }
  if (l < j) sort(v, l, j)
  if (i < r) sort(v, i, r)
}
function power_of_two(n,    digits, count, k, i, d, carry, text) {
  digits[1] = 1; count = 1
  for (k = 1; k <= n; k++) {
    carry = 0
    for (i = 1; i <= count; i++) { d = digits[i] * 2 + carry; digits[i] = d % 10; carry = int(d / 10) }
    if (carry) digits[++count] = carry
  }
  for (i = count; i > 0; i--) text = text digits[i]
  return text
}
NR == 1 { if ($1 + $2 != 42) fail("input") }
END {
  if (failed) exit 1
  if (power_of_two(200) != "1606938044258990275541962092341162602522202993782792835301376") fail("long arithmetic")
  for (i = 0; i < 20000; i++) v[i] = (i * 7919) % 20000
  sort(v, 0, 19999)
  if (v[777] != 777) fail("sorting")
  if (deep(150) != 150) fail("recursion")
  if (!match("  width=42", /[a-z]+=[0-9]+/) || RSTART != 3) fail("regular expressions")
  text = "aXbX"; if (gsub(/X/, "-", text) != 2 || text != "a-b-") fail("substitution")
  for (i = 0; i < 1000; i++) print i > "data.txt"
  close("data.txt")
  while ((getline line < "data.txt") > 0) sum += line
  if (sum != 499500) fail("files")
  if ((getline line < "missing.txt") != -1) fail("errors")
  for (i = 0; i < 200000; i++) table["k" i % 5000] = sprintf("%0100d", i)
  for (k in table) count++
  if (count != 5000) fail("memory")
  srand(); x = rand(); if (x < 0 || x >= 1 || toupper("a") != "A" || length(ENVIRON["HOME"]) != 4) fail("library")
  print "real program passed"
}
