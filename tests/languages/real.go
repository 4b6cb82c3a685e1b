// Exercises what Go submissions use.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"math/rand"
	"os"
	"regexp"
	"runtime"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

func check(condition bool, what string) {
	if !condition {
		fmt.Println("failed:", what)
		os.Exit(1)
	}
}

func deep(n int) int {
	if n == 0 {
		return 0
	}
	return deep(n-1) + 1
}

func recovers() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("recovered: %v", r)
		}
	}()
	var nothing []int
	return fmt.Errorf("not reached: %d", nothing[1])
}

func nilPointer() (caught bool) {
	defer func() { caught = recover() != nil }()
	var p *struct{ x int }
	p.x = 1
	return false
}

func main() {
	in := bufio.NewReader(os.Stdin)
	var a, b int
	fmt.Fscan(in, &a, &b)
	check(a+b == 42, "input")
	power := new(big.Int).Exp(big.NewInt(2), big.NewInt(200), nil)
	check(power.String() == "1606938044258990275541962092341162602522202993782792835301376", "big integers")

	numbers := rand.New(rand.NewSource(1)).Perm(200000)
	sort.Ints(numbers)
	check(numbers[777] == 777, "sorting")
	check(deep(1000000) == 1000000, "recursion")

	var group sync.WaitGroup
	var lock sync.Mutex
	total := 0
	results := make(chan int, 100)
	for i := 0; i < 100; i++ {
		group.Add(1)
		go func(i int) {
			defer group.Done()
			lock.Lock()
			total += i
			lock.Unlock()
			results <- i
		}(i)
	}
	group.Wait()
	check(total == 4950 && len(results) == 100, "goroutines")
	// Threads of their own, and loops that must be preempted (by a signal).
	var stop atomic.Bool
	for i := 0; i < 3; i++ {
		go func() {
			runtime.LockOSThread()
			for x := 0; !stop.Load(); x++ {
			}
		}()
	}
	select {
	case <-time.After(5 * time.Millisecond):
	case <-time.Tick(10 * time.Second):
		check(false, "timers")
	}
	stop.Store(true)
	check(runtime.NumCPU() > 0, "processors")

	check(recovers() != nil && nilPointer(), "panics")
	_, err := os.Open("missing.txt")
	check(errors.Is(err, os.ErrNotExist), "errors")
	match := regexp.MustCompile(`(\w+)=(\d+)`).FindStringSubmatch("width=42")
	check(match[2] == "42", "regular expressions")

	check(os.WriteFile("data.txt", []byte(strings.Repeat("x\n", 1000)), 0o644) == nil, "files")
	file, err := os.Open("data.txt")
	check(err == nil, "files")
	content, err := io.ReadAll(file)
	check(err == nil && len(content) == 2000, "files")
	check(os.MkdirAll("a/b", 0o755) == nil && os.Rename("data.txt", "a/b/c") == nil, "folders")
	check(os.RemoveAll("a") == nil, "folders")

	kept := map[string][]byte{}
	for i := 0; i < 200000; i++ {
		kept[fmt.Sprint(i%1000)] = make([]byte, 500)
	}
	runtime.GC()
	check(len(kept) == 1000, "memory")
	text, err := json.Marshal(map[string]int{"a": 1})
	check(err == nil && string(text) == `{"a":1}`, "json")
	fmt.Println("real program passed")
}
