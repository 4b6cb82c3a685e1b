// SPDX-License-Identifier: MIT
const lines = require('fs').readFileSync(0, 'latin1').trim().split('\n')
	.map(line => line.split(' ').map(Number));
let left = lines.shift()[1];
let rate = 0;
let now = 0;
for (const [start, flow] of lines.sort((a, b) => a[0] - b[0])) {
	if (rate * (start - now) >= left)
		break;
	left -= rate * (start - now);
	now = start;
	rate += flow;
}
console.log(now + left / rate);
