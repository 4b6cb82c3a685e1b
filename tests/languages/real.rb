# Exercises what Ruby submissions use.
require 'bigdecimal'
require 'fileutils'
require 'json'
require 'set'
require 'tempfile'
require 'timeout'

def check(condition, what)
  return if condition
  puts "failed: #{what}"
  exit 1
end

def deep(n) = n.zero? ? 0 : deep(n - 1) + 1

a, b = gets.split.map(&:to_i)
check(a + b == 42, 'input')
check(2**200 == 1606938044258990275541962092341162602522202993782792835301376, 'big integers')
check(Rational(1, 3) * 3 == 1 && Complex(0, 1)**2 == -1, 'exact numbers')
numbers = Array.new(50_000) { rand(10**9) }.sort
check(numbers.each_cons(2).all? { |x, y| x <= y }, 'sorting')
check(deep(5000) == 5000, 'recursion')

total = 0
lock = Mutex.new
4.times.map { Thread.new { 1000.times { lock.synchronize { total += 1 } } } }.each(&:join)
check(total == 4000, 'threads')
queue = Queue.new
Thread.new { queue << 7 }
check(queue.pop == 7, 'queues')
check(Fiber.new { Fiber.yield 1 }.resume == 1, 'fibers')
begin
  Timeout.timeout(0.01) { sleep }
  check(false, 'no timeout came')
rescue Timeout::Error
end
begin
  Integer('x')
  check(false, 'no exception came')
rescue ArgumentError => e
  check(e.message.include?('x'), 'exceptions')
end
begin
  deep(-1)
rescue SystemStackError
end
check('width=42'[/(\w+)=(?<value>\d+)/, :value] == '42', 'regular expressions')

File.write('data.txt', (0...1000).to_a.join("\n"))
check(File.foreach('data.txt').sum(&:to_i) == 499_500, 'files')
Dir.mkdir('folder')
File.rename('data.txt', 'folder/data.txt')
check(Dir.children('folder') == ['data.txt'], 'folders')
FileUtils.rm_r('folder')
Tempfile.create('x') { |f| f << 'x' }
table = {}
200_000.times { |i| table["k#{i % 5000}"] = 'x' * 100 + i.to_s }
GC.start
GC.compact if GC.respond_to?(:compact)
check(table.size == 5000, 'memory')
check(JSON.parse('{"a": [1, null]}') == { 'a' => [1, nil] }, 'json')
check(Set[1, 1].size == 1 && BigDecimal('0.1') + BigDecimal('0.2') == BigDecimal('0.3'), 'libraries')
sleep 0.002
check(Time.now.year > 2000 && Process.clock_gettime(Process::CLOCK_MONOTONIC).positive?, 'time')
puts 'real program passed'
