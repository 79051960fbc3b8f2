// Program interop speaks to QPO from Go: `interop walk < task.json`, `interop golden IN OUT`.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "interop:", err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	switch {
	case len(arguments) == 1 && arguments[0] == "walk":
		var task Task
		if err := json.NewDecoder(os.Stdin).Decode(&task); err != nil {
			return fmt.Errorf("the task on standard input: %w", err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		seen, err := Walk(ctx, task)
		if err != nil {
			return err
		}
		return json.NewEncoder(os.Stdout).Encode(seen)
	case len(arguments) == 3 && arguments[0] == "golden":
		return Golden(arguments[1], arguments[2])
	}
	return fmt.Errorf("say `interop walk < task.json` or `interop golden IN OUT`")
}
