// The Kubernetes provider of Pulumi. Its own main package embeds files that its module lacks; this one embeds what
// they are made from, which the lab lays here from the module when it builds (see Part "pulumi-resource-kubernetes").
package main

import (
	_ "embed"
	"encoding/json"

	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
)

var version = "0.0.0"

//go:embed schema.json
var schema []byte

//go:embed terraform-mapping.json
var mapping []byte

func main() {
	provider.Serve("kubernetes", version, stamped(schema), mapping)
}

// stamped is the schema with the version that the provider answers for.
func stamped(schema []byte) []byte {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(schema, &fields); err != nil {
		panic(err)
	}
	fields["version"], _ = json.Marshal(version)
	document, err := json.Marshal(fields)
	if err != nil {
		panic(err)
	}
	return document
}
