// SPDX-License-Identifier: MIT
process.stdin.once('data', () => {
	console.log('? 1');
	process.stdin.once('data', () => { throw new Error('too high for me'); });
});
