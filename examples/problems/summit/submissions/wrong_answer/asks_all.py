# SPDX-License-Identifier: MIT
# From west to east until it goes down: right, but with too many questions.


def height_of(post):
    print("?", post, flush=True)
    return int(input())


posts = int(input())
post = 1
while post < posts and height_of(post) < height_of(post + 1):
    post += 1
print("!", post)
