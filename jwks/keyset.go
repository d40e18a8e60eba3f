// One set of admitted keys. Verify looks a key up in it by the header of a
// token.

package jwks

import (
	"context"
	"crypto/rsa"
	"slices"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
)

// knownAfter is how long a token must have been issued before a fetch begins
// for the fetched set to be the last word on the token's key. A key is
// published before it signs, but there are caches on the way to us.
const knownAfter = time.Minute

// maxWithdrawn is how many withdrawn key ids are remembered. Stytch withdraws
// two a year, and their tokens expire within five minutes.
const maxWithdrawn = 2 * maxKeys

// keySet is an immutable set of admitted keys. A nil *keySet is empty and never
// the last word.
type keySet struct {
	byID    map[string]jwkset.JWK
	public  map[*rsa.PublicKey]bool // the same keys
	keyfunc keyfunc.Keyfunc
	begun   time.Time // when the fetch that brought it began

	named     []string // the ids of all its keys, those that are not used too
	withdrawn []string // ids in earlier sets and not in named, oldest first
}

// newKeySet makes a set of keys. Keys that old also holds keep their pointers,
// so that the tokens they signed stay remembered.
func newKeySet(old *keySet, byID map[string]jwkset.JWK, named []string, begun time.Time) (*keySet, error) {
	set := &keySet{byID: byID, public: make(map[*rsa.PublicKey]bool, len(byID)), begun: begun, named: named}
	if old != nil {
		gone := slices.DeleteFunc(slices.Concat(old.withdrawn, old.named), func(id string) bool {
			return slices.Contains(named, id)
		})
		set.withdrawn = slices.Clone(gone[max(0, len(gone)-maxWithdrawn):])
	}
	for id, key := range byID {
		public := key.Key().(*rsa.PublicKey) // by admission
		if old != nil {
			if before, ok := old.byID[id]; ok && public.Equal(before.Key()) {
				byID[id], public = before, before.Key().(*rsa.PublicKey)
			}
		}
		set.public[public] = true
	}
	var err error
	set.keyfunc, err = keyfunc.New(keyfunc.Options{
		Storage:      storage{Storage: jwkset.NewMemoryStorage(), byID: byID},
		UseWhitelist: []jwkset.USE{jwkset.UseSig, ""},
	})
	return set, err
}

// find returns the key that must have signed a token with this header, or nil
// if the set lacks it.
func (s *keySet) find(ctx context.Context, h header) *rsa.PublicKey {
	if s == nil {
		return nil
	}
	key, err := s.keyfunc.KeyfuncCtx(ctx)(&jwt.Token{Header: map[string]any{
		"alg":            h.algorithm,
		jwkset.HeaderKID: h.keyID,
	}})
	if err != nil {
		return nil
	}
	public, _ := key.(*rsa.PublicKey)
	return public
}

// holds reports whether a key that an earlier set returned is still in s.
func (s *keySet) holds(key *rsa.PublicKey) bool { return s != nil && s.public[key] }

// disowns returns why no key outside the set can have signed a token, or nil if
// one may have. The set must lack the key that the token names.
func (s *keySet) disowns(h header, iat time.Time) error {
	switch {
	case s.hasWithdrawn(h.keyID):
		return invalid("withdrawn key")
	case s.isLastWord(iat):
		return invalid("unknown key")
	}
	return nil
}

// hasWithdrawn reports whether an earlier set named the id, and this one does
// not. Such an id is not made up and needs no fetch.
func (s *keySet) hasWithdrawn(id string) bool {
	return s != nil && slices.Contains(s.withdrawn, id)
}

// isSince reports whether the fetch that brought the set began at t or later.
func (s *keySet) isSince(t time.Time) bool { return s != nil && !s.begun.Before(t) }

// isLastWord reports whether no key outside the set can have signed a token
// issued at iat.
func (s *keySet) isLastWord(iat time.Time) bool {
	return s.isSince(iat.Add(knownAfter))
}

// without returns the ids of the keys that are in s and not in other, sorted.
func (s *keySet) without(other *keySet) []string {
	if s == nil {
		return nil
	}
	var ids []string
	for id, key := range s.byID {
		if !other.holds(key.Key().(*rsa.PublicKey)) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// storage gives keyfunc access to the keys of a set. For a token with a key id,
// keyfunc calls only KeyRead; the other methods are those of an empty storage.
type storage struct {
	jwkset.Storage
	byID map[string]jwkset.JWK
}

// KeyRead implements [jwkset.Storage].
func (s storage) KeyRead(_ context.Context, keyID string) (jwkset.JWK, error) {
	key, ok := s.byID[keyID]
	if !ok {
		return jwkset.JWK{}, jwkset.ErrKeyNotFound
	}
	return key, nil
}
