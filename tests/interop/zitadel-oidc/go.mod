module mcp-authorize.example/interop/zitadel-oidc

go 1.25

require github.com/zitadel/oidc/v3 v3.52.0
