// Reads what a client sends to the verify handler, as a form or JSON.
// verify.go calls it before any step.

package stepup

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rungauth/rung/stepup/internal/inbound"
)

// input is what a client sends to the verify handler.
type input struct {
	policy   string
	next     string
	session  string
	passcode string
	phone    string
	method   Method
	form     string // a sealed form that comes along
	bound    string // a sealed approval
	setup    string // a sealed authenticator app
	login    string // a sealed login
	isForm   bool   // it came from a form, which always names its session
}

// The most bytes that are read of a body. A passcode and a way back fit many
// times into the small limit; a sealed form of 64 KiB fits into the large one.
const (
	maxInput     = 4 << 10
	maxFormInput = 128 << 10
	// At the pages of a login nobody is known yet, but an authenticator app may
	// come along that is being set up.
	maxLoginInput = 2 * maxInput
)

var (
	errInput     = errors.New("stepup: request body cannot be read")
	errMediaType = errors.New("stepup: request body is neither a form nor JSON")
)

// How long the body of a request that the guard answers may take to arrive. On a
// server without timeouts, clients that send half of one and fall silent would
// hold its memory for as long as they like.
const bodyPatience = 5 * time.Second

// limitReading gives the client that long, and returns what lifts the limit once
// all of the body has arrived: without that, it would end the request too. What
// never arrived must not be waited for after the answer either, as net/http does
// to keep the connection. Writers that know no deadlines have none.
func limitReading(w http.ResponseWriter, r *http.Request) (arrived func()) {
	conn := http.NewResponseController(w)
	if r.Body == nil || r.Body == http.NoBody || conn.SetReadDeadline(time.Now().Add(bodyPatience)) != nil {
		return func() {}
	}
	return func() { _ = conn.SetReadDeadline(time.Time{}) }
}

func statusOfInput(err error) int {
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, errMediaType):
		return http.StatusUnsupportedMediaType
	}
	return http.StatusBadRequest
}

// readInput reads the query of a GET and the body of a POST, a form of up to
// limit bytes, never both: a passcode in a URL would end up in logs and in the
// Referer of other sites.
func readInput(w http.ResponseWriter, r *http.Request, limit int64) (input, error) {
	if !inbound.IsUnsafe(r.Method) {
		query, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			return input{}, fmt.Errorf("%w: query", errInput)
		}
		return oneOfEach(query)
	}
	switch inbound.MediaType(r.Header) {
	case "application/x-www-form-urlencoded":
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		if err := r.ParseForm(); err != nil {
			return input{}, fmt.Errorf("%w: %w", errInput, err)
		}
		in, err := oneOfEach(r.PostForm)
		in.passcode, in.phone, in.form = r.PostForm.Get("code"), r.PostForm.Get("phone"), r.PostForm.Get("form")
		in.setup = r.PostForm.Get("setup")
		if use := r.PostForm.Get("use"); use != "" { // the button that asks for another method
			in.method = Method(use)
		}
		in.isForm = true
		if len(r.PostForm.Encode())-len(in.form)-len(in.setup)-len(in.bound) > maxInput {
			return input{}, fmt.Errorf("%w: %w", errInput, &http.MaxBytesError{Limit: maxInput})
		}
		return in, err
	case "application/json":
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxInput))
		if err != nil {
			return input{}, fmt.Errorf("%w: %w", errInput, err)
		}
		return parseInput(body)
	}
	return input{}, errMediaType
}

// oneOfEach refuses a field that comes twice: two readers of such a form could
// each see a different one.
func oneOfEach(values url.Values) (input, error) {
	for _, name := range []string{"policy", "next", "session", "method", "bound", "code", "phone", "use", "form", "setup"} {
		if len(values[name]) > 1 {
			return input{}, fmt.Errorf("%w: more than one %s", errInput, name)
		}
	}
	return input{
		policy: values.Get("policy"), next: values.Get("next"), session: values.Get("session"),
		method: Method(values.Get("method")), bound: values.Get("bound"),
	}, nil
}

// parseInput reads one JSON object and nothing around it. Each name must match
// exactly and come once, and unknown names are refused: a misspelled "code"
// must not pass for a missing one.
func parseInput(body []byte) (input, error) {
	var in struct {
		Policy  string `json:"policy"`
		Next    string `json:"next"`
		Session string `json:"session"`
		Code    string `json:"code"`
		Phone   string `json:"phone"`
		Method  Method `json:"method"`
		Bound   string `json:"bound"`
		Setup   string `json:"setup"`
		Login   string `json:"login"`
	}
	if err := json.Unmarshal(body, &in, json.RejectUnknownMembers(true)); err != nil {
		return input{}, fmt.Errorf("%w: not the JSON that is expected", errInput)
	}
	return input{
		policy: in.Policy, next: in.Next, session: in.Session, passcode: in.Code, phone: in.Phone,
		method: in.Method, bound: in.Bound, setup: in.Setup, login: in.Login,
	}, nil
}
