// The program generate writes payment.pb.go from payment.proto, with buf's
// compiler and the generator that belongs to the protobuf package which we use.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/bufbuild/protocompile"
	"github.com/bufbuild/protocompile/protoutil"
	"google.golang.org/protobuf/cmd/protoc-gen-go/internal_gengo"
	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"
)

const (
	source = "payment.proto"
	output = "payment.pb.go"

	// registered is the name that the file has in a program that uses it,
	// where every file must have one of its own.
	registered = "paymentrpc/" + source
)

// main writes the file in the current folder.
func main() {
	content, err := generate(".")
	if err == nil {
		err = os.WriteFile(output, []byte(content), 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// generate returns what is generated from the source in a folder.
func generate(dir string) (string, error) {
	text, err := os.ReadFile(filepath.Join(dir, source))
	if err != nil {
		return "", err
	}
	compiler := protocompile.Compiler{
		SourceInfoMode: protocompile.SourceInfoStandard,
		Resolver: &protocompile.SourceResolver{
			Accessor: protocompile.SourceAccessorFromMap(
				map[string]string{registered: string(text)},
			),
		},
	}
	files, err := compiler.Compile(context.Background(), registered)
	if err != nil {
		return "", err
	}

	plugin, err := protogen.Options{}.New(&pluginpb.CodeGeneratorRequest{
		FileToGenerate: []string{registered},
		ProtoFile: []*descriptorpb.FileDescriptorProto{
			protoutil.ProtoFromFileDescriptor(files[0]),
		},
	})
	if err != nil {
		return "", err
	}
	internal_gengo.GenerateFile(plugin, plugin.FilesByPath[registered])
	response := plugin.Response()
	if response.Error != nil {
		return "", errors.New(response.GetError())
	}

	return response.GetFile()[0].GetContent(), nil
}
