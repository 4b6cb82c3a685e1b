// SPDX-License-Identifier: MIT
// One name only, and 32 bits for its votes.
package main

import "fmt"

func main() {
	var n, votes, total int32
	var name string
	for fmt.Scan(&n); n > 0; n-- {
		fmt.Scan(&name, &votes)
		total += votes
	}
	fmt.Println(name, total)
}
