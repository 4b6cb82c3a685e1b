// SPDX-License-Identifier: MIT
const totals = new Map();
for (const report of require('fs').readFileSync(0, 'latin1').trim().split('\n').slice(1)) {
	const [name, votes] = report.split(' ');
	totals.set(name, (totals.get(name) ?? 0) + Number(votes));
}
const order = [...totals].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
console.log(order.map(([name, total]) => `${name} ${total}`).join('\n'));
