// SPDX-License-Identifier: MIT
process.stdin.once('data', () => require('net').connect(80, '192.0.2.1'));
