# SPDX-License-Identifier: MIT
# After the answer it waits for a reply that nobody promised; where there is much to climb.


def height_of(post):
    print("?", post, flush=True)
    return int(input())


posts = int(input())
low, high = 1, posts
while low < high:
    middle = (low + high) // 2
    if height_of(middle) < height_of(middle + 1):
        low = middle + 1
    else:
        high = middle
print("!", low, flush=True)
if posts == 2000:
    input()
