// Package jwks verifies the session JWTs of Stytch B2B without a call to Stytch
// for each of them.
//
// A [Verifier] holds the project's public keys and keeps them fresh in the
// background. [Verifier.Verify] returns a [Session], or an error that wraps
// exactly one of
//
//   - [ErrInvalidToken]: not a session JWT of this project; answer 401
//   - [ErrExpired]: valid but for its expiry; renew it or answer 401
//   - [ErrUnavailable]: the key to judge it by is not known; answer 503
//
// "Forged" and "key server down" are different answers, so an outage signs
// nobody out.
//
// # What is checked
//
// The signature comes first: RS256, by the key of the project that the token
// names. Then come the claims: issuer, audience, exp, nbf and iat, and the ids
// of a member, a session and an organization, which the other tokens that
// Stytch signs with the same keys lack. Claim names must match exactly and may
// not appear twice, so no custom claim can stand in for another claim.
//
// A JWT lives for five minutes and is accepted for that long, even if its
// session has been revoked since. Where that matters, ask Stytch.
//
// # Keys
//
// Keys are fetched every ten minutes. A token with an unknown key causes a fetch
// too. Anybody can make up such tokens, so while they keep coming these fetches
// begin 1, 2, 4 … 30 s apart: at most 8 in the first minute and 2 in each later
// one. After a minute without such a token it starts over. Where a token comes
// from Stytch itself, [Verifier.VerifyIssued] fetches at once.
//
// A bad key set is discarded, and the last good one stays in use for up to
// [Config].MaxStale. Once a key has left the set, all its tokens are refused at
// once with [ErrInvalidToken], including those verified before.
//
// # Speed
//
// A verified token is remembered until it expires, so the common case is a
// lookup that does not allocate; see the benchmarks.
package jwks

import (
	"context"
	"crypto/rsa"
	"encoding/base64"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Verifier verifies the session JWTs of one Stytch project. Create it with
// [New]. Its methods may be called concurrently.
type Verifier struct {
	projectID string
	issuers   [2]string
	leeway    time.Duration
	base64    *base64.Encoding // strict

	keyring  *keyring
	memo     *memo // nil = none
	digester *digester

	stop context.CancelFunc
}

// New returns a Verifier. It fails only if config is bad, with an error that
// names the field. It does not wait for the network: the keys are fetched in
// the background until [Verifier.Close].
func New(config Config) (*Verifier, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	v := &Verifier{
		projectID: config.ProjectID,
		issuers:   [2]string{"stytch.com/" + config.ProjectID, config.BaseURL},
		leeway:    config.Leeway,
		base64:    base64.RawURLEncoding.Strict(),
	}
	url := config.BaseURL + "/v1/b2b/sessions/jwks/" + config.ProjectID
	v.keyring = newKeyring(newFetcher(config.HTTPClient, url), config.MaxStale, config.OnEvent)
	if v.digester = newDigester(); v.digester != nil && config.MemoTokens > 0 {
		v.memo = newMemo(config.MemoTokens, config.MemoBytes, config.Leeway)
	}
	ctx, stop := context.WithCancel(context.Background())
	v.stop = stop
	go v.keyring.run(ctx)
	return v, nil
}

// ProjectID returns the id of the project whose tokens are accepted.
func (v *Verifier) ProjectID() string { return v.projectID }

// Ready waits until there are keys to verify with, and returns nil at once if
// there are. If ctx is done or the Verifier is closed first, it returns an
// error that wraps [ErrUnavailable] and gives the reason. Call it from a
// readiness probe, with a deadline.
func (v *Verifier) Ready(ctx context.Context) error {
	_, err := v.keyring.wait(ctx, nil)
	return err
}

// Close stops the fetching of keys and waits until it has stopped. It may be
// called more than once, but not from Config.OnEvent. A closed Verifier keeps
// using the keys that it holds until they are too old.
func (v *Verifier) Close() {
	v.stop()
	<-v.keyring.closed
}

// Verify checks a session JWT and returns its session. An error wraps exactly
// one of [ErrInvalidToken], [ErrExpired] and [ErrUnavailable], and the session
// is then nil.
//
// Verify waits only while no keys are held or the token's key is unknown, for
// at most 300 ms or until ctx is done. Fetches do not use ctx, so a client that
// hangs up cannot fail the requests of others.
func (v *Verifier) Verify(ctx context.Context, token string) (*Session, error) {
	return v.recall(ctx, token, fromStranger)
}

// VerifyIssued is [Verifier.Verify] for a session JWT that Stytch itself has
// just returned, in the answer to a call over TLS. Such a token is the first to
// show a new key, so an unknown key causes a fetch at once, even if its id was in
// an earlier key set, and however many fetches tokens of strangers have caused.
// All calls that wait share one fetch. They wait until it has ended, for at most
// 5 s or until ctx is done: whatever proof the member gave for the token is used
// up.
//
// A token from a request must go to Verify. Here, anybody who makes up a key id
// would cause a fetch.
func (v *Verifier) VerifyIssued(ctx context.Context, token string) (*Session, error) {
	return v.recall(ctx, token, fromStytch)
}

// recall returns the session of a token that is remembered, and verifies all
// others.
func (v *Verifier) recall(ctx context.Context, token string, from source) (*Session, error) {
	if len(token) > maxTokenLength {
		return nil, invalid("longer than 8 KiB")
	}
	now := time.Now()
	keys := v.keyring.current(now)
	if v.memo == nil {
		session, _, err := v.verify(ctx, keys, token, from)
		return session, err
	}
	digest := v.digester.digest(token)
	if entry := v.memo.get(digest); entry != nil && keys.holds(entry.key) {
		if err := v.checkTime(entry.session, now); err != nil {
			return nil, err
		}
		return entry.session, nil
	}
	session, key, err := v.verify(ctx, keys, token, from)
	if err != nil {
		return nil, err
	}
	v.memo.put(digest, session, key, now)
	return session, nil
}

// verify checks a token that is not remembered. The order matters: cheap
// refusals come first, and no claim is parsed before its signature is known to
// be good. jwt.Parser is not used because it decodes the claims first.
func (v *Verifier) verify(ctx context.Context, keys *keySet, token string, from source) (*Session, *rsa.PublicKey, error) {
	parts, err := split(token)
	if err != nil {
		return nil, nil, err
	}
	head, err := decode(v.base64, parts.header)
	if err != nil {
		return nil, nil, err
	}
	header, err := parseHeader(head)
	if err != nil {
		return nil, nil, err
	}
	signature, err := decode(v.base64, parts.signature)
	if err != nil {
		return nil, nil, err
	}
	payload, err := decode(v.base64, parts.payload)
	if err != nil {
		return nil, nil, err
	}
	key := keys.find(ctx, header)
	if key == nil {
		key, err = v.awaitKey(ctx, header, payload, from)
		if err != nil {
			return nil, nil, err
		}
	}
	signed := token[:len(parts.header)+1+len(parts.payload)]
	if err := jwt.SigningMethodRS256.Verify(signed, signature, key); err != nil {
		return nil, nil, invalid("signature is wrong")
	}
	session, err := v.parseClaims(payload)
	if err != nil {
		return nil, nil, err
	}
	if err := v.checkTime(session, time.Now()); err != nil {
		return nil, nil, err
	}
	return session, key, nil
}
