/* SPDX-License-Identifier: MIT */
/*
 * A submission to a programming contest: the number of queries, then one per line, on standard
 * input; one line for each on standard output. All numbers are at most 10^12.
 *
 *   count L R   how many primes there are from L to R (R - L < 10^7)
 *   factor N    the prime factors of N > 1, ascending
 *   next N      the least prime greater than N
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define ROOT 1000100         /* a little more than the square root of the largest number */
#define SMALL_PRIMES 80000   /* more than there are below ROOT */
#define SEGMENT (256 * 1024) /* numbers looked at together: fits the second level cache */

static uint64_t primes[SMALL_PRIMES];
static size_t prime_count;
static bool composite[ROOT];
static bool struck[SEGMENT];

/* Eratosthenes up to ROOT: what all the queries divide by. */
static void find_small_primes(void)
{
	for (uint64_t n = 2; n < ROOT; n++) {
		if (composite[n])
			continue;
		primes[prime_count++] = n;
		for (uint64_t multiple = n * n; multiple < ROOT; multiple += n)
			composite[multiple] = true;
	}
}

/* Strikes the composite ones of `size` numbers from `first` (> 1) on. */
static void sieve_segment(uint64_t first, uint64_t size)
{
	memset(struck, 0, size);
	for (size_t i = 0; i < prime_count && primes[i] * primes[i] < first + size; i++) {
		uint64_t p = primes[i];
		uint64_t multiple = (first + p - 1) / p * p;
		if (multiple < p * p)
			multiple = p * p;
		for (; multiple < first + size; multiple += p)
			struck[multiple - first] = true;
	}
}

static uint64_t count_primes(uint64_t from, uint64_t to)
{
	uint64_t count = 0;
	for (uint64_t first = from < 2 ? 2 : from; first <= to; first += SEGMENT) {
		uint64_t size = to - first + 1 < SEGMENT ? to - first + 1 : SEGMENT;
		sieve_segment(first, size);
		for (uint64_t i = 0; i < size; i++)
			count += !struck[i];
	}
	return count;
}

static void print_factors(uint64_t n)
{
	const char *separator = "";
	for (size_t i = 0; i < prime_count && primes[i] * primes[i] <= n; i++) {
		for (; n % primes[i] == 0; n /= primes[i]) {
			printf("%s%" PRIu64, separator, primes[i]);
			separator = " ";
		}
	}
	if (n > 1)
		printf("%s%" PRIu64, separator, n);
	putchar('\n');
}

static bool is_prime(uint64_t n)
{
	for (size_t i = 0; i < prime_count && primes[i] * primes[i] <= n; i++) {
		if (n % primes[i] == 0)
			return false;
	}
	return n > 1;
}

static uint64_t next_prime(uint64_t n)
{
	do {
		n++;
	} while (!is_prime(n));
	return n;
}

static bool answer_query(void)
{
	char query[8];
	uint64_t n, to;
	if (scanf("%7s %15" SCNu64, query, &n) != 2)
		return false;
	if (strcmp(query, "factor") == 0) {
		print_factors(n);
	} else if (strcmp(query, "next") == 0) {
		printf("%" PRIu64 "\n", next_prime(n));
	} else {
		if (strcmp(query, "count") != 0 || scanf("%15" SCNu64, &to) != 1)
			return false;
		printf("%" PRIu64 "\n", count_primes(n, to));
	}
	return true;
}

int main(void)
{
	unsigned queries;
	if (scanf("%9u", &queries) != 1)
		return 1;
	find_small_primes();
	while (queries-- > 0) {
		if (!answer_query()) {
			fputs("malformed query\n", stderr);
			return 1;
		}
	}
	return 0;
}
