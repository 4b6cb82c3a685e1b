// Exercises what Kotlin submissions use.
import java.io.File
import java.math.BigInteger
import kotlin.concurrent.thread

fun check(condition: Boolean, what: String) {
    if (!condition) {
        println("failed: $what")
        System.exit(1)
    }
}

data class Point(val x: Int, val y: Int)

fun deep(n: Int): Int = if (n == 0) 0 else deep(n - 1) + 1

fun main() {
    val (a, b) = readLine()!!.split(" ").map { it.toInt() }
    check(a + b == 42, "input")
    check(BigInteger.valueOf(2).pow(200).toString() ==
          "1606938044258990275541962092341162602522202993782792835301376", "big integers")
    val numbers = (0 until 50000).shuffled().sorted()
    check(numbers[777] == 777, "sorting")
    check(deep(50000) == 50000, "recursion")
    var total = 0
    val lock = Any()
    val threads = List(4) { thread { repeat(1000) { synchronized(lock) { total++ } } } }
    threads.forEach { it.join() }
    check(total == 4000, "threads")
    try {
        listOf(1)[5]
        check(false, "no exception came")
    } catch (expected: IndexOutOfBoundsException) {
    }
    check(Regex("(\\w+)=(\\d+)").find("width=42")!!.groupValues[2] == "42", "regular expressions")
    File("data.txt").printWriter().use { out -> repeat(1000) { out.println(it) } }
    check(File("data.txt").readLines().map { it.toInt() }.sum() == 499500, "files")
    check(File("data.txt").delete(), "files")
    val map = HashMap<String, MutableList<Point>>()
    repeat(100000) { map.getOrPut("k${it % 5000}") { mutableListOf() }.add(Point(it, it)) }
    check(map.size == 5000 && Point(1, 2) == Point(1, 2), "memory")
    val squares = sequence { var i = 0; while (true) yield(i * i++) }
    check(squares.take(10).sum() == 285, "sequences")
    println("real program passed")
}
