// Maps an error of this package to its reply. deny.go, verify.go and write.go
// call it.

package stepup

import (
	"context"
	"errors"
	"net/http"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/internal/provider"
)

// replyTo maps an error to its one reply. An error of Stytch stays what it was
// classified as when the call failed. An error that is not of this package can
// only be the app's own: it is answered with 500 and reported.
func replyTo(ctx context.Context, told events, err error) reply {
	var required *RequiredError
	var f *provider.Failure
	switch {
	case errors.As(err, &required):
		return reply{code: contract.CodeStepUpRequired}
	case errors.Is(err, ErrImpersonated):
		return reply{code: contract.CodeImpersonation}
	case errors.Is(err, ErrCrossOrigin):
		return reply{code: contract.CodeCrossOrigin}
	case errors.Is(err, errTooLarge):
		return reply{code: contract.CodeBadRequest, status: http.StatusRequestEntityTooLarge}
	case errors.Is(err, ErrBody):
		return reply{code: contract.CodeBadRequest}
	case errors.Is(err, ErrConflict):
		return reply{code: contract.CodeSessionConflict}
	case errors.As(err, &f):
		return failure(f)
	case errors.Is(err, ErrUnavailable):
		return reply{code: contract.CodeProviderUnavailable, retryAfter: provider.RetryUnavailable}
	case errors.Is(err, errMisconfigured):
		return reply{code: contract.CodeMisconfigured}
	case errors.Is(err, ErrNoSession) && errors.Is(err, jwks.ErrExpired):
		return reply{code: contract.CodeSessionExpired}
	case errors.Is(err, ErrNoSession):
		return reply{code: contract.CodeSessionRequired}
	}
	told.tell(ctx, subject{}, Event{Kind: EventFailed, Reason: string(contract.CodeMisconfigured), Err: err})
	return reply{code: contract.CodeMisconfigured}
}
