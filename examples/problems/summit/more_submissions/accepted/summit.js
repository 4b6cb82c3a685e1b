// SPDX-License-Identifier: MIT
const lines = require('readline').createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const next = async () => Number((await lines.next()).value);

async function heightOf(post) {
	console.log(`? ${post}`);
	return next();
}

(async () => {
	let low = 1;
	let high = await next();
	while (low < high) {
		const middle = (low + high) >> 1;
		if (await heightOf(middle) < await heightOf(middle + 1))
			low = middle + 1;
		else
			high = middle;
	}
	console.log(`! ${low}`);
	process.exit(0);
})();
