// Exercises what C++ submissions use: streams, containers, threads, futures, exceptions, regular
// expressions, files, random numbers, wide recursion.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <future>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <random>
#include <regex>
#include <stdexcept>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

static void check(bool condition, const char *what)
{
	if (!condition)
		throw std::logic_error(what);
}

static long deep(long n)
{
	return n == 0 ? 0 : deep(n - 1) + 1;
}

static std::string power_of_two(int n)
{
	std::string digits = "1";
	while (n-- > 0) {
		int carry = 0;
		for (auto &d : digits) {
			int v = (d - '0') * 2 + carry;
			d = char('0' + v % 10);
			carry = v / 10;
		}
		if (carry)
			digits += char('0' + carry);
	}
	return {digits.rbegin(), digits.rend()};
}

int main()
{
	std::ios::sync_with_stdio(false);
	int a, b;
	check(std::cin >> a >> b && a + b == 42, "input");

	std::mt19937 random(std::random_device{}());
	std::vector<int> v(200000);
	std::iota(v.begin(), v.end(), 0);
	std::shuffle(v.begin(), v.end(), random);
	std::sort(v.begin(), v.end());
	check(v[100000] == 100000, "sort");
	check(deep(100000) == 100000, "recursion");
	check(power_of_two(200) ==
	      "1606938044258990275541962092341162602522202993782792835301376", "long arithmetic");

	std::atomic<long> sum{0};
	std::vector<std::thread> threads;
	for (int t = 0; t < 4; t++)
		threads.emplace_back([&sum] { for (int i = 0; i < 10000; i++) sum++; });
	for (auto &t : threads)
		t.join();
	auto future = std::async(std::launch::async, [] { return 7; });
	check(sum == 40000 && future.get() == 7, "threads");
	std::mutex m;
	std::condition_variable c;
	std::unique_lock lock(m);
	check(c.wait_for(lock, std::chrono::milliseconds(2)) == std::cv_status::timeout, "wait");
	check(std::thread::hardware_concurrency() > 0, "processors");

	try {
		std::vector<int>().at(1);
		check(false, "no exception came");
	} catch (const std::out_of_range &) {
	}
	try {
		std::thread([] {}).detach();
		throw std::runtime_error("x");
	} catch (const std::exception &e) {
		check(std::string(e.what()) == "x", "exceptions");
	}

	std::smatch match;
	std::string text = "  width=42;";
	check(std::regex_search(text, match, std::regex("([a-z]+)=(\\d+)")) && match[2] == "42",
	      "regular expressions");

	std::ofstream("data.txt") << "one\ntwo\n";
	std::ifstream in("data.txt");
	std::string line;
	int lines = 0;
	while (std::getline(in, line))
		lines++;
	check(lines == 2 && std::filesystem::file_size("data.txt") == 8, "files");
	std::filesystem::create_directory("folder");
	std::filesystem::rename("data.txt", "folder/data.txt");
	check(std::filesystem::remove_all("folder") == 2, "folders");

	std::unordered_map<std::string, std::unique_ptr<std::string>> map;
	for (int i = 0; i < 100000; i++)
		map[std::to_string(i % 5000)] = std::make_unique<std::string>(200, 'x');
	check(map.size() == 5000, "memory");
	std::cout << "real program passed" << std::endl;
}
