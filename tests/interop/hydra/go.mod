module mcp-authorize.example/interop/hydra

go 1.24

tool github.com/ory/hydra/v2

require github.com/ory/hydra/v2 v2.3.0

// The replacements of Hydra's own go.mod, which have no effect on other modules.
replace github.com/gobuffalo/pop/v6 => github.com/ory/pop/v6 v6.2.1-0.20241121111754-e5dfc0f3344b
