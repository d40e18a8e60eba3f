// Proofs that are good for one request (Policy.Bound, Policy.EveryTime) or at
// one address (Policy.SameAddress). middleware.go and look.go ask what a
// session proves; deny.go and bound.go ask the member to approve; prove.go has
// Stytch sign it.

package stepup

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup/internal/quota"
	"github.com/rungauth/rung/stepup/internal/seal"
)

// The custom claims that carry the evidence. Config.SessionCustomClaims cannot
// set them.
const (
	claimPrefix   = "rung_"
	claimApproval = "rung_approval"
	claimAddress  = "rung_address"
)

// approvals judges and makes the evidence.
type approvals struct {
	keys      seal.Keyring
	quota     *quota.Counters
	links     *links
	forms     Forms
	describe  func(*http.Request, Policy) string // Config.Action
	clientIP  func(*http.Request) netip.Addr     // Config.ClientIP
	addresses bool                               // a policy asks for SameAddress
	leeway    time.Duration
}

// approval is what a member is asked to approve.
type approval struct {
	Hash    string `json:"h"` // of the action
	Nonce   string `json:"n"` // to be used once
	Title   string `json:"t,omitempty"`
	Form    string `json:"f,omitempty"` // name of the kept form that it is about; "" = none
	Expires int64  `json:"e"`           // Unix seconds: until when it may be approved
}

// ask makes an approval of a guarded request.
func (a *approvals) ask(r *http.Request, p *Policy) (*approval, error) {
	if !p.Bound {
		body, _ := peek(r) // for a title alone; all of it stays where it was
		return newApproval(hashOf(p), a.title(r, p, body)), nil
	}
	title, hash, err := a.action(r, p)
	if err != nil {
		return nil, err
	}
	return newApproval(hash, title), nil
}

// askFor makes an approval of the navigation to a path, for a page that was
// opened without one. r is the request for that page.
func (a *approvals) askFor(r *http.Request, p *Policy, path string) *approval {
	title := a.title(r, p, nil)
	return newApproval(hashOf(p, title, r.Host, http.MethodGet, path, ""), title)
}

// The longest title that is shown: it has to fit into an address.
const maxTitle = 1000

func newApproval(hash, title string) *approval {
	if len(title) > maxTitle {
		title = strings.ToValidUTF8(title[:maxTitle], "") + "…" // a letter may be cut in two
	}
	return &approval{Hash: hash, Nonce: rand.Text(), Title: title, Expires: time.Now().Add(formLife).Unix()}
}

// title is what Config.Action says of a request. It may read the body like any
// handler, so it gets a copy of its own.
func (a *approvals) title(r *http.Request, p *Policy, body []byte) string {
	if a.describe == nil {
		return ""
	}
	if body != nil {
		r = r.WithContext(r.Context())
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	return strings.ToValidUTF8(a.describe(r, p.clone()), "\ufffd")
}

// hash is what a guarded request would do, as a proof is bound to it.
func (a *approvals) hash(r *http.Request, p *Policy) (string, error) {
	if !p.Bound {
		return hashOf(p), nil
	}
	_, hash, err := a.action(r, p)
	return hash, err
}

// action is what a guarded request would do, in words and as a hash. It leaves
// the body as it was.
func (a *approvals) action(r *http.Request, p *Policy) (title, hash string, err error) {
	content, body, err := a.content(r)
	if err != nil {
		return "", "", err
	}
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	title = a.title(r, p, body)
	return title, hashOf(p, title, r.Host, method, a.links.pathAndQuery(r), content), nil
}

// hashOf is the hash of an action. Of a policy that binds its proofs to none,
// there are no parts.
func hashOf(p *Policy, parts ...string) string {
	if !p.Bound {
		parts = nil
	}
	sum := sha256.Sum256([]byte(lengthened(append([]string{p.Name}, parts...)...)))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// seal makes the text that a page or a program brings back with the passcode.
func (a *approvals) seal(who subject, p *Policy, asked *approval) string {
	text, err := json.Marshal(asked)
	if err != nil {
		return "" // unreachable: the title is valid UTF-8
	}
	return a.keys.Seal(nil, text, append([]string{"approval", p.Name}, who.ids()...)...)
}

// open returns what seal made for the same policy and session, or nil.
func (a *approvals) open(who subject, p *Policy, sealed string) *approval {
	_, text, err := a.keys.Open(sealed, append([]string{"approval", p.Name}, who.ids()...)...)
	var asked approval
	if err != nil || json.Unmarshal(text, &asked) != nil || time.Now().Unix() >= asked.Expires {
		return nil
	}
	return &asked
}

// formName is how an approval names the kept form that it is about, by its sealed
// text; "" = none.
func formName(sealed string) string {
	if sealed == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(sealed))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// claims are what Stytch is to sign with a right passcode. asked is nil if the
// policy does not bind its proofs.
func (a *approvals) claims(r *http.Request, who subject, p *Policy, asked *approval) map[string]any {
	claims := make(map[string]any)
	if asked != nil {
		expires := strconv.FormatInt(time.Now().Add(p.longest()).Unix(), 36)
		tag := a.keys.Tag(append([]string{"approval", p.Name, asked.Hash, asked.Nonce, expires}, who.ids()...)...)
		claims[claimApproval] = strings.Join([]string{asked.Hash, asked.Nonce, expires, tag}, ".")
	}
	if a.addresses {
		claims[claimAddress] = nil // which deletes it: an older one is not where this proof was made
		if ip := clientIP(r, a.clientIP); ip.IsValid() {
			claims[claimAddress] = a.keys.Tag("address", who.organization, who.member, ip.String())
		}
	}
	return claims
}

// evidence are our custom claims of a session.
type evidence struct {
	Approval string `json:"rung_approval"`
	Address  string `json:"rung_address"`
}

// judge takes a decision back if the session's proofs were made for another
// action, or at another address than r comes from. hash is the action at stake.
// It returns the nonce of the approval, which must be used; "" = none.
func (a *approvals) judge(r *http.Request, p *Policy, s *jwks.Session, hash string, d decision) (decision, string) {
	if !d.satisfied || !p.isUsedUp() && !p.SameAddress {
		return d, ""
	}
	var proved evidence
	if err := s.Claims(&proved); err != nil {
		return decision{}, ""
	}
	if p.SameAddress {
		ip := clientIP(r, a.clientIP)
		if !ip.IsValid() || !a.keys.IsTag(proved.Address, "address", s.OrganizationID(), s.MemberID(), ip.String()) {
			return decision{}, ""
		}
	}
	if !p.isUsedUp() {
		return d, ""
	}
	parts := strings.Split(proved.Approval, ".")
	if len(parts) != 4 || parts[0] != hash || parts[1] == "" {
		return decision{}, ""
	}
	expires, err := strconv.ParseInt(parts[2], 36, 64)
	if err != nil || time.Now().Unix() >= expires ||
		!a.keys.IsTag(parts[3], append([]string{"approval", p.Name, parts[0], parts[1], parts[2]}, subjectOf(s).ids()...)...) {
		return decision{}, ""
	}
	return d, parts[1]
}

// use uses an approval up. The error is a *RequiredError if it was used before,
// or wraps ErrUnavailable: nobody can tell, so the request must not go through.
func (a *approvals) use(ctx context.Context, who subject, p *Policy, nonce string) error {
	if nonce == "" {
		return nil
	}
	err := a.quota.TakeApproval(ctx, who.counted(), nonce, p.longest()+a.leeway+time.Second)
	var refused *quota.Refused
	switch {
	case errors.As(err, &refused):
		return decision{}.err(p)
	case err != nil:
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return nil
}
