// Proofs that are good for one request (Policy.Bound, Policy.EveryTime) or at
// one address (Policy.SameAddress). middleware.go and look.go ask what a
// session proves; deny.go and verify.go ask the member to approve; prove.go has
// Stytch sign it.

package stepup

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/internal/inbound"
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
	action    func(*http.Request, Policy) string // Config.Action
	clientIP  func(*http.Request) netip.Addr     // Config.ClientIP
	addresses bool                               // a policy asks for SameAddress
	leeway    time.Duration
}

// approval is what a member is asked to approve.
type approval struct {
	Hash    string `json:"h"` // of the action
	Nonce   string `json:"n"` // to be used once
	Title   string `json:"t,omitempty"`
	Expires int64  `json:"e"` // Unix seconds: until when it may be approved
}

// ask makes an approval of a guarded request.
func (a *approvals) ask(r *http.Request, p *Policy) (*approval, error) {
	title := a.title(r, p)
	hash, err := a.hash(r, p, title)
	if err != nil {
		return nil, err
	}
	return newApproval(hash, title), nil
}

// askFor makes an approval of the navigation to a path, for a page that was
// opened without one. r is the request for that page.
func (a *approvals) askFor(r *http.Request, p *Policy, path string) *approval {
	title := a.title(r, p)
	return newApproval(hashOf(p, title, http.MethodGet, path, ""), title)
}

func newApproval(hash, title string) *approval {
	return &approval{Hash: hash, Nonce: rand.Text(), Title: title, Expires: time.Now().Add(formLife).Unix()}
}

func (a *approvals) title(r *http.Request, p *Policy) string {
	if a.action == nil {
		return ""
	}
	return strings.ToValidUTF8(a.action(r, p.clone()), "\ufffd")
}

// hash is what a guarded request would do. It reads the body and puts it back.
func (a *approvals) hash(r *http.Request, p *Policy, title string) (string, error) {
	if !p.Bound {
		return hashOf(p, "", "", "", ""), nil
	}
	body, err := a.body(r)
	if err != nil {
		return "", err
	}
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	return hashOf(p, title, method, a.links.pathAndQuery(r), body), nil
}

// hashOf puts the length of each part in front of it, so that no two actions
// have the same hash.
func hashOf(p *Policy, title, method, path, body string) string {
	if !p.Bound {
		title, method, path, body = "", "", "", ""
	}
	h := sha256.New()
	for _, part := range []string{p.Name, title, method, path, body} {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		h.Write(length[:])
		io.WriteString(h, part)
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// body returns the content of a request. The fields of a form are sorted by
// name, since a handler that has parsed them does not know their order, and
// without those that are withheld, since the member types them again.
func (a *approvals) body(r *http.Request) (string, error) {
	isForm := inbound.MediaType(r.Header) == "application/x-www-form-urlencoded"
	var text string
	switch {
	case isForm && r.PostForm != nil:
		text = r.PostForm.Encode()
	case r.Body == nil || r.Body == http.NoBody:
		return "", nil
	default:
		body, err := io.ReadAll(io.LimitReader(r.Body, maxForm+1))
		r.Body = readAgain{io.MultiReader(bytes.NewReader(body), r.Body), r.Body}
		switch {
		case err != nil:
			return "", fmt.Errorf("%w: %w", errInput, err)
		case len(body) > maxForm:
			return "", errTooLarge
		}
		text = string(body)
	}
	fields, ok := parseFields(text)
	if !isForm || !ok {
		return r.Header.Get("Content-Type") + "\n" + text, nil
	}
	fields = slices.DeleteFunc(fields, func(f contract.FormValue) bool { return a.forms.withholds(f.Name) })
	slices.SortStableFunc(fields, func(x, y contract.FormValue) int { return strings.Compare(x.Name, y.Name) })
	return encodeFields(fields), nil
}

// readAgain is a body that was read and put back.
type readAgain struct {
	io.Reader
	io.Closer
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

// claims are what Stytch is to sign with a right passcode. asked is nil if the
// policy does not bind its proofs.
func (a *approvals) claims(r *http.Request, who subject, p *Policy, asked *approval) map[string]any {
	claims := make(map[string]any)
	if asked != nil {
		expires := strconv.FormatInt(time.Now().Add(p.longest()).Unix(), 36)
		tag := a.keys.Tag(append([]string{"approval", p.Name, asked.Hash, asked.Nonce, expires}, who.ids()...)...)
		claims[claimApproval] = strings.Join([]string{asked.Hash, asked.Nonce, expires, tag}, ".")
	}
	if ip := clientIP(r, a.clientIP); a.addresses && ip.IsValid() {
		claims[claimAddress] = a.keys.Tag("address", who.organization, who.member, ip.String())
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
	if len(parts) != 4 || parts[0] != hash {
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
