// An OpenID provider on the library zitadel/oidc, which the OpenID Foundation has certified. It uses the storage and the
// login page of the library's example, and adds what an MCP server needs. $ISSUER, $RESOURCE and $REDIRECT_URI are the
// provider's issuer, the MCP server's URL and the app's redirect URI.
package main

import (
	"context"
	"log"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/op"
)

var scopes = []string{"mcp:read", "mcp:write"}

func main() {
	issuer := os.Getenv("ISSUER")
	address, err := url.Parse(issuer)
	if err != nil {
		log.Fatal(err)
	}
	storage.RegisterClients(storage.NativeClient("app", os.Getenv("REDIRECT_URI")))
	provider := forMCP{storage.NewStorage(storage.NewUserStore(issuer)), os.Getenv("RESOURCE")}
	log.Fatal(http.ListenAndServe(address.Host, exampleop.SetupServer(issuer, provider, nil, false)))
}

// forMCP is the example's storage, but its access tokens are JWTs for one MCP server, with that server's scopes: the example's
// own tokens are opaque, and their audience is the app. The library drops the parameter `resource` (RFC 8707), so the MCP
// server is part of the configuration.
type forMCP struct {
	*storage.Storage
	resource string
}

type client struct{ op.Client }

func (client) AccessTokenType() op.AccessTokenType { return op.AccessTokenTypeJWT }

func (client) IsScopeAllowed(scope string) bool { return slices.Contains(scopes, scope) }

func (s forMCP) GetClientByClientID(ctx context.Context, id string) (op.Client, error) {
	found, err := s.Storage.GetClientByClientID(ctx, id)
	if err != nil {
		return nil, err
	}
	return client{found}, nil
}

// GetPrivateClaimsFromRequest adds the scope (RFC 9068 §2.2.3).
func (s forMCP) GetPrivateClaimsFromRequest(_ context.Context, request op.TokenRequest, _ []string) (map[string]any, error) {
	return map[string]any{"scope": strings.Join(request.GetScopes(), " ")}, nil
}

type authRequest struct {
	*storage.AuthRequest
	resource string
}

func (r authRequest) GetAudience() []string { return []string{r.resource} }

func (s forMCP) AuthRequestByID(ctx context.Context, id string) (op.AuthRequest, error) {
	return s.withAudience(s.Storage.AuthRequestByID(ctx, id))
}

func (s forMCP) AuthRequestByCode(ctx context.Context, code string) (op.AuthRequest, error) {
	return s.withAudience(s.Storage.AuthRequestByCode(ctx, code))
}

func (s forMCP) withAudience(request op.AuthRequest, err error) (op.AuthRequest, error) {
	if found, ok := request.(*storage.AuthRequest); ok && err == nil {
		return authRequest{found, s.resource}, nil
	}
	return request, err
}

type refreshRequest struct {
	*storage.RefreshTokenRequest
	resource string
}

func (r refreshRequest) GetAudience() []string { return []string{r.resource} }

func (s forMCP) TokenRequestByRefreshToken(ctx context.Context, token string) (op.RefreshTokenRequest, error) {
	request, err := s.Storage.TokenRequestByRefreshToken(ctx, token)
	if found, ok := request.(*storage.RefreshTokenRequest); ok && err == nil {
		return refreshRequest{found, s.resource}, nil
	}
	return request, err
}

// inner unwraps a request, because the example's storage checks its type.
func inner(request op.TokenRequest) op.TokenRequest {
	switch wrapped := request.(type) {
	case authRequest:
		return wrapped.AuthRequest
	case refreshRequest:
		return wrapped.RefreshTokenRequest
	}
	return request
}

func (s forMCP) CreateAccessToken(ctx context.Context, request op.TokenRequest) (string, time.Time, error) {
	return s.Storage.CreateAccessToken(ctx, inner(request))
}

func (s forMCP) CreateAccessAndRefreshTokens(ctx context.Context, request op.TokenRequest, current string) (string, string, time.Time, error) {
	return s.Storage.CreateAccessAndRefreshTokens(ctx, inner(request), current)
}
