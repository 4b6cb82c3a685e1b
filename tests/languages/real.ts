// Exercises what TypeScript submissions use. Without the types of Node.js, which no Debian package
// brings, a submission declares what it uses of it.
declare function require(name: string): any;
const fs = require('fs');

interface Shape { area(): number }
class Square implements Shape {
  constructor(private side: number) {}
  area(): number { return this.side * this.side; }
}
enum Colour { Red, Green }

function check(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}
function deep(n: number): number { return n === 0 ? 0 : deep(n - 1) + 1; }
function largest<T>(items: T[], less: (x: T, y: T) => boolean): T {
  return items.reduce((x, y) => (less(x, y) ? y : x));
}

const [a, b] = (fs.readFileSync(0, 'utf8') as string).split(' ').map(Number);
check(a + b === 42, 'input');
check(BigInt(2) ** BigInt(200) ===
      BigInt('1606938044258990275541962092341162602522202993782792835301376'), 'big integers');
const numbers: number[] = Array.from({ length: 50000 }, (_, i) => (i * 7919) % 50000);
numbers.sort((x, y) => x - y);
check(numbers[777] === 777 && largest(numbers, (x, y) => x < y) === 49999, 'sorting');
check(deep(50000) === 50000, 'recursion');
try {
  check(false, 'expected');
} catch (error: unknown) {
  if (!(error instanceof Error) || error.message !== 'expected') throw error;
}
check(/(\w+)=(\d+)/.exec('width=42')![2] === '42', 'regular expressions');
fs.writeFileSync('data.txt', 'one\ntwo\n');
check(fs.readFileSync('data.txt', 'utf8').length === 8, 'files');
fs.unlinkSync('data.txt');
const shapes: Shape[] = [];
for (let i = 0; i < 300000; i++) shapes[i % 1000] = new Square(i % 10);
check(shapes.length === 1000 && new Square(2).area() === 4 && Colour.Green === 1, 'memory');
console.log('real program passed');
