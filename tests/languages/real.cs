// Exercises what C# submissions use.
using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Numerics;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading;
using System.Threading.Tasks;

static class Program
{
    static void Check(bool condition, string what)
    {
        if (condition) return;
        Console.WriteLine("failed: " + what);
        Environment.Exit(1);
    }

    static int Deep(int n) { return n == 0 ? 0 : Deep(n - 1) + 1; }

    static async Task<int> Later(int n)
    {
        await Task.Delay(2);
        return n;
    }

    static void Main()
    {
        var parts = Console.ReadLine().Split(' ').Select(int.Parse).ToArray();
        Check(parts.Sum() == 42, "input");
        Check(BigInteger.Pow(2, 200).ToString() ==
              "1606938044258990275541962092341162602522202993782792835301376", "big integers");
        var random = new Random(1);
        var numbers = Enumerable.Range(0, 50000).OrderBy(x => random.Next()).ToList();
        numbers.Sort();
        Check(numbers[777] == 777, "sorting");
        Check(Deep(20000) == 20000, "recursion");
        int depth = 0;
        var thread = new Thread(() => depth = Deep(200000), 64 << 20);
        thread.Start();
        thread.Join();
        Check(depth == 200000, "a thread's stack");

        int total = 0;
        var threads = Enumerable.Range(0, 4).Select(_ => new Thread(() => {
            for (int i = 0; i < 1000; i++) Interlocked.Increment(ref total);
        })).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        Check(total == 4000, "threads");
        Check(Task.Run(() => 7).Result == 7 && Later(8).Result == 8, "tasks");
        var bag = new ConcurrentBag<int>();
        Parallel.For(0, 100, i => bag.Add(i));
        Check(bag.Count == 100, "parallel loops");

        try { int.Parse("x"); Check(false, "no exception came"); } catch (FormatException) { }
        try { string nothing = null; Check(nothing.Length < 0, "none"); } catch (NullReferenceException) { }
        Check(Regex.Match("width=42", @"(\w+)=(\d+)").Groups[2].Value == "42", "regular expressions");

        File.WriteAllLines("data.txt", Enumerable.Range(0, 1000).Select(i => i.ToString()));
        Check(File.ReadAllLines("data.txt").Sum(int.Parse) == 499500, "files");
        Directory.CreateDirectory("folder");
        File.Move("data.txt", "folder/data.txt");
        Directory.Delete("folder", true);
        Check(!File.Exists("folder/data.txt"), "folders");

        var map = new Dictionary<string, List<string>>();
        for (int i = 0; i < 200000; i++) {
            var key = "k" + i % 5000;
            if (!map.ContainsKey(key)) map[key] = new List<string>();
            map[key].Add(new string('x', 20));
        }
        for (int i = 0; i < 100; i++) new byte[1 << 20][i] = 1;
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Check(map.Count == 5000, "memory");
        Check(new StringBuilder().AppendFormat("{0:F2}", 1.5).ToString() == "1.50", "formatting");
        Check(DateTime.Now.Year > 2000 && Environment.ProcessorCount > 0, "the machine");
        Thread.Sleep(2);
        Console.WriteLine("real program passed");
    }
}
