// SPDX-License-Identifier: MIT
console.log(undefined.votes);
