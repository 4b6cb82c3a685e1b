// SPDX-License-Identifier: MIT
package main

import (
	"bufio"
	"fmt"
	"os"
	"sort"
)

func main() {
	in, out := bufio.NewReader(os.Stdin), bufio.NewWriter(os.Stdout)
	defer out.Flush()
	totals := map[string]int64{}
	var n int
	for fmt.Fscan(in, &n); n > 0; n-- {
		var name string
		var votes int64
		fmt.Fscan(in, &name, &votes)
		totals[name] += votes
	}
	var names []string
	for name := range totals {
		names = append(names, name)
	}
	sort.Slice(names, func(i, j int) bool {
		a, b := names[i], names[j]
		return totals[a] > totals[b] || totals[a] == totals[b] && a < b
	})
	for _, name := range names {
		fmt.Fprintln(out, name, totals[name])
	}
}
