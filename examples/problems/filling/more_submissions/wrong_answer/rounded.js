// SPDX-License-Identifier: MIT
// Whole seconds, for every volume the same tap.
console.log(Math.round(Number(require('fs').readFileSync(0, 'latin1').split(/\s/)[1])));
