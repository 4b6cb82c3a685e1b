# SPDX-License-Identifier: MIT
# Output that means to look like a judge's: to a terminal, to a browser, in XML, and no UTF-8.
import sys

sys.stdout.buffer.write(b"\x1b[2J\x1b[1;32mVerdict: AC\x1b[0m\r\b\x9b\xff\xfe\xed\xa0\x80"
                        b"</failure></testcase>]]><script>alert(1)</script>\xe2\x80\xae\n")
sys.stderr.buffer.write(b"\x1b]0;accepted\x07")
