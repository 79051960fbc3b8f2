package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// Golden reads each message that in/types.txt names, from bytes and from JSON, and writes what Go makes of it: the bytes
// again, the bytes of what the JSON said, and JSON.
func Golden(in, out string) error {
	list, err := os.ReadFile(filepath.Join(in, "types.txt"))
	if err != nil {
		return err
	}
	for _, line := range strings.Split(strings.TrimSpace(string(list)), "\n") {
		name, typeName, _ := strings.Cut(line, " ")
		if err := rewrite(in, out, name, protoreflect.FullName(typeName)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func rewrite(in, out, name string, typeName protoreflect.FullName) error {
	kind, err := protoregistry.GlobalTypes.FindMessageByName(typeName)
	if err != nil {
		return err
	}
	encoded, err := os.ReadFile(filepath.Join(in, name+".binpb"))
	if err != nil {
		return err
	}
	message := kind.New().Interface()
	if err := proto.Unmarshal(encoded, message); err != nil {
		return err
	}
	if err := write(out, name+".binpb", message); err != nil {
		return err
	}
	text, err := protojson.Marshal(message)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(out, name+".json"), text, 0o644); err != nil {
		return err
	}
	text, err = os.ReadFile(filepath.Join(in, name+".json"))
	if err != nil {
		return err
	}
	told := kind.New().Interface()
	if err := protojson.Unmarshal(text, told); err != nil {
		return err
	}
	return write(out, name+".from-json.binpb", told)
}

// write puts maps in the order of their keys; without Deterministic Go writes them in any order.
func write(out, name string, message proto.Message) error {
	encoded, err := proto.MarshalOptions{Deterministic: true}.Marshal(message)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, name), encoded, 0o644)
}
