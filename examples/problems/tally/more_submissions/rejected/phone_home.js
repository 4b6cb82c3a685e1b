// SPDX-License-Identifier: MIT
require('net').connect(80, '192.0.2.1');
