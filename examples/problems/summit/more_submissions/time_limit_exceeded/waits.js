// SPDX-License-Identifier: MIT
// Its event loop waits for a line that nobody sends, where the ridge is long.
process.stdin.on('data', posts => Number(posts) === 2000 || process.exit(0));
