/* SPDX-License-Identifier: MIT */
/*
 * The somebody up there: talk INPUT ANSWER FEEDBACK/. Measures what it is asked to on standard
 * input, then judges the answer. Exit status 42 accepts, 43 rejects; any other says that this
 * validator or its files are at fault.
 *
 * The other side may say anything, nothing, or too much, and may vanish at any time. So its words
 * are read into a buffer that cannot overflow, all it says is bounded, its end of file is an ending
 * like others, and a reply that nobody takes is no error: what was said before still counts. After
 * the answer it is heard to its end, so that it is never stopped in the middle of a word.
 */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ACCEPT 42
#define REJECT 43
#define BROKEN 1

#define POSTS_MAX 2000
#define QUESTIONS_MAX 25
#define HEARD_MAX 65536 /* bytes; twenty-five questions and an answer need less than 200 */

struct ridge {
	int posts;
	int heights[POSTS_MAX + 2]; /* from 1; lower than any post on either side */
};

struct talk {
	const char *feedback; /* ends with a slash */
	size_t heard;
	int questions;
};

static void write_message(const char *feedback, const char *name, const char *text)
{
	char path[4096];
	FILE *file;
	int length = snprintf(path, sizeof(path), "%s%s", feedback, name);

	if (length < 0 || (size_t)length >= sizeof(path))
		exit(BROKEN);
	file = fopen(path, "w");
	if (!file)
		exit(BROKEN);
	if (fprintf(file, "%s\n", text) < 0 || fclose(file) != 0)
		exit(BROKEN);
}

static void conclude(const struct talk *talk, int status, const char *format, ...)
	__attribute__((format(printf, 3, 4), noreturn));

/* Both the staff and the contestant may know the reason: it tells nothing about the ridge. */
static void conclude(const struct talk *talk, int status, const char *format, ...)
{
	char reason[200], message[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reason, sizeof(reason), format, arguments);
	va_end(arguments);
	snprintf(message, sizeof(message), "%s, after %d questions", reason, talk->questions);
	write_message(talk->feedback, "judgemessage.txt", message);
	write_message(talk->feedback, "teammessage.txt", reason);
	exit(status);
}

static void read_ridge(const char *path, struct ridge *ridge)
{
	FILE *file = fopen(path, "r");

	if (!file || fscanf(file, "%d", &ridge->posts) != 1 || ridge->posts < 1 ||
	    ridge->posts > POSTS_MAX)
		exit(BROKEN);
	for (int i = 1; i <= ridge->posts; i++) {
		if (fscanf(file, "%d", &ridge->heights[i]) != 1 || ridge->heights[i] < 0)
			exit(BROKEN);
	}
	ridge->heights[0] = ridge->heights[ridge->posts + 1] = -1;
	fclose(file);
}

/* The next byte that is said, or EOF. */
static int hear(struct talk *talk)
{
	int c = getchar();

	if (c != EOF && ++talk->heard > HEARD_MAX)
		conclude(talk, REJECT, "said more than %d bytes", HEARD_MAX);
	return c;
}

static int is_blank(int c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/*
 * The next word, cut to what fits, with a # for each byte that is better not shown. Takes the one
 * blank behind it, or the end of file. False where there is no more word.
 */
static int hear_word(struct talk *talk, char *word, size_t capacity)
{
	size_t length = 0;
	int c;

	do {
		c = hear(talk);
	} while (is_blank(c));
	while (c != EOF && !is_blank(c)) {
		if (length + 1 < capacity)
			word[length++] = c > ' ' && c < 127 ? (char)c : '#';
		c = hear(talk);
	}
	word[length] = '\0';
	return length > 0;
}

/* The number of a post. */
static int hear_post(struct talk *talk, const struct ridge *ridge)
{
	char word[16];
	int post = 0;

	if (!hear_word(talk, word, sizeof(word)))
		conclude(talk, REJECT, "ended where the number of a post was expected");
	if (strlen(word) > 4 || word[strspn(word, "0123456789")] != '\0')
		conclude(talk, REJECT, "\"%s\" is not the number of a post", word);
	for (const char *digit = word; *digit; digit++)
		post = 10 * post + (*digit - '0');
	if (post < 1 || post > ridge->posts)
		conclude(talk, REJECT, "there is no post %d", post);
	return post;
}

static void judge_answer(struct talk *talk, const struct ridge *ridge)
{
	int post = hear_post(talk, ridge);
	int height = ridge->heights[post];
	char word[16];

	if (hear_word(talk, word, sizeof(word)))
		conclude(talk, REJECT, "said \"%s\" after its answer", word);
	if (height < ridge->heights[post - 1] || height < ridge->heights[post + 1])
		conclude(talk, REJECT, "a neighbour of post %d is higher", post);
	conclude(talk, ACCEPT, "post %d is a summit", post);
}

static void reply(int number)
{
	printf("%d\n", number);
	fflush(stdout); /* may fail where nobody listens any more */
}

int main(int argc, char **argv)
{
	static struct ridge ridge;
	struct talk talk = { 0 };
	char word[16];

	if (argc < 4 || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return BROKEN;
	talk.feedback = argv[3];
	read_ridge(argv[1], &ridge);
	reply(ridge.posts);
	while (hear_word(&talk, word, sizeof(word))) {
		if (strcmp(word, "!") == 0)
			judge_answer(&talk, &ridge);
		if (strcmp(word, "?") != 0)
			conclude(&talk, REJECT, "\"%s\" is neither ? nor !", word);
		int post = hear_post(&talk, &ridge);
		if (talk.questions == QUESTIONS_MAX)
			conclude(&talk, REJECT, "asked more than %d times", QUESTIONS_MAX);
		talk.questions++;
		reply(ridge.heights[post]);
	}
	conclude(&talk, REJECT, "ended without an answer");
}
