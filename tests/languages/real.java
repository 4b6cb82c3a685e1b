// Exercises what Java submissions use.
import java.io.*;
import java.math.*;
import java.nio.file.*;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;
import java.util.regex.*;
import java.util.stream.*;

interface Shape { double area(); }

record Square(double side) implements Shape {
    public double area() { return side * side; }
}

public class RealProgram {
    static void check(boolean condition, String what) {
        if (!condition) {
            System.out.println("failed: " + what);
            System.exit(1);
        }
    }

    static int deep(int n) { return n == 0 ? 0 : deep(n - 1) + 1; }

    public static void main(String[] arguments) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        Scanner scanner = new Scanner(in.readLine());
        check(scanner.nextInt() + scanner.nextInt() == 42, "input");
        check(BigInteger.TWO.pow(200).toString()
              .equals("1606938044258990275541962092341162602522202993782792835301376"), "big integers");
        check(new BigDecimal(1).divide(new BigDecimal(3), 20, RoundingMode.HALF_UP)
              .toString().startsWith("0.333"), "big decimals");

        int[] numbers = new Random(1).ints(200000).toArray();
        Arrays.sort(numbers);
        for (int i = 1; i < numbers.length; i++) check(numbers[i - 1] <= numbers[i], "sorting");
        List<Integer> boxed = IntStream.range(0, 50000).boxed().collect(Collectors.toList());
        Collections.shuffle(boxed);
        Collections.sort(boxed);
        check(boxed.get(777) == 777, "sorting objects");
        check(deep(100000) == 100000, "recursion"); // needs -Xss64m

        AtomicLong total = new AtomicLong();
        ExecutorService pool = Executors.newFixedThreadPool(4);
        List<Future<Integer>> futures = new ArrayList<>();
        for (int i = 0; i < 8; i++)
            futures.add(pool.submit(() -> { for (int j = 0; j < 1000; j++) total.incrementAndGet(); return 1; }));
        for (Future<Integer> future : futures) future.get();
        pool.shutdown();
        check(pool.awaitTermination(10, TimeUnit.SECONDS) && total.get() == 8000, "threads");
        check(IntStream.range(0, 100000).parallel().asLongStream().sum() == 4999950000L, "parallel streams");
        Object lock = new Object();
        synchronized (lock) { lock.wait(2); }
        Thread thread = new Thread(null, () -> check(deep(100000) == 100000, "a thread's stack"), "deep", 128 << 20);
        thread.start();
        thread.join();

        try {
            Object nothing = null;
            nothing.toString();
            check(false, "no exception came");
        } catch (NullPointerException expected) {
        }
        try {
            check(1 / (numbers.length - 200000) == 0, "no exception came");
        } catch (ArithmeticException expected) {
        }
        // On a small stack: the main thread's would fill a small memory limit.
        Thread overflow = new Thread(null, () -> {
            try {
                endless(0);
            } catch (StackOverflowError expected) {
            }
        }, "endless", 1 << 20);
        overflow.start();
        overflow.join();

        Matcher matcher = Pattern.compile("(\\w+)=(\\d+)").matcher("width=42");
        check(matcher.find() && matcher.group(2).equals("42"), "regular expressions");

        try (PrintWriter out = new PrintWriter(new FileWriter("data.txt"))) {
            for (int i = 0; i < 1000; i++) out.println(i);
        }
        check(Files.lines(Path.of("data.txt")).mapToInt(Integer::parseInt).sum() == 499500, "files");
        Files.createDirectory(Path.of("folder"));
        Files.move(Path.of("data.txt"), Path.of("folder/data.txt"));
        Files.delete(Path.of("folder/data.txt"));
        Files.delete(Path.of("folder"));
        Files.delete(Files.createTempFile("x", "y"));

        Map<String, List<String>> map = new HashMap<>();
        for (int round = 0; round < 40; round++)
            for (int i = 0; i < 5000; i++)
                map.computeIfAbsent("k" + i, k -> new LinkedList<>()).add(String.valueOf(i));
        for (int i = 0; i < 200; i++) {
            byte[] garbage = new byte[1 << 20];
            garbage[i] = 1;
        }
        System.gc();
        check(map.size() == 5000, "memory");
        check(new Square(2).area() == 4, "records");
        check(String.format("%.3f|%5d", 1.5, 42).equals("1.500|   42"), "formatting");
        check(System.nanoTime() > 0 && Runtime.getRuntime().availableProcessors() > 0, "the machine");
        check(System.getProperty("user.name") != null && System.getenv("HOME") != null, "the user");
        Thread.sleep(2);
        System.out.println("real program passed");
    }

    static int endless(int n) { return endless(n + 1) + 1; }
}
