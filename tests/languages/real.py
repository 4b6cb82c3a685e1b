# Exercises what Python submissions use, under CPython and PyPy alike.
import bisect, collections, datetime, decimal, fractions, functools, gc, heapq, itertools
import json, math, os, pickle, queue, random, re, statistics, string, sys, tempfile, threading
import time, zlib, array, struct, io, hashlib, operator, copy, concurrent.futures, contextlib


def check(condition, what):
    if not condition:
        print("failed:", what)
        sys.exit(1)


a, b = map(int, sys.stdin.readline().split())
check(a + b == 42, "input")
check(2 ** 200 == 1606938044258990275541962092341162602522202993782792835301376, "big integers")
check(math.factorial(50) % 10 ** 9 == 0 and pow(3, 10 ** 6, 10 ** 9 + 7) > 0, "big integers")
check(str(decimal.Decimal(1) / 3).startswith("0.3333") and fractions.Fraction(1, 3) * 3 == 1, "exact")

random.seed(1)
numbers = [random.randrange(10 ** 9) for _ in range(50000)]
heap = list(numbers)
heapq.heapify(heap)
check(sorted(numbers) == [heapq.heappop(heap) for _ in numbers], "sorting")


@functools.lru_cache(maxsize=None)
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


sys.setrecursionlimit(20000)
check(fib(100) == 354224848179261915075, "recursion")


def deep(n):
    return 0 if n == 0 else deep(n - 1) + 1


# The usual way to recurse deeply: a thread with a stack of its own size.
threading.stack_size(64 << 20)
sys.setrecursionlimit(60000)
depth = []
thread = threading.Thread(target=lambda: depth.append(deep(20000)))
thread.start()
thread.join()
check(depth == [20000], "deep recursion in a thread")
threading.stack_size(0)

total, lock = [0], threading.Lock()


def count():
    for _ in range(2000):
        with lock:
            total[0] += 1


threads = [threading.Thread(target=count) for _ in range(4)]
for t in threads:
    t.start()
for t in threads:
    t.join()
check(total == [8000], "threads")
with concurrent.futures.ThreadPoolExecutor(3) as pool:
    check(sum(pool.map(lambda x: x * x, range(100))) == 328350, "thread pool")
check(not threading.Event().wait(0.002), "waiting")

try:
    {}["missing"]
    check(False, "no exception came")
except KeyError as error:
    check(error.args == ("missing",), "exceptions")

check(re.sub(r"(\w+)=(\d+)", r"\2", "width=42") == "42", "regular expressions")

with open("data.txt", "w") as file:
    file.writelines(f"{i}\n" for i in range(1000))
with open("data.txt") as file:
    check(sum(map(int, file)) == 499500, "files")
os.mkdir("folder")
os.rename("data.txt", "folder/data.txt")
check(os.listdir("folder") == ["data.txt"] and os.path.getsize("folder/data.txt") > 1000, "folders")
os.remove("folder/data.txt")
os.rmdir("folder")
with tempfile.TemporaryFile() as file:
    file.write(b"x")
check(pickle.loads(pickle.dumps([1, {2: 3}])) == [1, {2: 3}], "pickle")
check(json.loads(json.dumps({"a": [1.5, None]})) == {"a": [1.5, None]}, "json")
check(zlib.decompress(zlib.compress(b"x" * 1000)) == b"x" * 1000, "zlib")
check(hashlib.sha256(b"").hexdigest().startswith("e3b0c442"), "hashes")

for _ in range(20):
    cycle = [[None] * 100 for _ in range(2000)]
    for item in cycle:
        item[0] = cycle
    del cycle
gc.collect()
words = {str(i): "x" * 200 for i in range(20000)}
check(len(words) == 20000, "memory")
time.sleep(0.002)
check(datetime.datetime.now().year > 2000 and time.process_time() > 0, "time")
check(os.cpu_count() is None or os.cpu_count() >= 1, "processors")
os.path.expanduser("~"), os.getpid(), os.urandom(8), sys.getfilesystemencoding()
with contextlib.redirect_stdout(io.StringIO()) as out:
    print("hidden")
check(out.getvalue() == "hidden\n", "streams")
print("real program passed")
