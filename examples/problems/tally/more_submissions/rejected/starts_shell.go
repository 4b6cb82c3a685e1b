// SPDX-License-Identifier: MIT
package main

import (
	"os"
	"os/exec"
)

func main() {
	command := exec.Command("/bin/sh", "-c", "sort")
	command.Stdin, command.Stdout = os.Stdin, os.Stdout
	if command.Run() != nil {
		os.Exit(1)
	}
}
