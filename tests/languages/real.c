/* Exercises what C submissions use: stdin, sorting, recursion, files, threads, regular
 * expressions, long arithmetic, memory pressure, signals. Its last line says that all was right. */
#include <errno.h>
#include <pthread.h>
#include <regex.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CHECK(condition) \
	do { \
		if (!(condition)) { \
			printf("failed: %s\n", #condition); \
			exit(1); \
		} \
	} while (0)

static int compare(const void *a, const void *b)
{
	const unsigned *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

static int fib(int n)
{
	return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

static int deep(int n)
{
	volatile char frame[1000];
	frame[0] = (char)n;
	return n == 0 ? frame[0] : deep(n - 1) + 1;
}

static void sorting(void)
{
	enum { N = 300000 }; /* above qsort's own buffer: it asks how much memory there is */
	unsigned *v = malloc(N * sizeof *v), x = 1;
	for (int i = 0; i < N; i++)
		v[i] = x = x * 1103515245u + 12345u;
	qsort(v, N, sizeof *v, compare);
	for (int i = 1; i < N; i++)
		CHECK(v[i - 1] <= v[i]);
	free(v);
}

static void files(void)
{
	FILE *f = fopen("data.txt", "w+");
	char line[32];
	int sum = 0;
	CHECK(f != NULL);
	for (int i = 0; i < 1000; i++)
		fprintf(f, "%d\n", i);
	rewind(f);
	while (fgets(line, sizeof line, f) != NULL)
		sum += atoi(line);
	CHECK(sum == 499500 && fclose(f) == 0);
	CHECK(rename("data.txt", "moved.txt") == 0 && remove("moved.txt") == 0);
	CHECK(fopen("moved.txt", "r") == NULL && errno == ENOENT);
	FILE *t = tmpfile();
	CHECK(t != NULL && fputs("x", t) >= 0 && fclose(t) == 0);
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long total;

static void *count(void *argument)
{
	for (int i = 0; i < 10000; i++) {
		pthread_mutex_lock(&lock);
		total += *(int *)argument;
		pthread_mutex_unlock(&lock);
	}
	return argument;
}

static void threads(void)
{
	pthread_t ids[4];
	int step = 2;
	for (int i = 0; i < 4; i++)
		CHECK(pthread_create(&ids[i], NULL, count, &step) == 0);
	for (int i = 0; i < 4; i++)
		CHECK(pthread_join(ids[i], NULL) == 0);
	CHECK(total == 80000);
}

static void long_arithmetic(void)
{
	char digits[80] = "1";
	for (int n = 0; n < 200; n++) {
		int carry = 0;
		size_t i = 0;
		for (; digits[i] != '\0' || carry > 0; i++) {
			int d = digits[i] != '\0' ? (digits[i] - '0') * 2 + carry : carry;
			digits[i] = (char)('0' + d % 10);
			carry = d / 10;
		}
		digits[i] = '\0';
	}
	/* 2 to the power of 200, least digit first */
	CHECK(strlen(digits) == 61 && strncmp(digits, "6731035382972873", 16) == 0);
}

static void expressions(void)
{
	regex_t re;
	regmatch_t m[3];
	CHECK(regcomp(&re, "([a-z]+)=([0-9]+)", REG_EXTENDED) == 0);
	CHECK(regexec(&re, "  width=42;", 3, m, 0) == 0 && m[2].rm_so == 8);
	regfree(&re);
}

static sigjmp_buf back;

static void on_fault(int number)
{
	siglongjmp(back, number);
}

static void faults(void)
{
	signal(SIGFPE, on_fault);
	if (sigsetjmp(back, 1) == 0)
		raise(SIGFPE);
	else
		return;
	CHECK(!"no signal came");
}

static void memory(void)
{
	for (int round = 0; round < 20; round++) {
		char *blocks[200];
		for (int i = 0; i < 200; i++)
			memset(blocks[i] = malloc(20000 + (size_t)i), i, 20000);
		for (int i = 0; i < 200; i++)
			free(blocks[i]);
	}
}

int main(void)
{
	int a, b;
	struct timespec nap = { 0, 1000000 };
	CHECK(scanf("%d %d", &a, &b) == 2 && a + b == 42);
	CHECK(fib(22) == 17711);
	CHECK(deep(20000) == 20000);
	CHECK(time(NULL) > 0 && clock() >= 0 && nanosleep(&nap, NULL) == 0);
	sorting();
	files();
	threads();
	long_arithmetic();
	expressions();
	faults();
	memory();
	puts("real program passed");
	return 0;
}
